import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardFields } from './cloudfront-fields.ts';
import { cloudFrontFormat, cloudFrontLines } from './cloudfront.ts';
import { lineReader, type AccessFormat } from './format.ts';
import { rowsOf } from './testing/rows.ts';

const values: Readonly<Record<string, string>> = {
  date: '2026-01-05',
  time: '10:00:03',
  timestamp: '1767607203.123',
  'sc-bytes': '14872',
  'c-ip': '198.51.100.7',
  'cs-method': 'GET',
  'cs-uri-stem': '/a',
  'sc-status': '404',
  'cs(User-Agent)': 'Mozilla/5.0%20(X11)',
  'x-host-header': 'www.example.com',
  'cs-bytes': '300',
  'time-taken': '0.125',
};
const lineOf = (fields: readonly string[], own: Readonly<Record<string, string>> = {}): string =>
  fields.map((field) => own[field] ?? values[field] ?? '-').join('\t');
const combined =
  '203.0.113.9 - - [05/Jan/2026:10:00:00 +0000] "GET /b?c=d HTTP/1.1" 500 12 "https://example.com/" "agent" "192.0.2.1"';
const headOf = (fields: readonly string[]): string => `#Version: 1.0\n#Fields: ${fields.join(' ')}`;

const plainFormat: AccessFormat = {
  ...cloudFrontFormat,
  open: () => lineReader(cloudFrontLines().readLine),
};

/** Everything of a log twice: once so that the scanner reads what it can, and once by the plain reader alone. */
async function bothWays(text: string): Promise<{ readonly scanned: unknown; readonly plain: unknown }> {
  const bytes = Buffer.from(text, 'latin1');
  const chunks = Array.from({ length: 20 }, (_, i) => {
    const size = Math.ceil(bytes.length / 20);
    return bytes.subarray(i * size, (i + 1) * size);
  });
  const scanned = await rowsOf(bytes);
  expect(await rowsOf(chunks)).toEqual(scanned);
  return { scanned, plain: await rowsOf(bytes, { format: plainFormat }) };
}

/** Enough good lines that the scanner is used, whatever else there is. */
const filling = (fields: readonly string[]): readonly string[] =>
  Array.from({ length: 400 }, (_, i) =>
    lineOf(fields, { 'cs-uri-stem': `/${i}`, 'sc-bytes': String(i * 7919) }),
  );

