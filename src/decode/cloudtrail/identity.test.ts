import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../event/json.ts';
import type { Provenance } from '../../event/record.ts';
import { contentId } from './identity.ts';

const place: Provenance = { source: 's3', object: 's3://trail/a.json.gz', position: 12, receivedAt: 1 };
const record: JsonObject = {
  eventName: 'CreateUser',
  requestParameters: { userName: 'bob', tags: [1, null, 'x'] },
};

describe('contentId', () => {
  it('is 32 hex digits', () => {
    expect(contentId(record, place)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('does not depend on the order of keys nor on when the record came', () => {
    const shuffled: JsonObject = {
      requestParameters: { tags: [1, null, 'x'], userName: 'bob' },
      eventName: 'CreateUser',
    };
    expect(contentId(shuffled, { ...place, receivedAt: 2 })).toBe(contentId(record, place));
  });

  it.each<[string, JsonObject, Provenance]>([
    ['another value', { ...record, eventName: 'DeleteUser' }, place],
    [
      'another order in a list',
      { ...record, requestParameters: { userName: 'bob', tags: [null, 1, 'x'] } },
      place,
    ],
    [
      'a number for its digits',
      { ...record, requestParameters: { userName: 'bob', tags: ['1', null, 'x'] } },
      place,
    ],
    ['another position', record, { ...place, position: 13 }],
    ['another object', record, { ...place, object: 's3://trail/b.json.gz' }],
  ])('differs for %s', (_, fields, provenance) => {
    expect(contentId(fields, provenance)).not.toBe(contentId(record, place));
  });

  it('does not mistake one structure for another', () => {
    const alike: readonly JsonObject[] = [
      { a: [] },
      { a: {} },
      { a: [[]] },
      { a: '' },
      { a: '[]' },
      { a: null },
      { 'a":[],"b': 1 },
      {},
    ];
    expect(new Set(alike.map((fields) => contentId(fields, place))).size).toBe(alike.length);
  });

  it('is the same for a record that is posted twice, though each request has an id of its own', () => {
    const first: Provenance = { source: 'http', object: 'request-1', position: 0, receivedAt: 1 };
    expect(contentId(record, { ...first, object: 'request-2' })).toBe(contentId(record, first));
  });

  it('survives nesting that overflows a recursive walk', () => {
    const deep = JSON.parse(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`) as JsonObject;
    expect(contentId(deep, place)).toMatch(/^[0-9a-f]{32}$/);
  });
});
