import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, type Content, type DecodedBatch } from './decode.ts';
import { defaultFrameLimits } from './frame.ts';

const from = { source: 'http', object: 'request', receivedAt: 1 } as const;
const event = {
  eventVersion: '1.11',
  eventTime: '2026-01-02T03:04:05Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'GetObject',
  eventID: 'a',
};
const envelope = { version: '0', 'detail-type': 'AWS API Call via CloudTrail', detail: event };
const text = JSON.stringify;

async function all(content: Content): Promise<readonly DecodedBatch[]> {
  const batches: DecodedBatch[] = [];
  for await (const batch of decode(content, from, { startAt: 7 })) batches.push(batch);
  return batches;
}

/** What comes of content, however it was cut into batches. */
function found(batches: readonly DecodedBatch[]) {
  return {
    events: batches.flatMap(({ events }) => events.map(({ fields, provenance }) => ({ fields, provenance }))),
    rejections: batches.flatMap(({ rejections }) => rejections),
    skipped: batches.flatMap(({ skipped }) => skipped),
    records: batches.reduce((sum, { records }) => sum + records, 0),
  };
}

async function* streamed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

const deep = (levels: number) =>
  `{"eventVersion":"1","eventSource":"s","eventName":"n","a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

describe('content that is here as a whole gives what it gives as a stream', () => {
  it.each<[string, string | Uint8Array, records: number]>([
    ['an event', text(event), 1],
    ['an event with a line end', `${text(event)}\n`, 1],
    ['an event in an envelope', text(envelope), 1],
    ['a delivery file', text({ Records: [event, event] }), 2],
    ['a delivery file with its key escaped', `{"\\u0052ecords":[${text(event)},${text(event)}]}`, 2],
    ['a delivery file that calls itself an event', text({ ...event, Records: [event, event] }), 2],
    ['two objects', `${text(event)}\n${text(event)}`, 2],
    ['two objects of which the second is cut off', `${text(event)}\n{"eventVersion"`, 2],
    ['what is no event', '{"a":1}', 1],
    ['what is no JSON', '{"a":1,}', 1],
    ['bytes that are not UTF-8', Buffer.from('{"eventVersion":"\xff"}', 'latin1'), 1],
    ['an S3 test notification, which is skipped', '{"Service":"Amazon S3","Event":"s3:TestEvent"}', 0],
    ['as many brackets as may be open', deep(defaultFrameLimits.maxDepth - 1), 1],
    ['more brackets than may be open', deep(defaultFrameLimits.maxDepth + 1), 1],
    [
      'many brackets, of which few are open',
      text({ ...event, a: Array.from({ length: 2_000 }, () => []) }),
      1,
    ],
    ['a long event', text({ ...event, userAgent: 'x'.repeat(100_000) }), 1],
    ['an access log of AWS WAF', text({ timestamp: 1, formatVersion: 1, webaclId: 'a', action: 'BLOCK' }), 1],
    ['a packed event', gzipSync(text(event)), 1],
    ['nothing', '', 0],
    ['a bracket', '{', 1],
    ['an empty object', '{}', 1],
  ])('%s', async (_what, content, records) => {
    const bytes = Buffer.from(content);
    const whole = found(await all(bytes));
    expect(whole).toEqual(found(await all(streamed(bytes))));
    expect(whole.records).toBe(records);
  });

  it('whatever is done to it', async () => {
    const contents = [text(event), text(envelope), text({ Records: [event] }), text({ findings: [{}] })];
    const signs = ['{', '}', '[', ']', '"', ',', ':', ' ', '\\', 'u', '\n', '\xff', '1'];
    const changes = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...signs)), { maxLength: 3 });
    let events = 0;
    let rejections = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...contents),
        changes,
        fc.boolean(),
        async (content, edits, isInserted) => {
          let changed = content;
          for (const [at, sign] of edits) {
            const place = at % changed.length;
            changed = changed.slice(0, place) + sign + changed.slice(place + (isInserted ? 0 : 1));
          }
          const bytes = Buffer.from(changed, 'latin1');
          const whole = found(await all(bytes));
          expect(whole).toEqual(found(await all(streamed(bytes))));
          events += whole.events.length;
          rejections += whole.rejections.length;
        },
      ),
      { numRuns: 1_000 },
    );
    expect(Math.min(events, rejections)).toBeGreaterThan(100);
  });
});
