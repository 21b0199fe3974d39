import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isJsonObject, isList, type Json, type JsonObject } from '../../event/json.ts';
import { decode } from '../decode.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';
import {
  accountKeys,
  mostClues,
  mostGroups,
  type Clue,
  type Hint,
  type Wanted,
  type WantedGroup,
} from './wanted.ts';

const whole = (key: string, ...texts: string[]): Hint => ({ how: 'whole', key, texts: new Set(texts) });
const parts = (key: string, ...texts: string[]): Hint => ({ how: 'parts', key, texts: new Set(texts) });
const any = (key: string): Hint => ({ how: 'any', key });
const loosely = (key: string): Hint => ({ how: 'any', key, anyCase: true });
const address: Hint = { how: 'address', key: 'sourceIPAddress' };
const accounts: Hint = { how: 'accounts' };

const sure: Wanted = new Map([
  ['type', { any: false, whole: new Set(['root']), parts: new Set<string>() }],
  ['accessKeyId', { any: false, whole: new Set<string>(), parts: new Set(['@@']) }],
]);
const groups: readonly WantedGroup[] = [
  [[whole('eventName', 'assumerole', 'listkeys')], [any('ec2RoleDelivery')], [address]],
  [[whole('eventName', 'assumerole')], [whole('type', 'awsaccount')]],
  [[whole('eventName', 'getobject')], [whole('type', 'awsaccount', 'iamuser'), parts('arn', ':user/', 'kk')]],
  [[whole('eventName', 'putobject')], [accounts]],
  [[whole('eventName', 'putobject')], [loosely('x-amz-acl'), loosely('Token')]],
  [[whole('eventName', 'decrypt')], [parts('accessKeyId', 'akia')], [any('errorCode')], [loosely('grant')]],
];

function made(from: { readonly wanted: Wanted; readonly groups: readonly WantedGroup[] }): Prefilter {
  const prefilter = createPrefilter(from);
  if (prefilter === undefined) throw new Error('this Node has no WebAssembly with SIMD');
  return prefilter;
}

const grouped = made({ wanted: sure, groups });
/** A key that counts in any case for one group does so for all of them. */
const looser: readonly WantedGroup[] = [...groups, [[whole('eventName', 'decrypt')], [loosely('ARN')]]];
const loose = made({ wanted: sure, groups: looser });

/** Ids of the records that are decoded. */
async function decodedOf(content: string, size: number, prefilter = grouped): Promise<readonly unknown[]> {
  const bytes = Buffer.from(content);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const ids: unknown[] = [];
  const from = { source: 'file', object: 'trail.json', receivedAt: 5 };
  for await (const { events } of decode(chunks(), from, { prefilter }))
    ids.push(...events.map(({ fields }) => fields['eventID']));
  return ids;
}

/** Everything under a key, at whatever depth. */
function under(value: Json | undefined, isKey: (key: string) => boolean): readonly (Json | undefined)[] {
  if (isList(value)) return value.flatMap((item) => under(item, isKey));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, held]) => [
    ...(isKey(key.slice(key.lastIndexOf('.') + 1)) ? [held] : []),
    ...under(held, isKey),
  ]);
}

/** As rules compare; the Kelvin sign is a k by Unicode's simple folding. */
const folded = (text: string): string => text.toLowerCase().replaceAll('\u212a', 'k');
const textsUnder = (record: JsonObject, ...keys: readonly string[]): readonly string[] =>
  under(record, (key) => keys.includes(key))
    .flatMap((value): readonly (Json | undefined)[] => (isList(value) ? value : [value]))
    .filter((value) => typeof value === 'string');

/** Straight from the meaning of a hint. */
function shows(record: JsonObject, hint: Hint): boolean {
  switch (hint.how) {
    case 'any':
      return (
        under(record, (key) => (hint.anyCase === true ? folded(key) === folded(hint.key) : key === hint.key))
          .length > 0
      );
    case 'whole':
      return textsUnder(record, hint.key).some((text) => hint.texts.has(folded(text)));
    case 'parts':
      return textsUnder(record, hint.key).some((text) =>
        [...hint.texts].some((part) => folded(text).includes(part)),
      );
    case 'address':
      return textsUnder(record, hint.key).some((text) => /^[0-9a-f:.]*$/i.test(text));
    case 'accounts':
      return new Set(textsUnder(record, ...accountKeys)).size > 1;
  }
}

const showsClue = (record: JsonObject, clue: Clue): boolean => clue.some((hint) => shows(record, hint));

function matters(record: JsonObject, among = groups): boolean {
  return (
    textsUnder(record, 'type').some((text) => folded(text) === 'root') ||
    textsUnder(record, 'accessKeyId').some((text) => text.includes('@@')) ||
    among.some((group) => group.every((clue) => showsClue(record, clue)))
  );
}

