import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { s3Call } from './cloudtrail.ts';

/** An event decoded from the record of any service's call; `service` without `.amazonaws.com`. `more` replaces members of the record. */
export function callOf(service: string, eventName: string, request: Json, more: JsonObject = {}): Event {
  return s3Call(eventName, request, { eventSource: `${service}.amazonaws.com`, ...more });
}
