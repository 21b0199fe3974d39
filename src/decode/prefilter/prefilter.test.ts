import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { decode, type DecodeOptions } from '../decode.ts';
import { createPrefilter, type Prefilter } from './prefilter.ts';
import type { Wanted, WantedTexts } from './wanted.ts';

const from = { source: 'file', object: 'trail.json', receivedAt: 5 };

const texts = (whole: readonly string[], parts: readonly string[] = [], any = false): WantedTexts => ({
  any,
  whole: new Set(whole),
  parts: new Set(parts),
});
const wanted: Wanted = new Map([
  ['eventName', texts(['stoplogging', 'kick', 'a/b', 'putb'], ['x:y'])],
  ['type', texts(['root'])],
  ['arn', texts(['*'], [':assumed-role/', 'kk', '@@'])],
  ['path', texts([], ['é1'])],
  ['errorCode', texts([], [], true)],
]);

function prefilterFor(what: Wanted): Prefilter {
  const prefilter = createPrefilter({ wanted: what });
  if (prefilter === undefined) throw new Error('this Node has no WebAssembly with SIMD');
  return prefilter;
}

const prefilter = prefilterFor(wanted);
const place = ({ provenance }: Event) => provenance.position;

interface Read {
  readonly events: readonly Event[];
  readonly rejections: readonly { readonly at: number; readonly reason: string; readonly length: number }[];
  readonly passedOver: number;
  readonly records: number;
}

async function read(content: string | Uint8Array, size: number, options: DecodeOptions): Promise<Read> {
  const bytes = Buffer.from(content);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const events: Event[] = [];
  const rejections: { at: number; reason: string; length: number }[] = [];
  let passedOver = 0;
  let records = 0;
  for await (const batch of decode(chunks(), from, options)) {
    events.push(...batch.events);
    for (const { provenance, reason, length } of batch.rejections)
      rejections.push({ at: provenance.position, reason, length });
    passedOver += batch.passedOver;
    records += batch.records;
  }
  expect(records).toBe(events.length + rejections.length + passedOver);
  return { events, rejections, passedOver, records };
}

const skim = (content: string | Uint8Array, size = 1 << 20) => read(content, size, { prefilter });
const plain = (content: string | Uint8Array, size = 1 << 20) => read(content, size, {});

/** The plain evaluator of what is wanted: a key anywhere, alone or as the last part of a name with dots, that holds one of the texts. */
function isWanted(value: Json | undefined, what: Wanted = wanted): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item: Json) => isWanted(item, what));
  return Object.entries(value as JsonObject).some(([key, held]) => {
    const asked = what.get(key.slice(key.lastIndexOf('.') + 1));
    return isWanted(held, what) || asked?.any === true || holds(held, asked);
  });
}

function holds(value: Json | undefined, what: WantedTexts | undefined): boolean {
  if (what === undefined) return false;
  if (Array.isArray(value)) return value.some((item: Json) => holds(item, what));
  if (typeof value !== 'string') return false;
  // The Kelvin sign is a k by Unicode's simple folding.
  const folded = value.toLowerCase().replaceAll('\u212a', 'k');
  return what.whole.has(folded) || [...what.parts].some((part) => folded.includes(part));
}

const head = '"eventVersion":"1.08","eventTime":"2026-03-01T09:30:00Z","eventSource":"s3.amazonaws.com"';
const dull = `{${head},"eventName":"GetObject","eventID":"d"}`;