const head = {
  eventVersion: '1.11',
  eventTime: '2026-03-01T09:30:00Z',
  eventSource: 's3.amazonaws.com',
};
const values = fc.constantFrom<Json>(
  'AWSAccount',
  'iamuser',
  'Role',
  'Root',
  '111122223333',
  '111122224444',
  '198.51.100.7',
  '2001:DB8::1',
  'ec2.amazonaws.com',
  'AWS Internal',
  'AKIA1',
  'ASIA1',
  'arn:aws:iam::111122223333:User/x',
  '@',
  '',
);
const keys = fc.constantFrom(
  'type',
  'arn',
  'Arn',
  'accountId',
  'recipientAccountId',
  'sourceIPAddress',
  'accessKeyId',
  'ec2RoleDelivery',
  'x-amz-acl',
  'X-Amz-Acl',
  'x-amz-acl2',
  'token',
  'errorCode',
  'Grant',
  'a.type',
);
const names = fc.constantFrom(
  'AssumeRole',
  'ListKeys',
  'GetObject',
  'getobject',
  'PutObject',
  'Decrypt',
  'Other',
);
const records = (value: fc.Arbitrary<Json>, key: fc.Arbitrary<string>): fc.Arbitrary<JsonObject[]> =>
  fc.array(
    fc
      .record({
        eventName: names,
        top: fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }),
        deep: fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }),
        padding: fc.nat(90),
      })
      .map(({ eventName, top, deep, padding }): JsonObject => ({
        ...head,
        ...top,
        eventName,
        padding: 'x'.repeat(padding),
        b: [{ c: deep }],
      })),
    { minLength: 1, maxLength: 6 },
  );
const numbered = (some: readonly JsonObject[]): readonly JsonObject[] =>
  some.map((record, i) => ({ ...record, eventID: String(i) }));
const sizes = fc.integer({ min: 1, max: 400 });
const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 20;

describe('what counts only together with something else', () => {
  it('lets pass exactly the records that hold all clues of a group, or what is wanted alone', async () => {
    await fc.assert(
      fc.asyncProperty(records(values, keys), sizes, async (some, size) => {
        const all = numbered(some);
        const expected = all.filter((record) => matters(record)).map((record) => record['eventID']);
        expect(await decodedOf(JSON.stringify({ Records: all }), size)).toEqual(expected);
      }),
      { numRuns: runs },
    );
  });

  it('misses none whatever the values are, and however the keys are written', async () => {
    const odd = fc.oneof(
      values,
      fc.constantFrom<Json>(null, 1, true, 'a"b', 'é', '\u212a\u212a', 'To\u212aen', 'x:'),
      fc.array(values, { maxLength: 2 }),
      fc.dictionary(keys, values, { maxKeys: 2, noNullPrototype: true }),
    );
    const oddKeys = fc.oneof(keys, fc.constantFrom('To\u212aen', 'tO\u212aEN', 'type ', 'é', 'a"b'));
    await fc.assert(
      fc.asyncProperty(records(odd, oddKeys), sizes, fc.nat(3), async (some, size, style) => {
        const all = numbered(some);
        const text = JSON.stringify({ Records: all });
        const written =
          style === 0
            ? text.replaceAll('A', '\\u0041')
            : style === 1
              ? text.replaceAll('":', '": ')
              : style === 2
                ? text.replaceAll('":', '" :')
                : text;
        const found = new Set(await decodedOf(written, size, loose));
        const missed = all.filter((record) => matters(record, looser) && !found.has(record['eventID']));
        expect(missed).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a clue', { eventName: 'AssumeRole' }, { eventName: 'Decrypt', type: 'AWSAccount' }],
    ['an account', { eventName: 'X', accountId: '1' }, { eventName: 'PutObject', accountId: '2' }],
    ['a letter beyond ASCII', { eventName: 'X', a: 'é' }, { eventName: 'PutObject', b: 'x'.repeat(99) }],
  ])('does not carry %s over to the next record', async (_, first, second) => {
    const all = [first, second].map((record, i) => ({
      ...head,
      ...record,
      eventID: String(i),
      z: 'z'.repeat(80),
    }));
    expect(await decodedOf(JSON.stringify({ Records: all }), 1000)).toEqual([]);
  });

  it('does not take a space before a value for the same account', async () => {
    const text = `{"Records":[${JSON.stringify({ ...head, eventName: 'PutObject', eventID: '0', accountId: '1', recipientAccountId: '2' }).replaceAll('Id":', 'Id": ')}]}`;
    expect(await decodedOf(text, 1000)).toEqual(['0']);
  });
});

describe('a prefilter is only made of groups that a scanner can tell apart', () => {
  const name = (i: number): Clue => [whole('eventName', `call${i}`)];

  it('not of more groups than there is room for', () => {
    const many = Array.from({ length: mostGroups + 1 }, (_, i): WantedGroup => [
      name(i % 40),
      [any(`key${Math.floor(i / 40)}`)],
    ]);
    expect(createPrefilter({ wanted: sure, groups: many })).toBeUndefined();
    expect(createPrefilter({ wanted: sure, groups: many.slice(1) })).toBeDefined();
  });

  it('not of more clues than there are bits', () => {
    const many = Array.from({ length: mostClues }, (_, i): WantedGroup => [name(i), [any('errorCode')]]);
    expect(createPrefilter({ wanted: sure, groups: many })).toBeUndefined();
    expect(createPrefilter({ wanted: sure, groups: many.slice(1) })).toBeDefined();
  });

  it('not of a group without clues, which every record would hold', () => {
    expect(createPrefilter({ wanted: sure, groups: [[]] })).toBeUndefined();
  });

  it('not where a key that every record has at its top would count in any case', () => {
    expect(createPrefilter({ wanted: sure, groups: [[name(1), [loosely('EventTime')]]] })).toBeUndefined();
  });
});
