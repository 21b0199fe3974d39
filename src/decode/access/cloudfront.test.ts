import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { standardFields } from './cloudfront-fields.ts';
import { readAccessLog } from './read.ts';
import { holdsForEveryFormat } from './testing/properties.ts';
import { rowsOf } from './testing/rows.ts';

const values: Readonly<Record<string, string>> = {
  date: '2026-01-05',
  time: '10:00:03',
  'x-edge-location': 'FRA56-P1',
  'sc-bytes': '14872',
  'c-ip': '198.51.100.7',
  'cs-method': 'GET',
  'cs(Host)': 'd111111abcdef8.cloudfront.net',
  'cs-uri-stem': '/blog/tags/a',
  'sc-status': '404',
  'cs(Referer)': 'https://www.example.com/%2520',
  'cs(User-Agent)': 'Mozilla/5.0%20(X11;%20Linux%20x86_64)',
  'cs-uri-query': 'flav=rss20&x=%27',
  'x-edge-result-type': 'Error',
  'x-edge-request-id': 'bd1d96c303ed15e55781857af52cda8749ecfcd10a580eb1bafc==',
  'x-host-header': 'www.example.com',
  'cs-protocol': 'https',
  'cs-bytes': '300',
  'time-taken': '0.125',
  'x-forwarded-for': '203.0.113.9',
};
const lineOf = (fields: readonly string[], own: Readonly<Record<string, string>> = {}): string =>
  fields.map((field) => own[field] ?? values[field] ?? '-').join('\t');
const headOf = (fields: readonly string[]): string => `#Version: 1.0\n#Fields: ${fields.join(' ')}`;
const expected = {
  time: Date.parse('2026-01-05T10:00:03Z'),
  status: 404,
  sent: 14872,
  received: 300,
  taken: 125,
  client: '198.51.100.7',
  forwarded: '203.0.113.9',
  method: 'GET',
  host: 'www.example.com',
  path: '/blog/tags/a',
  query: 'flav=rss20&x=%27',
  agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  referrer: 'https://www.example.com/%20',
  id: 'bd1d96c303ed15e55781857af52cda8749ecfcd10a580eb1bafc==',
  action: 'Error',
  country: '',
  rule: '',
  labels: '',
};

