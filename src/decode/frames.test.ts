import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Frame } from './frame.ts';
import { defaultFrameLimits } from './frame.ts';
import { Splitter } from './frames.ts';

const limits = { ...defaultFrameLimits, maxBytes: 200, maxDepth: 20, keepBytes: 50 };

type Seen =
  { at: number; length: number; text: string } | { at: number; length: number; reason: string; kept: number };

function split(content: Uint8Array, cuts: readonly number[] = [], own = limits): Seen[] {
  const splitter = new Splitter(own);
  const seen: Seen[] = [];
  const pull = (): void => {
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) seen.push(show(frame));
  };
  let from = 0;
  for (const cut of [...cuts, content.length].sort((a, b) => a - b)) {
    splitter.push(content.subarray(from, cut));
    pull();
    from = Math.max(from, cut);
  }
  splitter.end();
  pull();
  return seen;
}

function show(frame: Frame): Seen {
  return frame.kind === 'value'
    ? { at: frame.at, length: frame.bytes.length, text: Buffer.from(frame.bytes).toString() }
    : { at: frame.at, length: frame.length, reason: frame.reason, kept: frame.bytes.length };
}

const values = (seen: readonly Seen[]): string[] =>
  seen.flatMap((item) => ('text' in item ? [item.text] : []));
const broken = (seen: readonly Seen[]): string[] =>
  seen.flatMap((item) => ('text' in item ? [] : [`${item.at}+${item.length} ${item.reason}`]));