describe('the scanner reads as the plain reader does', () => {
  it.each<[name: string, lines: readonly string[]]>([
    ['good lines', []],
    ['an empty line', ['']],
    ['a carriage return at the end', [`${lineOf(standardFields)}\r`]],
    ['a comment', ['# hello']],
    ['a line that is cut', [lineOf(standardFields).slice(0, 60)]],
    ['fields too many', [`${lineOf(standardFields)}\tx`]],
    ...[100, 223, 254, 287, 288, 320, 1_000, 5_000].map((more): [string, string[]] => [
      `${more} fields too many`,
      [`${lineOf(standardFields)}${'\tx'.repeat(more)}`, '\t'.repeat(more)],
    ]),
    [
      'another header',
      [headOf(standardFields.toReversed()), lineOf(standardFields.toReversed()), headOf(standardFields)],
    ],
    [
      'a header of fewer fields',
      [headOf(standardFields.slice(0, 12)), lineOf(standardFields.slice(0, 12)), headOf(standardFields)],
    ],
    ['a header without times', [headOf(['c-ip', 'sc-status']), '198.51.100.7\t200', headOf(standardFields)]],
    [
      'a header of more fields than the scanner knows',
      [headOf([...standardFields, ...Array.from({ length: 300 }, () => 'x')]), 'x', headOf(standardFields)],
    ],
    [
      'a line longer than the scanner holds',
      [lineOf(standardFields, { 'cs-uri-stem': `/${'x'.repeat(300_000)}` })],
    ],
    [
      'a line as long as the scanner holds',
      [lineOf(standardFields, { 'cs-uri-stem': `/${'x'.repeat(262_000)}` })],
    ],
    ...[
      '2026-02-29',
      '2024-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-01',
      '2026-01-00',
      '1969-12-31',
      '1970-01-01',
      '2000-02-29',
      '2100-02-29',
      '9999-12-31',
      '2026/01/05',
      '2026-1-5',
      '-',
      '',
    ].map((date): [string, string[]] => [`the date '${date}'`, [lineOf(standardFields, { date })]]),
    ...['00:00:00', '23:59:60', '24:00:00', '10:60:00', '10:00:61', '10-00-00', '1:00:00', '-', ''].map(
      (time): [string, string[]] => [`the time '${time}'`, [lineOf(standardFields, { time })]],
    ),
    ...['000', '99', '100', '999', '1000', '20x', '-', '', '-1'].map((status): [string, string[]] => [
      `the status '${status}'`,
      [lineOf(standardFields, { 'sc-status': status })],
    ]),
    ...[
      '-',
      '',
      '0',
      '00',
      '12345678901234567890',
      '9'.repeat(400),
      '1.5',
      'x',
      '.5',
      '1.2.3',
      '0.1',
      '0.001',
      '12345678',
      '123456789',
      '1234567x',
      'x2345678',
      '1234/678',
      '12:4',
      '1\u00b3',
      '999999999999999',
      '1000000000000000',
      '1000000000000001',
      '0000000000000001',
      '00000000000000001',
      '123456789012345.6',
      '12345678901234.56',
      '.00000000000000001',
      '1234567890.1234567',
    ].map((size): [string, string[]] => [
      `the number '${size.slice(0, 30)}'`,
      [lineOf(standardFields, { 'sc-bytes': size, 'cs-bytes': size, 'time-taken': size })],
    ]),
  ])('%s', async (_name, lines) => {
    const text = [headOf(standardFields), ...lines, ...filling(standardFields), ...lines].join('\n');
    const { scanned, plain } = await bothWays(text);
    expect(scanned).toEqual(plain);
  });

  it('more rows than a batch holds', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      lineOf(standardFields.slice(0, 24), { 'sc-bytes': String(i) }),
    );
    const { rows } = await rowsOf([headOf(standardFields.slice(0, 24)), ...lines].join('\n'));
    expect(rows.map(({ sent }) => sent)).toEqual(lines.map((_, i) => i));
  });

  it('times as seconds with a fraction', async () => {
    const fields = ['timestamp', ...standardFields.slice(2, 26)];
    const lines = [
      '0',
      '1.0005',
      '1767607203.1235',
      '1767607203123',
      '99999999999.9999',
      '1e9',
      '9'.repeat(30),
      '-',
    ].map((timestamp) => lineOf(fields, { timestamp }));
    const { scanned, plain } = await bothWays([headOf(fields), ...lines, ...filling(fields)].join('\n'));
    expect(scanned).toEqual(plain);
  });

  it('one log after another that has more columns', async () => {
    const few = ['date', 'time', 'c-ip', 'x-edge-location', 'cs-uri-stem', 'sc-status'];
    const log = [headOf(few), ...Array.from({ length: 1_000 }, () => lineOf(few))].join('\n');
    const { scanned, plain } = await bothWays(log);
    const all = Object.fromEntries(standardFields.map((field) => [field, values[field] ?? field]));
    const full = Array.from({ length: 1_000 }, () => lineOf(standardFields, all));
    await rowsOf([headOf(standardFields), ...full].join('\n'));
    await rowsOf(Array.from({ length: 1_000 }, () => combined).join('\n'));
    expect(await bothWays(log)).toEqual({ scanned, plain });
    expect(scanned).toEqual(plain);
    const changing = [headOf(standardFields), ...full, headOf(few), lineOf(few), log, ...full].join('\n');
    const both = await bothWays(changing);
    expect(both.scanned).toEqual(both.plain);
  });

  it('lines that are damaged anywhere', async () => {
    const good = lineOf(standardFields);
    const damaged = fc
      .tuple(fc.nat(good.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 6 }))
      .map(([at, cut, put]) => `${good.slice(0, at)}${put}${good.slice(at + cut)}`);
    await fc.assert(
      fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 30 }), async (lines) => {
        const { scanned, plain } = await bothWays(
          [headOf(standardFields), ...filling(standardFields), ...lines, ...filling(standardFields)].join(
            '\n',
          ),
        );
        expect(scanned).toEqual(plain);
      }),
      { numRuns: 25 },
    );
  });
});
