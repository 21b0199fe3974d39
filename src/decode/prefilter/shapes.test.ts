import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../event/json.ts';
import { compileScannerCode } from './scanner-code.ts';
import { createScanner, type Scanned, type Scanner, type ScannerTask } from './scanner.ts';
import type { Hint } from './wanted.ts';

/** Every record here begins with a text that nothing is looked for in. Where it is this long, no shape has the record. */
const long = 'x'.repeat(17_000);
const lengthened = (content: string): string => content.replace('"padding":""', `"padding":"${long}"`);

const whole = (key: string, ...texts: string[]): Hint => ({ how: 'whole', key, texts: new Set(texts) });
const looking: ScannerTask = {
  wanted: new Map([
    ['eventName', { any: false, whole: new Set(['stoplogging', 'a call of a long name']), parts: new Set() }],
    ['type', { any: false, whole: new Set(['root']), parts: new Set() }],
    ['errorCode', { any: true, whole: new Set(), parts: new Set() }],
  ]),
  groups: [
    [
      [whole('eventName', 'putobject')],
      [{ how: 'parts', key: 'arn', texts: new Set([':user/', 'kk']) }],
      [{ how: 'address', key: 'sourceIPAddress' }],
    ],
    [[whole('eventName', 'assumerole')], [{ how: 'accounts' }]],
    [[whole('eventName', 'getobject')], [{ how: 'any', key: 'Grant', anyCase: true }]],
  ],
};
const counting: ScannerTask = {
  ...looking,
  counted: [
    {
      id: 'role',
      fields: [
        { path: ['userIdentity', 'type'], texts: ['assumedrole', 'a role'] },
        { path: ['userIdentity', 'sessionContext', 'sessionIssuer', 'type'], texts: ['role'] },
      ],
    },
    { id: 'get', fields: [{ path: ['eventName'], texts: ['getobject', 'listkeys'] }] },
  ],
};

const capacity = 1 << 17;

function made(task: ScannerTask): Scanner {
  const code = compileScannerCode();
  const scanner = code && createScanner(code, task, capacity);
  if (scanner === undefined) throw new Error('this Node has no WebAssembly with SIMD');
  return scanner;
}

function scanned(scanner: Scanner, content: string, oneLine: boolean): Scanned {
  const bytes = Buffer.from(content);
  scanner.fill(bytes, 0);
  return scanner.scan(0, bytes.length, oneLine);
}

/** What is told of a record by its shape, if it has one that is known, and what is told of it where it is looked at with care. */
function both(scanner: Scanner, record: string, oneLine = false): readonly [Scanned, Scanned] {
  const careful = scanned(scanner, lengthened(record), oneLine);
  const { position } = careful;
  return [
    scanned(scanner, record, oneLine),
    { ...careful, position: position > long.length ? position - long.length : position },
  ];
}

const head = '"eventVersion":"1.08","eventTime":"2026-03-01T09:30:00Z","eventSource":"s3.amazonaws.com"';
const plain = `{"padding":"",${head},"eventName":"Decrypt","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:x","accountId":"1","sessionContext":{"sessionIssuer":{"type":"Role"},"attributes":{}}},"sourceIPAddress":"192.0.2.1","requestParameters":{"aKeyThatIsLongerThanWhatOnePieceOfAShapeHolds":"b","list":["x",1,{"y":null}],"n":10},"readOnly":true}`;

const tasks: readonly (readonly [string, ScannerTask])[] = [
  ['looking', looking],
  ['counting', counting],
];

it('a record that is built like one before takes the shorter way', () => {
  const scanner = made(counting);
  // A letter right behind a record makes the careful way unsure of it.
  expect(scanned(scanner, `${plain}é`, false)).toMatchObject({ records: 1, survivors: 1 });
  expect(scanned(scanner, plain, false)).toMatchObject({ records: 1, survivors: 0 });
  for (const like of [plain, plain.replace('"b"', '"c"'), plain.replace('10', 'null')])
    expect(scanned(scanner, `${like}é`, false)).toMatchObject({ records: 1, survivors: 0 });
});

