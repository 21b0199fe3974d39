import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';

/** The `service:action` pairs of calls that go to S3 itself. */
export function bucketCalls(...names: readonly string[]): readonly string[] {
  return names.map((name) => `s3.amazonaws.com:${name}`);
}

/** The pairs of calls of S3's control API, which CloudTrail files under either name. */
export function controlCalls(...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => [`s3.amazonaws.com:${name}`, `s3control.amazonaws.com:${name}`]);
}

export function requestOf(event: Event): JsonObject | undefined {
  return object(event.fields, 'requestParameters');
}