describe('a record that could be wanted is decoded', () => {
  it.each<[string, string]>([
    ['by its action', `{${head},"eventName":"StopLogging"}`],
    ['in other letters', `{${head},"eventName":"sTOPLOGGING"}`],
    ['with a letter that folds to one of ASCII', `{${head},"eventName":"\u212aick"}`],
    ['with an escape in the key', `{${head},"event\\u004eame":"StopLogging"}`],
    ['with an escape in another key', `{${head},"eventName":"X","a":{"t\\u0079pe":"Root"}}`],
    ['with an escape in the value', `{${head},"eventName":"Stop\\u004cogging"}`],
    ['with an escape that needs none', `{${head},"eventName":"a\\/b"}`],
    [
      'where the key is there twice and the first is wanted',
      `{${head},"eventName":"StopLogging","eventName":"X"}`,
    ],
    [
      'where the key is there twice and the last is wanted',
      `{${head},"eventName":"X","eventName":"StopLogging"}`,
    ],
    ['with a space before the colon', `{${head},"eventName" :"StopLogging"}`],
    ['with a space behind the colon', `{${head},"eventName": "StopLogging"}`],
    ['with spaces everywhere', `{ "eventVersion" : "1" , ${head} , "eventName" : "StopLogging" }`],
    ['by a key of three letters', `{${head},"eventName":"X","a":{"arn":"*"}}`],
    ['by the last part of a name with dots', `{${head},"eventName":"X","userIdentity.type":"Root"}`],
    ['deep inside', `{${head},"eventName":"X","a":[{"b":[[{"type":"root"}]]}]}`],
    ['by a key with whatever value', `{${head},"eventName":"X","errorCode":null}`],
    ['by a part of a text', `{${head},"eventName":"X","a":{"arn":"aws:sts::1:Assumed-Role/x"}}`],
    ['by a part at the beginning', `{${head},"eventName":"X","a":{"arn":":assumed-role/"}}`],
    ['by a part behind 40 bytes', `{${head},"eventName":"X","a":{"arn":"${'kabcdefgh@'.repeat(4)}kk"}}`],
    ['by a part across a step of 16 bytes', `{${head},"eventName":"X","arn":"123456789012345Kk"}`],
    ['by a part that folds to ASCII', `{${head},"eventName":"X","arn":"k\u212a"}`],
    ['by a part that is not ASCII', `{${head},"eventName":"X","path":"É1"}`],
    ['in a list', `{${head},"eventName":"X","a":{"type":["x","root"]}}`],
    [
      'behind a text that ends like the beginning of another',
      `{${head},"a":"x,","b":"y:","eventName":"Kick"}`,
    ],
    ['behind brackets that open in texts', `{${head},"a":"{","b":["[","[{"],"eventName":"Kick"}`],
    ['behind a thousand keys', `{${head},"eventName":"X",${'"a":1,'.repeat(30_000)}"type":"root"}`],
    ['behind a long text', `{${head},"eventName":"X","a":"${'x'.repeat(150_000)}","type":"root"}`],
    [
      'where its marks stand far apart',
      `{"eventVersion":"1.08",${'"a":{"eventName":"X"},'.repeat(9_000)}${head},"eventName":"Kick"}`,
    ],
    ['where it holds an empty action', `{${head},"eventName":"","insightDetails":{"eventName":"X"}}`],
    ['where the action is no text', `{${head},"eventName":{"a":1}}`],
    ['where there is no service', `{"eventVersion":"1","eventTime":"2026-03-01T09:30:00Z","eventName":"X"}`],
    [
      'where the service is one of the messages that look alike',
      `{${head.replace('s3.ama', 'aws:')},"eventName":"X"}`,
    ],
  ])('%s', async (_, record) => {
    for (const content of [`{"Records":[${dull},${record},${dull}]}`, `${dull}\n${record}\n${dull}`]) {
      for (const size of [1 << 20, content.length < 1000 ? 7 : 9_999]) {
        const all = await plain(content, size);
        const found = await skim(content, size);
        expect(all.records).toBe(3);
        expect(found).toMatchObject({ records: 3, rejections: all.rejections });
        const places = [...found.events.map(place), ...found.rejections.map(({ at }) => at)];
        expect(places).toContain(content.indexOf(record));
      }
    }
  });
});

it('tells whole texts of every length from those that differ by a letter', async () => {
  for (let length = 1; length <= 50; length++) {
    const text = 'abcdefghij'.repeat(5).slice(0, length);
    const ofLength = createPrefilter({
      wanted: new Map([['name', { any: false, whole: new Set([text]), parts: new Set<string>() }]]),
    });
    const others = [`${text}a`, `a${text}`, text.slice(1), `${text.slice(0, -1)}_`, `_${text.slice(1)}`];
    const content = [text, text.toUpperCase(), ...others]
      .map((value) => `{${head},"eventName":"X","name":"${value}"}`)
      .join('\n');
    const { events, passedOver } = await read(content, 1 << 20, { prefilter: ofLength });
    expect(events.map(({ fields }) => fields['name'])).toEqual([text, text.toUpperCase()]);
    expect(passedOver).toBe(others.length);
  }
});