describe.each(tasks)('%s: a record that is built like one before', (_, task) => {
  it.each<[string, string]>([
    ['is the same', plain],
    ['has other texts', plain.replace('Decrypt', 'Describe').replace('"b"', `"${'b'.repeat(99)}"`)],
    ...[0, 1, 14, 15, 16, 17, 31, 32, 33].map((length): [string, string] => [
      `has a text of ${length} bytes`,
      plain.replace('"b"', `"${'b'.repeat(length)}"`),
    ]),
    ['has a wanted text', plain.replace('Decrypt', 'StopLogging')],
    ['has another wanted text', plain.replace('"type":"AssumedRole"', '"type":"Root"')],
    ['has a long wanted text', plain.replace('Decrypt', 'A call of a long name')],
    ['holds a group', plain.replace('Decrypt', 'PutObject').replace(':x"', ':user/x"')],
    [
      'holds all of a group but the address',
      plain.replace('Decrypt', 'PutObject').replace(':x"', ':user/x"').replace('192', 'host'),
    ],
    ['counts', plain.replace('AssumedRole', 'A ROLE')],
    ['does not count', plain.replace('AssumedRole', 'User')],
    ['counts twice', plain.replace('Decrypt', 'listKEYS')],
    ['has another time', plain.replace('03-01T09', '02-01T10')],
    ['has a time of no day', plain.replace('03-01', '02-31')],
    ['has a time that is none', plain.replace('03-01T', '03-01 ')],
    ['has a service of messages', plain.replace('s3.amazonaws', 'aws:sqs')],
    ['has an empty action', plain.replace('Decrypt', '')],
    ['has other scalars', plain.replace('true', 'false').replace('10', '-1.5e+30').replace('null', '0')],
    ...['', '01', '-', '1.', '1e', 'tru', 'nul', 'truee', '"', '+1', ' 1', '1 ', '.5', '0x1'].map(
      (scalar): [string, string] => [
        `has '${scalar}' for a scalar`,
        plain.replace('"n":10', `"n":${scalar}`),
      ],
    ),
    ['has a text for a scalar', plain.replace('"n":10', '"n":"10"')],
    ['has an object for a scalar', plain.replace('"n":10', '"n":{}')],
    ['has a scalar for a text', plain.replace('"b"', '1')],
    ['has null for a text that is looked at', plain.replace('"arn:aws:sts::1:x"', 'null')],
    ['has a list for a text that is looked at', plain.replace('"arn:aws:sts::1:x"', '["kk"]')],
    ['has a list for an object', plain.replace('"attributes":{}', '"attributes":[]')],
    ['closes a list as an object', plain.replace('{}}}', '{]}}')],
    ['has a comma too many', plain.replace('"x",1', '"x",,1')],
    ['has a comma too few', plain.replace('"x",1', '"x"1')],
    ['has a key more', plain.replace('"n":10', '"n":10,"m":1')],
    ['has a key less', plain.replace(',"n":10', '')],
    ['has a key twice', plain.replace('"arn"', '"type"')],
    ['has another key', plain.replace('"list"', '"lisp"')],
    ['has another key, further on', plain.replace('OfAShapeHolds', 'OfAShapeHasIt')],
    ['has a key that is wanted', plain.replace('"list"', '"errorCode"')],
    ['has a key that counts in any case', plain.replace('"list"', '"gRANT"').replace('Decrypt', 'GetObject')],
    ['has an escape', plain.replace('"b"', '"\\u0062"')],
    ['has an escaped quote', plain.replace('"b"', '"\\"b"')],
    ['ends with a backslash', plain.replace('"b"', '"b\\"')],
    ['has a quote too many', plain.replace('"b"', '"b"b"')],
    ['has a quote too few', plain.replace('"b"', '"b')],
    ['has a control character', plain.replace('"b"', '"b\u0001"')],
    ['has a line break', plain.replace('"b"', '"b\n"')],
    ['has a letter beyond ASCII', plain.replace('"b"', '"é"')],
    ['has a space outside of texts', plain.replace('"n":10', '"n": 10')],
    ['has structure in a text', plain.replace('"b"', '"b,{[:]},"')],
    ['has a text that is too long', plain.replace('"b"', `"${'b'.repeat(90_000)}"`)],
    ['is cut off in a text', plain.slice(0, plain.indexOf('192') + 2)],
    ['is cut off behind a text', plain.slice(0, plain.indexOf('192.0.2.1') + 9)],
    ['is cut off before its end', plain.slice(0, -1)],
    ['has something behind it', `${plain},{"a":1},${plain}`],
    ['has a stray bracket behind it', `${plain}}${plain}`],
  ])('%s', (_name, record) => {
    for (const oneLine of [false, true]) {
      const scanner = made(task);
      scanned(scanner, plain, oneLine);
      for (const content of [record, `\n${record}\n`, plain]) {
        const [told, expected] = both(scanner, content, oneLine);
        expect(told).toEqual(expected);
      }
    }
  });

  it('is told of in the same way where there are more shapes than can be kept', () => {
    const scanner = made(task);
    for (let i = 0; i < 2000; i++) {
      const record = plain.replace('"n"', `"n${i}":{"a":{"b${'y'.repeat(i % 500)}":[{"c":1}]}},"n"`);
      for (const one of [record, plain, record.replace('AssumedRole', 'User')]) {
        const [told, expected] = both(scanner, one);
        expect(told).toEqual(expected);
      }
    }
  });

  const texts = fc.constantFrom<Json>(
    'AssumedRole',
    'Role',
    'Root',
    'PutObject',
    'AssumeRole',
    'GetObject',
    'arn:user/kk',
    '192.0.2.1',
    'a text of some length, longer than two steps',
    's,',
    '{[:]}',
    '',
  );
  const keys = fc.constantFrom(
    'type',
    'arn',
    'accountId',
    'Grant',
    'sourceIPAddress',
    'errorCode',
    'eventName',
    'eventSource',
    'userIdentity',
    'sessionContext',
    'sessionIssuer',
    'x',
  );
  const values = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 4, arbitrary: texts },
      fc.constantFrom<Json>(null, true, 0, -1.5, 1e21, 20, 'é', 'a"b', 'b\\c', '\u007f', '\n'),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 2, noNullPrototype: true }),
    ),
  })).value;
  const identities = fc.record({
    type: fc.oneof({ weight: 5, arbitrary: texts }, values),
    sessionContext: fc.record({ sessionIssuer: fc.record({ type: texts }) }),
  });
  const records = fc
    .record({
      eventName: texts,
      userIdentity: fc.oneof({ weight: 5, arbitrary: identities }, values),
      day: fc.integer({ min: 0, max: 39 }),
      top: fc.dictionary(keys, values, { maxKeys: 1, noNullPrototype: true }),
      more: values,
    })
    .map(({ eventName, userIdentity, day, top, more }) =>
      JSON.stringify({
        padding: '',
        eventVersion: '1.08',
        eventTime: `2026-02-${String(day).padStart(2, '0')}T09:30:00Z`,
        eventSource: 's3.amazonaws.com',
        userIdentity,
        more,
        eventName,
        ...top,
      }),
    );
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
      'é',
    ),
  });
  const first = '{"padding":"",'.length;
  const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 20;

  it('is told of in the same way whatever it holds and however it is damaged', () => {
    const scanner = made(task);
    fc.assert(
      fc.property(records, fc.option(damage), fc.boolean(), (record, harm, oneLine) => {
        // What is damaged may be built like something else, so that it is looked at twice.
        const broken: string[] = [];
        if (harm !== null) {
          const at = first + (harm.at % (record.length - first));
          broken.push(record.slice(0, at) + harm.put + record.slice(at + harm.cut));
        }
        for (const one of [record, ...broken, record, ...broken]) {
          const [told, expected] = both(scanner, one, oneLine);
          expect(told).toEqual(expected);
        }
      }),
      { numRuns: runs },
    );
  });
});
