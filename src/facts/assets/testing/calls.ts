import type { Json, JsonObject } from '../../../event/json.ts';
import type { Event } from '../../../event/event.ts';
import { apiCall } from '../../testing/cloudtrail.ts';
import type { AssetMemory } from '../memory.ts';
import { sightingsOf } from '../sightings.ts';

const start = Date.parse('2026-03-02T09:00:00Z');

/** A call so many minutes after the tests' beginning, by a user of this name, with an id made of all that tells it from others. */
export function call(
  minute: number,
  service: string,
  action: string,
  request: Json,
  more: JsonObject & { readonly by?: string } = {},
): Event {
  const { by = 'alice', ...members } = more;
  return apiCall(service, action, request, {
    eventTime: new Date(start + minute * 60_000).toISOString(),
    eventID: `${minute} ${action} ${by}`,
    userIdentity: {
      type: 'IAMUser',
      userName: by,
      accountId: '111122223333',
      arn: `arn:aws:iam::111122223333:user/${by}`,
      principalId: `AIDA${by.toUpperCase()}`,
      accessKeyId: `AKIA${by.toUpperCase()}`,
    },
    ...members,
  });
}

/** The memory after these events. */
export function remembering(memory: AssetMemory, events: readonly Event[]): AssetMemory {
  for (const event of events) memory.observe(event, sightingsOf(event));
  return memory;
}