describe('a record that nothing is wanted of is counted and not decoded', () => {
  it.each<[string, string]>([
    ['in an ordinary file', `{"Records":[${dull},${dull}]}`],
    ['in an empty record beside it', `{"Records":[${dull},${dull}]}\n`],
    ['in lines of JSON', `${dull}\n${dull}\n`],
    ['in an array', `[${dull},${dull}]`],
    ['behind a byte order mark', `\ufeff{"Records":[${dull},${dull}]}`],
    ['with spaces between the records', `{ "Records" : [ ${dull} ,\n ${dull} ] }`],
    [
      'where the wanted text stands under another key',
      `{"Records":[${dull},{${head},"eventName":"X","a":"StopLogging"}]}`,
    ],
    [
      'where the key is part of another name',
      `{"Records":[${dull},{${head},"eventName":"X","myeventName":"StopLogging"}]}`,
    ],
    ['where the text is longer', `{"Records":[${dull},{${head},"eventName":"StopLoggingNow"}]}`],
    ['where braces stand in texts', `{"Records":[${dull},{${head},"eventName":"X","a":"}{]["}]}`],
    [
      'where a part stands behind the value',
      `{"Records":[${dull},{${head},"eventName":"X","arn":"k","a":"kk","arn":"@","b":"@@"}]}`,
    ],
    [
      'where a part is cut by the end of the value',
      `{"Records":[${dull},{${head},"eventName":"X","arn":":assumed-role"}]}`,
    ],
    [
      'where a byte differs by its case bit alone',
      `{"Records":[${dull},{${head},"eventName":"X","arn":"\`\`"}]}`,
    ],
    [
      'where texts end like the beginning of others',
      `{"Records":[${dull},{${head},"eventName":"X","a":["b,","{"]}]}`,
    ],
    [
      'of many keys and a long text',
      `{"Records":[${dull},{${head},${'"a":{"b":1},'.repeat(20_000)}"eventName":"X","a":"${'x'.repeat(90_000)}"}]}`,
    ],
    ['of more than one block', `{"Records":[${dull},{${head},"eventName":"X","a":"${'x'.repeat(300)}"}]}`],
  ])('%s', async (_, content) => {
    for (const size of content.length < 1000 ? [1 << 20, 300, 1] : [1 << 20, 99_999])
      expect(await skim(content, size)).toEqual({ events: [], rejections: [], passedOver: 2, records: 2 });
  });
});

describe('what is no list of plain records is read as without a prefilter', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['spaces', '   \n '],
    ['an empty list', '{"Records":[]}'],
    ['another document', '{"a":1}'],
    ['a cut off list', `{"Records":[${dull.replace('GetObject', 'Kick')},{"eventVers`],
    ['a list that is not closed', `{"Records":[${dull.replace('GetObject', 'Kick')}`],
    [
      'a stray bracket',
      `{"Records":[${dull.replace('GetObject', 'Kick')}}},${dull.replace('GetObject', 'Kick')}]}`,
    ],
    [
      'wrapped records in lines',
      `{"detail-type":"x","detail":${dull}}\n{"detail-type":"x","detail":${dull}}`,
    ],
    [
      'a document after a document',
      `{"Records":[${dull.replace('GetObject', 'Kick')}]}{"a":1}{"Records":[]}`,
    ],
    [
      'a record behind something else, after a broken one on the first line',
      `{${head},"eventName":"Kick","a"::1}\n-{${head},"eventName":"Kick"}`,
    ],
    ['lists under other names', `{"Events":[{"CloudTrailEvent":${JSON.stringify(dull)}}]}`],
    ['a list behind another key', `{"a":1,"Records":[${dull},${dull},{"b":1}]}`],
    ['pretty JSON', JSON.stringify({ Records: [JSON.parse(dull), JSON.parse(dull)] }, null, 2)],
    ['pretty JSON of one record', JSON.stringify(JSON.parse(dull), null, 2)],
    [
      'SQS messages',
      `{"Records":[{"messageId":"m","receiptHandle":"r","eventSource":"aws:sqs","body":${JSON.stringify(dull)}}]}`,
    ],
    ['logs packed into text', `{"Records":[{"awslogs":{"data":"AAAA"}}]}`],
  ])('%s', async (_, content) => {
    for (const size of [1 << 20, 300, 1])
      expect(await skim(content, size)).toEqual({ ...(await plain(content, size)) });
  });

  it('a packed log in a record that is broken', async () => {
    const packed = gzipSync(
      JSON.stringify({ logEvents: [{ message: `{${head},"eventName":"Kick"}` }] }),
    ).toString('base64');
    const content = `{"Records":[{${head},"eventName":"X","a" {"awslogs":{"data":"${packed}"}}},${dull}]}`;
    const all = await plain(content);
    expect(all.events.map(({ action }) => action)).toContain('Kick');
    expect(await skim(content)).toEqual(all);
  });

  it('records between two quotes too many', async () => {
    const broken = `{${head},"eventName":"X","a":"b"c"}`;
    const content = `{"Records":[${broken},{${head},"eventName":"Kick"},${broken},${dull}]}`;
    const all = await plain(content);
    expect(all.events.map(({ action }) => action)).toContain('Kick');
    expect(await skim(content)).toEqual(all);
  });

  it('a record that no scanner holds', async () => {
    const long = `{${head},"eventName":"Kick","a":"${'x'.repeat(1_200_000)}"}`;
    const content = `{"Records":[${dull},${long},${dull.replace('GetObject', 'Kick')}]}`;
    const { events, passedOver, records } = await skim(content, 100_000);
    expect(events.map(({ action }) => action)).toEqual(['Kick', 'Kick']);
    expect({ passedOver, records }).toEqual({ passedOver: 1, records: 3 });
  });
});