describe('CloudFront standard logs', () => {
  it.each([
    ['all fields of today', standardFields],
    ['the 23 fields of before', standardFields.slice(0, 23)],
    ['the 26 fields between', standardFields.slice(0, 26)],
    ['the fields in another order', standardFields.toReversed()],
    ['only the fields that are read', Object.keys(values)],
    ['fields that we have never heard of', ['x-new', ...standardFields, 'x-newer']],
  ])('%s', async (_name, fields) => {
    const { rows, rejections, records } = await rowsOf(`${headOf(fields)}\n${lineOf(fields)}\n`);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([expected]);
    expect(records).toBe(1);
  });

  it.each([
    ['with tabs', '\t'],
    ['with spaces', ' '],
    ['with commas', ','],
    ['with bars', '|'],
  ])('plain text %s and a first line of names (version 2)', async (_name, delimiter) => {
    const fields = standardFields.slice(0, 20);
    const own = { 'cs(User-Agent)': 'curl/8.5.0' };
    const text = [fields.join('\t'), lineOf(fields, own)].join('\n').replaceAll('\t', delimiter);
    expect(await rowsOf(text)).toEqual({
      rows: [{ ...expected, agent: 'curl/8.5.0' }],
      rejections: [],
      records: 1,
    });
  });

  it.each<[name: string, own: Readonly<Record<string, string>>, part: object]>([
    [
      'an agent that was encoded twice',
      { 'cs(User-Agent)': 'Mozilla/5.0%2520(Windows%2520NT%25205.1)' },
      { agent: 'Mozilla/5.0 (Windows NT 5.1)' },
    ],
    [
      'an agent that has %20 in it itself',
      { 'cs(User-Agent)': 'My%2520App/1%20CFNetwork/1' },
      { agent: 'My%20App/1 CFNetwork/1' },
    ],
    [
      'proxies on the way',
      { 'x-forwarded-for': '203.0.113.9,%20192.0.2.1' },
      { forwarded: '203.0.113.9, 192.0.2.1' },
    ],
    ['a quote in an agent', { 'cs(User-Agent)': '%22a%22' }, { agent: '"a"' }],
    ['a client of version 6', { 'c-ip': '2001:db8::7' }, { client: '2001:db8::7' }],
    ['a client that was gone before the answer', { 'sc-status': '000' }, { status: 0 }],
    [
      'sizes that are not known',
      { 'sc-bytes': '-', 'cs-bytes': '-', 'time-taken': '-' },
      { sent: Number.NaN },
    ],
    ['no query', { 'cs-uri-query': '-' }, { query: '' }],
    ['a path that is a dash', { 'cs-uri-stem': '/-' }, { path: '/-' }],
    ['a leap day', { date: '2024-02-29' }, { time: Date.parse('2024-02-29T10:00:03Z') }],
  ])('%s', async (_name, own, part) => {
    const { rows } = await rowsOf(`${headOf(standardFields)}\n${lineOf(standardFields, own)}\n`);
    expect(rows).toEqual([expect.objectContaining(part)]);
  });

  it('a second header counts from there on, as where files were put together', async () => {
    const other = standardFields.toReversed();
    const text = [headOf(standardFields), lineOf(standardFields), headOf(other), lineOf(other)].join('\n');
    expect((await rowsOf(text)).rows).toEqual([expected, expected]);
  });

  it('a file that is read from the middle has the fields of version 1', async () => {
    const text = `${lineOf(standardFields)}\n${lineOf(standardFields.slice(0, 23))}\n`;
    expect((await rowsOf(text)).rows).toEqual([expected, expected]);
  });

  it('Windows line ends change nothing', async () => {
    const text = `${headOf(standardFields)}\n${lineOf(standardFields)}\n`.replaceAll('\n', '\r\n');
    expect((await rowsOf(text)).rows).toEqual([expected]);
  });

  it.each([
    ['a line that is cut', lineOf(standardFields).slice(0, 100), '10 fields where 33 are named'],
    ['a tab too many', lineOf(standardFields, { 'cs-uri-query': 'a\tb' }), '34 fields where 33 are named'],
    [
      'a day that there is not',
      lineOf(standardFields, { date: '2026-02-30' }),
      'date and time cannot be read',
    ],
    [
      'an hour that there is not',
      lineOf(standardFields, { time: '24:00:00' }),
      'date and time cannot be read',
    ],
    ['no time at all', lineOf(standardFields, { time: '-' }), 'date and time cannot be read'],
    ['text', 'hello', '1 fields where 33 are named'],
  ])('refuses %s with the reason, and goes on', async (_name, broken, reason) => {
    const { rows, rejections, records } = await rowsOf(
      [headOf(standardFields), broken, lineOf(standardFields)].join('\n'),
    );
    expect(rows).toEqual([expected]);
    expect(rejections).toEqual([expect.stringContaining(reason)]);
    expect(records).toBe(2);
  });

  it('says so where the header has no time or client', async () => {
    const fields = standardFields.filter((field) => field !== 'time' && field !== 'c-ip');
    const { rejections } = await rowsOf(`${headOf(fields)}\n${lineOf(fields)}\n`);
    expect(rejections).toEqual([expect.stringContaining('no date and time, no c-ip')]);
  });

  it('holds what every format does', () =>
    holdsForEveryFormat(
      [headOf(standardFields)],
      Array.from({ length: 30 }, (_, i) =>
        lineOf(standardFields, { 'cs-uri-stem': `/${'x'.repeat(i * 7)}` }),
      ),
    ));
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
describe.each([
  ['a log of 2016', `${data}/aws-format-samples/cloudfront-webreadr.log`, 2],
  ['a log of today', `${data}/cloudfront-derived/E2EXAMPLE.benign-a.gz`, 5478],
])('%s', (_name, file, count) => {
  it.skipIf(!existsSync(file))('is read to its last line', async () => {
    const origin = { source: 'file', object: file, receivedAt: 0 };
    let requests = 0;
    const odd: string[] = [];
    for await (const batch of readAccessLog(createReadStream(file), origin)) {
      requests += batch.requests.count;
      odd.push(...batch.rejections.map(({ reason }) => reason));
    }
    expect([requests, odd]).toEqual([count, []]);
  });
});