describe('a stream is split into', () => {
  const cases: [name: string, content: string, expected: string[]][] = [
    ['nothing where it is empty', '', []],
    ['nothing where it is only spaces', ' \n\t\r\n', []],
    ['lines', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['lines with Windows ends and without the last one', '{"a":1}\r\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['documents after each other', '{"a":{}}{"b":[]} {"c":2}', ['{"a":{}}', '{"b":[]}', '{"c":2}']],
    ['documents with line breaks inside', '{\n "a": 1\n}\n{\n "b": 2\n}', ['{\n "a": 1\n}', '{\n "b": 2\n}']],
    ['the elements of a top-level array', '[{"a":1}, [2], "x"]', ['{"a":1}', '[2]', '"x"']],
    ['nothing for an empty array', '[]', []],
    ['the elements of two arrays', '[{"a":1}]\n[{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['the records of a delivery file', '{"Records":[{"a":1},{"b":[{}]}]}', ['{"a":1}', '{"b":[{}]}']],
    ['records with members around them', '{"x":{"Records":[1]},"Records" : [{"a":1}],"y":[2]}', ['{"a":1}']],
    [
      'the records of two containers',
      '{"Events":[{"a":1}],"NextToken":"t","Records":[{"b":2}]}',
      ['{"a":1}', '{"b":2}'],
    ],
    ['one value where a container holds no array', '{"Records":{"a":1}}', ['{"Records":{"a":1}}']],
    [
      'one value where the key only ends like a container',
      '{"MyRecords":[{"a":1}]}',
      ['{"MyRecords":[{"a":1}]}'],
    ],
    ['one value where the key is inside', '{"x":{"Records":[{"a":1}]}}', ['{"x":{"Records":[{"a":1}]}}']],
    [
      'strings that look like records',
      '[{"a":"},{\\"eventVersion\\":1},{"},{"b":"]}"}]',
      ['{"a":"},{\\"eventVersion\\":1},{"}', '{"b":"]}"}'],
    ],
    ['values behind a byte order mark', '\ufeff{"a":1}', ['{"a":1}']],
    ['strings that end with a backslash', '{"a":"\\\\"}{"b":"\\""}', ['{"a":"\\\\"}', '{"b":"\\""}']],
    ['a string at the top', '"{}" "x"', ['"{}"', '"x"']],
  ];
  it.each(cases)('%s', (_, content, expected) => {
    const seen = split(Buffer.from(content));
    expect(values(seen)).toEqual(expected);
    expect(broken(seen)).toEqual([]);
  });
});

describe('a broken value is one broken frame, and the next good one is found, after', () => {
  const good = '{"ok":1}';
  const cases: [name: string, content: string, good: number, reasons: RegExp[]][] = [
    [
      'a comma too many',
      `[${good},{"a":1,},${good}]`,
      2,
      [/^10\+8 expected a name in quotes, found '}', at byte 17/],
    ],
    [
      'closing braces too many',
      `[${good}}},${good}]`,
      2,
      [/^9\+2 expected a JSON object or array, found '}'/],
    ],
    ['a missing closing brace', `[{"a":{"b":1},{"ok":1},${good}]`, 2, [/^1\+13 /]],
    [
      'a value that ends with its line',
      `${good}\n{"a":"b\n${good}\n`,
      2,
      [/^9\+7 line break inside a string/],
    ],
    [
      'a line cut after a colon',
      `${good}\n{"a":\n${good}\n`,
      2,
      [/^9\+6 the line ends in the middle of a record/],
    ],
    ['a line cut after a comma', `${good}\n{"a":1,\n${good}\n`, 2, [/^9\+8 /]],
    ['a first line that is cut', `{"a":{"b"\n${good}\n${good}\n`, 2, [/^0\+10 expected ':', found '{'/]],
    ['a quote that is not escaped', `[{"a":"x"y","b":"z"},${good},${good}]`, 2, [/^1\+19 /]],
    ['two quotes that are not escaped', `[{"a":"say "hi" now","b":{"c":1}},${good}]`, 1, [/^1\+32 /]],
    ['a missing closing quote', `[{"a":"x,"b":"z","c":{}},${good}]`, 1, [/^1\+23 /]],
    [
      'JSON put into a string as it is',
      `[{"p":{"q":"{"V":"1","S":[{}]}","r":{}},"s":1},${good}]`,
      1,
      [/^1\+45 /],
    ],
    ['a missing bracket at the end of the list', `{"Records":[{"a":{"b":1]}\n${good}`, 1, [/^12\+11 /]],
    ['brackets of the wrong kind', `[{"a":[1},"b":2},${good}]`, 1, [/^1\+\d+ expected/]],
    [
      'a value that is too long',
      `[{"a":"${'x'.repeat(300)}"},${good}]`,
      1,
      [/^1\+308 longer than 200 bytes/],
    ],
    [
      'brackets that are too deep',
      `[{"a":${'['.repeat(30)}${']'.repeat(30)}},${good}]`,
      1,
      [/^1\+66 brackets nested more than 20 deep/],
    ],
    [
      'text among lines',
      `${good}\nhello {x} world\nmore\n${good}\n`,
      2,
      [/^9\+21 expected a JSON object or array, found 'h'/],
    ],
    ['zero bytes among lines', `${good}\n\0\0\0\0\n${good}\n`, 2, [/^9\+5 .*byte 0x00/]],
    [
      'a wrapper that is not closed',
      `{"Records":[${good}]\n{"Records":[${good}]}`,
      2,
      [/^22\+0 expected ',' or a closing bracket/],
    ],
  ];
  it.each(cases)('%s', (_, content, count, reasons) => {
    const seen = split(Buffer.from(content));
    expect(values(seen).filter((text) => text === good)).toHaveLength(count);
    expect(values(seen)).toHaveLength(count);
    const found = broken(seen);
    expect(found).toHaveLength(reasons.length);
    for (const [index, reason] of reasons.entries()) expect(found[index]).toMatch(reason);
  });

  it('never takes an object inside a broken record for a record', () => {
    const forged = '{"eventVersion":"1.08","eventName":"Forged"}';
    const seen = split(Buffer.from(`[{"list":[{"x":1},${forged}],"b":2,},{"ok":1}]`));
    expect(values(seen)).toEqual(['{"ok":1}']);
  });
});

describe('the end of the stream', () => {
  it.each([
    ['inside a record', '[{"a":1},{"b":', /^9\+5 the content ends in the middle of a record, at byte 14/],
    [
      'between the records of a list',
      '{"Records":[{"a":1},',
      /^20\+0 the content ends before its list of records is closed/,
    ],
    [
      'after the list, before its object ends',
      '{"Records":[{"a":1}],"x',
      /^23\+0 the content ends before its list/,
    ],
    ['right after an error', '[{"a":1},{"b":}', /^9\+6 expected a value, found '}'/],
    ['right after the byte that is wrong', '[{"a":1},{"b"}', /^9\+5 expected ':', found '}'/],
  ])('%s is said, and what is complete is kept', (_, content, reason) => {
    const seen = split(Buffer.from(content));
    expect(values(seen)).toEqual(['{"a":1}']);
    expect(broken(seen)).toHaveLength(1);
    expect(broken(seen)[0]).toMatch(reason);
  });
});

it('a value of exactly the longest length is whole, one byte more is not', () => {
  const value = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`;
  expect(values(split(Buffer.from(value(200))))).toHaveLength(1);
  expect(broken(split(Buffer.from(value(201))))).toEqual([
    expect.stringContaining('0+201 longer than 200 bytes'),
  ]);
});

it('of a long broken frame only the beginning is kept', () => {
  const [seen] = split(Buffer.from(`{"a":"${'x'.repeat(500)}`));
  expect(seen).toMatchObject({ at: 0, length: 506, kept: 50 });
});

it.each([
  ['that never ends', `"${'x'.repeat(270)}`, [{ at: 0, length: 271 }]],
  [
    'that ends after the limit',
    `"${'x'.repeat(270)}" {"a":1}`,
    [
      { at: 0, length: 272 },
      { at: 273, text: '{"a":1}' },
    ],
  ],
  [
    'with a line break after the limit',
    `"${'x'.repeat(270)}\n{"a":1}`,
    [
      { at: 0, length: 271 },
      { at: 272, text: '{"a":1}' },
    ],
  ],
])('of a text at the top %s every byte past the limit is counted', (_, content, expected) => {
  expect(split(Buffer.from(content))).toMatchObject(expected);
});

const pieces = fc.oneof(
  fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '\n', ' ', 'a', '1', '\0', '\u00e9'),
  fc.constantFrom('{"ok":1}', '{"Records":[', ']}', '"a":', '{"a":', '},{"', '"x"', '[1,2]', '{"a":"b"}\n'),
  fc.constant('x'.repeat(30)),
);
const messy = fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')));

it('gives the same frames however the stream is cut', () => {
  fc.assert(
    fc.property(messy, fc.array(fc.nat(400), { maxLength: 12 }), (content, cuts) => {
      const inside = cuts.filter((cut) => cut < content.length);
      const everywhere = Array.from(content, (_, index) => index);
      const whole = split(content);
      expect(split(content, inside)).toEqual(whole);
      expect(split(content, everywhere)).toEqual(whole);
    }),
    { numRuns: 1500 },
  );
});

it('gives frames in order that do not overlap, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.oneof(messy, fc.uint8Array({ maxLength: 400 })), (content) => {
      let end = 0;
      for (const item of split(content)) {
        expect(item.at).toBeGreaterThanOrEqual(end);
        end = item.at + item.length;
        expect(end).toBeLessThanOrEqual(content.length);
      }
    }),
    { numRuns: 1500 },
  );
});

it('leaves no byte out but separators and what stands around a list of records', () => {
  const noContainers = messy.filter((content) => !content.includes('Records'));
  fc.assert(
    fc.property(noContainers, (content) => {
      const covered = new Uint8Array(content.length);
      for (const item of split(content)) {
        covered.fill(1, item.at, item.at + item.length);
      }
      const left = content.filter((_, index) => covered[index] === 0);
      expect(left.toString()).toMatch(/^[\s,[\]]*$/);
    }),
    { numRuns: 1500 },
  );
});