const actions = fc.constantFrom(
  'GetObject',
  'StopLogging',
  'Kick',
  '\u212aick',
  'a/b',
  'PutB',
  '"',
  '\\',
  '{',
  'x:',
  'y,',
  '[',
  '',
);
const keys = fc.constantFrom(
  'eventName',
  'type',
  'arn',
  'a.type',
  'x',
  'eventSource',
  'eventVersion',
  'errorCode',
  'data',
  'Records',
  'body',
);
const values = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: actions },
    fc.constantFrom<Json>('root', '*', null, 1, true, 'aws:s3', dull, 'é'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const ordinary = fc
  .record({
    eventName: actions,
    padding: fc.nat(90),
    more: fc.dictionary(keys, values, { maxKeys: 2, noNullPrototype: true }),
  })
  .map(({ eventName, padding, more }): JsonObject => ({
    eventVersion: '1.08',
    eventTime: '2026-03-01T09:30:00Z',
    eventSource: 's3.amazonaws.com',
    eventName,
    eventID: 'x'.repeat(padding),
    a: more,
  }));
/** JSON as some writer may have written it: escapes where none are needed, spaces, keys twice. */
const written = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: ordinary },
      fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true }),
    ),
    fc.nat(9),
  )
  .map(([record, style]) => {
    const text = JSON.stringify(record);
    if (style === 0) return text.replaceAll('N', '\\u004e');
    if (style === 1) return text.replaceAll('":', '" :');
    if (style === 2) return text.replaceAll('":', '": ');
    if (style === 3) return JSON.stringify(record, null, 1);
    if (style === 4) return text.replace('{', '{"eventName":"Kick",');
    if (style === 5) return text.replace(/\}$/, ',"eventName":"X"}');
    return text;
  });
const layouts = [
  (records: readonly string[]) => `{"Records":[${records.join(',')}]}`,
  (records: readonly string[]) => records.join('\n'),
  (records: readonly string[]) => `[${records.join(', ')}]`,
  (records: readonly string[]) => records.join(''),
];
const contents = fc
  .tuple(fc.array(written, { maxLength: 8 }), fc.constantFrom(...layouts))
  .map(([records, layout]) => layout(records));
/** Bytes cut out, doubled or put in, where it hurts most. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(6),
  put: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '\n', '"}', '},{', '\\"'),
});
const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 20;
const sizes = fc.constantFrom(1 << 20, 97, 13);

function missed(all: Read, found: ReadonlySet<number>): readonly JsonObject[] {
  return all.events
    .filter((event) => isWanted(event.fields) && !found.has(place(event)))
    .map(({ fields }) => fields);
}

describe('whatever the content', () => {
  it('the same records are found, at the same places, with the same rejections where nothing is broken', async () => {
    await fc.assert(
      fc.asyncProperty(contents, sizes, async (content, size) => {
        const all = await plain(content, size);
        const some = await skim(content, size);
        expect(some.records).toBe(all.records);
        expect(some.rejections).toEqual(all.rejections);
        const found = new Set(some.events.map(place));
        expect(missed(all, found)).toEqual([]);
        const known = new Map(all.events.map((event) => [place(event), event.fields]));
        for (const event of some.events) expect(event.fields).toEqual(known.get(place(event)));
      }),
      { numRuns: runs },
    );
  });

  it('nothing wanted is missed where something is broken', async () => {
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        sizes,
        async (content, damages, size) => {
          let broken = content;
          for (const { at, cut, put } of damages) {
            const from = Math.floor(at * broken.length);
            broken = broken.slice(0, from) + put + broken.slice(from + cut);
          }
          const all = await plain(broken, size);
          const some = await skim(broken, size);
          const found = new Set(some.events.map(place));
          expect(missed(all, found)).toEqual([]);
        },
      ),
      { numRuns: runs },
    );
  });
});

describe('a prefilter is only made of what a scanner can look for', () => {
  it.each<[string, Wanted]>([
    ['a key that JSON may write in more ways', new Map([['a/b', texts(['x'])]])],
    ['a key that is too short', new Map([['id', texts(['x'])]])],
    ['a part that is too short', new Map([['abc', texts([], ['x'])]])],
    [
      'more texts than its table holds',
      new Map([['abc', texts(Array.from({ length: 5000 }, (_, i) => `t${i}`))]]),
    ],
    [
      'more parts than its table holds',
      new Map([
        [
          'abc',
          texts(
            [],
            Array.from({ length: 400 }, (_, i) => `t${i}`),
          ),
        ],
      ]),
    ],
    [
      'more keys than its table holds',
      new Map(Array.from({ length: 200 }, (_, i) => [`key${i}`, texts(['x'])])),
    ],
  ])('not of %s', (_, what) => {
    expect(createPrefilter({ wanted: what })).toBeUndefined();
  });
});
