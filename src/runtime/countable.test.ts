import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decode, type DecodeOptions } from '../decode/decode.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { parseRules } from '../sigma/parse.ts';
import { countableRules } from './countable.ts';
import { createEngine, type Engine } from './engine.ts';
import { createAlertLimit, type Further } from './alert-limit.ts';
import { decide, newTally } from './pipeline.ts';
import { prefilterFor, prefilterOf } from './wanted.ts';

function engineFor(...detections: readonly string[]): Engine {
  const rules = detections.flatMap(
    (detection, i) =>
      parseRules(
        `title: t${i}\nid: 00000000-0000-4000-8000-00000000000${i.toString(16)}\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n  s: ${detection}\n  condition: s\nlevel: low`,
        'r.yml',
      ).rules,
  );
  expect(rules).toHaveLength(detections.length);
  return createEngine(rules);
}

const counting = engineFor(
  '{ userIdentity.type: AssumedRole, userIdentity.sessionContext.sessionIssuer.type: [Role, User] }',
  '{ eventSource: s3.amazonaws.com, eventName: [GetObject, PutObject] }',
);

describe('the matches of a rule can be counted without decoding', () => {
  it.each<[string, string, readonly (readonly [string, readonly string[]])[]]>([
    ['where it compares texts', '{ eventName: [A, b] }', [['eventName', ['a', 'b']]]],
    [
      'where it asks for several of them deep inside',
      '{ a.b.c: X, eventName: Y }',
      [
        ['a.b.c', ['x']],
        ['eventName', ['y']],
      ],
    ],
  ])('%s', (_, detection, fields) => {
    expect(
      countableRules(engineFor(detection)).flatMap((rule) =>
        rule.fields.map(({ path, texts }) => [path.join('.'), texts]),
      ),
    ).toEqual(fields);
  });

  it.each([
    ['it asks for a part of a text', '{ eventName: A* }'],
    ['case counts', '{ eventName|cased: A }'],
    ['it asks for a number', '{ eventName: A, count: 1 }'],
    ['the text is not ASCII', '{ eventName: é }'],
    ['JSON writes the text in more ways', '{ eventName: "a\\"b" }'],
    ['one of several maps is enough', '[{ eventName: A }, { eventName: B }]'],
    ['it looks for words', '["word"]'],
    ['it asks for what is worked out', '{ eventName: A, tocsin.actor.kind: root }'],
    ['it asks for every one of some texts', '{ eventName|all: [A, B] }'],
    ['it asks for a member of a list', '{ "a[].b": x }'],
    ['it asks that something is not there', '{ eventName: A, b: null }'],
  ])('not where %s', (_, detection) => {
    expect(countableRules(engineFor(detection))).toEqual([]);
  });

  it('not where a policy may make something else of an alert, or a correlation refers to it', () => {
    const plain = engineFor('{ eventName: A }');
    expect(countableRules(plain)).toHaveLength(1);
    expect(countableRules({ ...plain, hasPolicy: true })).toEqual([]);
    const referring = parseRules(
      [
        'title: one\nname: one\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n  s: { eventName: A }\n  condition: s',
        'title: many\ncorrelation:\n  type: event_count\n  rules: [one]\n  group-by: [userIdentity.arn]\n  timespan: 1h\n  condition: { gte: 2 }\n  generate: true',
      ].join('\n---\n'),
      'r.yml',
    );
    expect(referring.correlations).toHaveLength(1);
    expect(countableRules(createEngine(referring.rules, referring.correlations))).toEqual([]);
  });
});

const head = { eventVersion: '1.11', eventTime: '2026-03-01T09:30:00Z', eventSource: 's3.amazonaws.com' };

interface Found {
  readonly further: readonly Further[];
  readonly records: number;
  readonly passedOver: number;
}

/** What is counted when no alerts are raised any more. */
async function countIn(
  content: string,
  size: number,
  options: DecodeOptions,
  engine = counting,
): Promise<Found> {
  const bytes = Buffer.from(content);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const limit = createAlertLimit(0);
  const sum = createAlertLimit(0);
  const tally = newTally();
  for await (const batch of decode(chunks(), { source: 'file', object: 'x', receivedAt: 0 }, options)) {
    const { further, alerts } = decide(batch, engine, Date.UTC(2026, 11), tally, { limit });
    expect(alerts).toEqual([]);
    sum.add(further);
  }
  expect(tally.records).toBe(tally.events + tally.passedOver + tally.rejected);
  const further = [...sum.take()].sort((a, b) => (a.rule.id < b.rule.id ? -1 : 1));
  return { further, records: tally.records, passedOver: tally.passedOver };
}

const reached = createAlertLimit(0);
const prefilter = prefilterFor({ engine: counting, range: {}, holds: false, passesOver: true })(reached);
const scanned = (content: string, size = 1 << 20) => countIn(content, size, { prefilter });
const parsed = (content: string, size = 1 << 20) => countIn(content, size, {});

describe('what is counted from bytes', () => {
  const role = {
    type: 'AssumedRole',
    arn: 'a',
    sessionContext: { sessionIssuer: { arn: 'b', type: 'Role' }, attributes: {} },
  };
  const matching = JSON.stringify({
    ...head,
    eventName: 'Decrypt',
    userIdentity: role,
    a: [1.5e3, null, {}],
  });

  it('is not decoded', async () => {
    const found = await scanned(`{"Records":[${matching},${matching.replace('03-01', '02-01')}]}`);
    expect(found).toMatchObject({ records: 2, passedOver: 2 });
    expect(found.further).toMatchObject([
      { matches: 2, severity: 'low', first: Date.UTC(2026, 1, 1, 9, 30), last: Date.UTC(2026, 2, 1, 9, 30) },
    ]);
  });

  it.each<[string, string]>([
    ['other letters', matching.replace('AssumedRole', 'aSSUMEDrOLE')],
    ['another type', matching.replace('"type":"Role"', '"type":"Web"')],
    ['the 31st', matching.replace('03-01', '12-31')],
    ['a day that there is not', matching.replace('03-01', '04-31')],
    ['the 29th of February of a leap year', matching.replace('2026-03-01', '2024-02-29')],
    ['a time that a clock does not show', matching.replace('09:30', '29:30')],
    ['a second too many', matching.replace('30:00Z', '59:60Z')],
    ['the time twice', matching.replace('"eventTime"', '"eventTime":"2020-01-01T00:00:00Z","eventTime"')],
    ['a key twice, the last one another', matching.replace('"type":"Role"', '"type":"Role","type":"X"')],
    ['a key twice, the last one the same', matching.replace('"type":"Role"', '"type":"X","type":"Role"')],
    [
      'a whole object twice',
      matching.replace('"userIdentity":', '"userIdentity":{"type":"Web"},"userIdentity":'),
    ],
    ['a list in place of an object', matching.replace(/"sessionIssuer":(\{[^}]*\})/, '"sessionIssuer":[$1]')],
    ['a list of texts', matching.replace('"type":"Role"', '"type":["x","Role"]')],
    ['null in place of a text', matching.replace('"type":"Role"', '"type":null')],
    [
      'a name with dots',
      matching.replace(
        '"sessionContext":{"sessionIssuer":{"arn":"b","type":"Role"}',
        '"sessionContext.sessionIssuer.type":"Role","x":{"y":1',
      ),
    ],
    ['a letter beyond ASCII', matching.replace('"a"', '"\u212a"')],
    ['an escape', matching.replace('"b"', '"b\\u0020"')],
    ['a control character', matching.replace('"b"', '"b\u0001"')],
    ['a number that is none', matching.replace('1.5e3', '01')],
    ['a comma too many', matching.replace('null,', 'null,,')],
    ['a comma before an end', matching.replace('{}]', '{},]')],
    ['a word that is none', matching.replace('null', 'nul')],
    ['a wrong bracket', matching.replace('{}]', '{}}')],
    ['a key without a value', matching.replace('"arn":"b"', '"arn"')],
    ['a value without a key', matching.replace('"arn":"b"', '"b"')],
    ['something that is no key', matching.replace('"arn":"b"', '1:"b"')],
    ['a space', matching.replace('null', ' null ')],
    ['texts that end like the beginning of others', matching.replace('"b"', '"b,"').replace('"a"', '"{"')],
    ['a list in a list in an object in a list', matching.replace('{}]', '{"a":[[],[{"b":[]}]]}]')],
    ['a list that ends as an object, further on', matching.replace('{}]', `{"a":["${'x'.repeat(70)}"}]`)],
    ['thousands of numbers', matching.replace('{}]', `{"a":[${'1,'.repeat(9_000)}1]}]`)],
    ['thousands of numbers, one of them none', matching.replace('{}]', `{"a":[${'1,'.repeat(9_000)}1.]}]`)],
    ['a number that is none, before thousands', matching.replace('{}]', `{"a":[01${',1'.repeat(9_000)}]}]`)],
    ['thousands of keys', matching.replace('{}]', `{${'"a":{},'.repeat(9_000)}"b":1}]`)],
    ['thousands of keys, a comma behind the last', matching.replace('{}]', `{${'"a":{},'.repeat(9_000)}}]`)],
    ['a long text', matching.replace('"b"', `"${'b'.repeat(90_000)}"`)],
    ['a control character far behind', matching.replace('{}]', `{"a":"${'x'.repeat(300)}\u0007"}]`)],
    ['no identity', JSON.stringify({ ...head, eventName: 'PutObject' })],
  ])('is what a parser would find: %s', async (_, record) => {
    for (const size of [1 << 20, 100]) {
      const content = `{"Records":[${matching},${record},${matching}]}`;
      const found = await scanned(content, size);
      const all = await parsed(content, size);
      expect({ ...found, passedOver: 0 }).toEqual(all);
    }
  });

  it('compares names and texts of any length', async () => {
    const name = 'aNameThatIsLongerThanSixteenLetters';
    const text = 'A text longer than thirty-two letters';
    const engine = engineFor(
      `{ ${name}.x: ${text}, ${name}.sixteen-letters-: sixteen texts --, eventName: Y }`,
    );
    const counts = prefilterFor({ engine, range: {}, holds: false, passesOver: true })(reached);
    const record = (changed: Json, sixteen = 'sixteen texts --'): string =>
      JSON.stringify({ ...head, eventName: 'y', [name]: { x: changed, 'sixteen-letters-': sixteen } });
    const records = [
      record(text),
      record(text.toUpperCase()),
      record(`${text}s`),
      record(text.slice(0, -1)),
      record(text.replace('letters', 'lettert')),
      record(text, 'sixteen texts -'),
      record(text, 'sixteen texts --S'),
      record(text).replace(name, `x${name}`),
      record(text).replace(name, name.slice(1)),
      record(text).replace('Sixteen', 'sixteen'),
    ];
    for (const one of records) {
      const found = await countIn(one, 1 << 20, { prefilter: counts }, engine);
      const all = await countIn(one, 1 << 20, {}, engine);
      expect({ ...found, passedOver: 0 }).toEqual(all);
    }
    const found = await countIn(records.slice(0, 2).join('\n'), 1 << 20, { prefilter: counts }, engine);
    expect(found).toMatchObject({ passedOver: 2, further: [{ matches: 2 }] });
  });

  const texts = fc.constantFrom<Json>(
    'AssumedRole',
    'Role',
    'role',
    'User',
    'x',
    's3.amazonaws.com',
    'GetObject',
    'a,',
    '',
  );
  const keys = fc.constantFrom(
    'type',
    'userIdentity',
    'sessionContext',
    'sessionIssuer',
    'sessionContext.sessionIssuer',
    'eventName',
    'a',
  );
  const values = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 3, arbitrary: texts },
      fc.constantFrom<Json>(null, true, false, -1.5, 1e21, 'é', 'a"b', 'b\\c'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const identities = fc.record({
    type: texts,
    sessionContext: fc.oneof(
      { weight: 3, arbitrary: fc.record({ sessionIssuer: fc.record({ a: values, type: texts }) }) },
      values,
    ),
  });
  const records = fc
    .record({
      eventName: fc.constantFrom('GetObject', 'PutObject', 'Decrypt'),
      day: fc.integer({ min: 0, max: 32 }),
      month: fc.integer({ min: 0, max: 13 }),
      userIdentity: fc.oneof({ weight: 3, arbitrary: identities }, values),
      more: values,
    })
    .map(({ eventName, day, month, userIdentity, more }): JsonObject => ({
      ...head,
      eventTime: `2026-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T09:30:00Z`,
      more,
      userIdentity,
      eventName,
    }));
  const damage = fc.record({
    at: fc.nat(),
    cut: fc.nat(4),
    put: fc.constantFrom(
      '',
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      'e',
      '.',
      '-',
      'null',
      ' ',
      '\n',
      '"a":1,',
      '\\',
    ),
  });
  const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 20;

  it('is what a parser would find, whatever the records hold and however they are damaged inside', async () => {
    let passedOver = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(records, fc.option(damage)), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(1 << 20, 61),
        async (some, size) => {
          const lines = some.map(([record, harm]) => {
            const text = JSON.stringify(record);
            if (harm === null) return text;
            const at = harm.at % text.length;
            return text.slice(0, at) + harm.put + text.slice(at + harm.cut);
          });
          // On lines of their own, so that what is broken ends with its record.
          const content = lines.join('\n');
          const found = await scanned(content, size);
          const all = await parsed(content, size);
          passedOver += found.passedOver;
          // What is broken may be cut into other pieces, of which none matches.
          expect(found.further).toEqual(all.further);
          const isWhole = some.every(([, harm]) => harm === null);
          expect(isWhole ? { ...found, passedOver: 0 } : all).toEqual(all);
        },
      ),
      { numRuns: runs },
    );
    expect(passedOver).toBeGreaterThan(runs / 10);
  });

  const tokens = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '""',
    '"type"',
    '1',
    '-0.5',
    'true',
    'x',
    '',
  );
  const keys3 = fc.constantFrom('', 'a', 'type');
  const plain = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<Json>(null, true, 0, 'a', ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys3, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;

  it('is what a parser would find, where a token is another or one too many, wherever it stands', async () => {
    let counted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        plain,
        fc.option(fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.array(tokens, { maxLength: 3 }) })),
        fc.nat(70),
        async (value, harm, padding) => {
          const all = JSON.stringify(value).match(/"[^"]*"|[[\]{},:]|[^[\]{},:"]+/g) ?? [];
          if (harm !== null) all.splice(harm.at % all.length, harm.cut, ...harm.put);
          const more = `"padding":"${'p'.repeat(padding)}","x":${all.join('')}`;
          const content = matching.replace(/\}$/, `,${more}}`);
          const found = await scanned(content);
          expect(found.further).toEqual((await parsed(content)).further);
          if (found.passedOver > 0) counted++;
          else refused++;
        },
      ),
      { numRuns: runs },
    );
    expect(counted).toBeGreaterThan(runs / 10);
    expect(refused).toBeGreaterThan(runs / 10);
  });
});

it('is of the rules for which most records would be looked at, where only some can be counted', async () => {
  const calls = Array.from({ length: 9 }, (_, i) => `{ eventName: Call${i} }`);
  const engine = engineFor(...calls, '{ userIdentity.type: AssumedRole }');
  const prefilter = prefilterFor({ engine, range: {}, holds: false, passesOver: true })(reached);
  const records = Array.from({ length: 9 }, (_, i) =>
    JSON.stringify({ ...head, eventName: `Other${i}`, userIdentity: { type: 'AssumedRole' } }),
  );
  const found = await countIn(`{"Records":[${records.join(',')}]}`, 1 << 20, { prefilter }, engine);
  expect(found).toMatchObject({ records: 9, passedOver: 9 });
  expect(found.further).toMatchObject([{ matches: 9 }]);
});

it('records are looked at where the limit is not reached, or a range of time is asked for', () => {
  const of = (since: number | undefined, most: number) =>
    prefilterFor({ engine: counting, range: { since }, holds: false, passesOver: true })(
      createAlertLimit(most),
    );
  const whole = prefilterOf(counting, false);
  expect(of(undefined, 1)).toBe(whole);
  expect(of(0, 0)).toBe(whole);
  expect(of(undefined, 0)).not.toBe(whole);
});
