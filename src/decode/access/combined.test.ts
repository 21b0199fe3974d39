import { existsSync, readdirSync, createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textAt } from '../../event/requests.ts';
import { logOf, rowsOf } from './testing/rows.ts';
import { readAccessLog } from './read.ts';

const agent = 'Mozilla/5.0 (X11; Linux x86_64)';
const line = (request: string, more = `"-" "${agent}"`): string =>
  `198.51.100.7 - - [18/Jul/2023:13:44:16 +0200] "${request}" 404 512 ${more}`;

describe('the combined log format', () => {
  it.each([
    [
      'a request',
      line('GET /a?b=c HTTP/1.1'),
      { client: '198.51.100.7', method: 'GET', path: '/a', query: 'b=c', agent, referrer: '' },
    ],
    ['a target without query', line('GET / HTTP/2.0'), { path: '/', query: '' }],
    ['a target with spaces, as it came', line('GET /a b HTTP/1.1'), { path: '/a b' }],
    ['an old request without a protocol', line('GET /old'), { method: 'GET', path: '/old' }],
    ['garbage instead of a request', line('\\x16\\x03\\x01'), { method: '', path: '\u0016\u0003\u0001' }],
    ['a quote inside the agent', line('GET / HTTP/1.1', '"-" "a \\"b\\" c"'), { agent: 'a "b" c' }],
    ['a backslash at the end of the agent', line('GET / HTTP/1.1', '"-" "a\\\\"'), { agent: 'a\\' }],
    ['UTF-8 that the server escaped', line('GET /caf\\xc3\\xa9 HTTP/1.1'), { path: '/café' }],
    ['percent signs that the client sent', line('GET /%2e%2e/ HTTP/1.1'), { path: '/%2e%2e/' }],
    [
      'an address of version 6',
      line('GET / HTTP/1.1').replace('198.51.100.7', '2001:db8::7'),
      { client: '2001:db8::7' },
    ],
    [
      'the common format',
      '198.51.100.7 - bob [18/Jul/2023:13:44:16 +0200] "GET / HTTP/1.0" 404 512',
      { path: '/', agent: '' },
    ],
    [
      'the virtual host in front',
      `www.example.com ${line('GET / HTTP/1.1')}`,
      { host: 'www.example.com', client: '198.51.100.7' },
    ],
    [
      'the virtual host and its port in front',
      `cafe.de:443 ${line('GET / HTTP/1.1')}`,
      { host: 'cafe.de', client: '198.51.100.7' },
    ],
    [
      'a virtual host that is an address itself',
      `203.0.113.1 ${line('GET / HTTP/1.1')}`,
      { host: '203.0.113.1', client: '198.51.100.7' },
    ],
    [
      'what syslog puts in front',
      `Sep 15 16:13:46 web-1 nginx[2869]: ${line('GET / HTTP/1.1')}`,
      { host: '', client: '198.51.100.7' },
    ],
    [
      'a client by name',
      line('GET /').replace('198.51.100.7', 'host.example.net'),
      { client: 'host.example.net' },
    ],
    [
      'a user name with an address and a bracket in it',
      line('GET / HTTP/1.1').replace('- -', '- : 10.0.0.1 [18/Jul/2001:00:00:00 +0000] a'),
      { client: '198.51.100.7', path: '/' },
    ],
    ['fields that a server appends', `${line('GET / HTTP/1.1')} "203.0.113.9" rt=0.003`, { agent }],
  ])('%s', async (_name, text, expected) => {
    const { rows, rejections } = await rowsOf(text);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([
      expect.objectContaining({
        status: 404,
        sent: 512,
        time: Date.parse('2023-07-18T11:44:16Z'),
        ...expected,
      }),
    ]);
  });

  it.each([
    [
      'a line without quotes',
      '198.51.100.7 - - [18/Jul/2023:13:44:16 +0200] hello',
      'no time in brackets with a request in quotes',
    ],
    ['a month that there is not', line('GET /').replace('Jul', 'Jux'), 'the time in brackets cannot be read'],
    [
      'a request that is not closed',
      '198.51.100.7 - - [18/Jul/2023:13:44:16 +0200] "GET / 404 512',
      'not closed by a quote',
    ],
    ['a stray word', 'hello', 'there is no time in brackets'],
    [
      'a day that there is not',
      line('GET /').replace('18/Jul', '31/Jun'),
      'the time in brackets cannot be read',
    ],
    [
      'a line that begins with the time',
      line('GET /').replace('198.51.100.7 - - ', ' '),
      'there is no client address',
    ],
  ])('refuses %s with the reason, and goes on', async (_name, broken, reason) => {
    const { rows, rejections, records } = await rowsOf(
      [line('GET /1 HTTP/1.1'), broken, line('GET /2 HTTP/1.1')].join('\n'),
    );
    expect(rows.map(({ path }) => path)).toEqual(['/1', '/2']);
    expect(rejections).toEqual([expect.stringContaining(reason)]);
    expect(records).toBe(3);
  });

  it('reads the same whatever way the file is cut, packed or plain', async () => {
    const text = logOf(40, (i) => line(`GET /${'x'.repeat(i * 7)}?${i} HTTP/1.1`));
    const { rows } = await rowsOf(text);
    expect(rows).toHaveLength(40);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 6 }),
        fc.boolean(),
        async (cuts, packed) => {
          const bytes = packed ? gzipSync(text) : Buffer.from(text);
          const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
          const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
          expect((await rowsOf(chunks)).rows).toEqual(rows);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never loses count of damaged lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constant(line('GET / HTTP/1.1')),
            fc.string({ unit: 'binary' }).map((s) => s.replace(/[\n\r]/g, ' ')),
          ),
        ),
        async (lines) => {
          const text = [line('GET /first HTTP/1.1'), ...lines].join('\n');
          const { rows, rejections, records } = await rowsOf(text);
          expect(rows.length + rejections.length).toBe(records);
          expect(records).toBe(1 + lines.filter((one) => one !== '').length);
        },
      ),
    );
  });

  it('says where a line that is too long begins, and goes on', async () => {
    const text = `${line('GET /1 HTTP/1.1')}\n${'x'.repeat(3_000_000)}\n${line('GET /2 HTTP/1.1')}\n`;
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: 40 }, (_, i) => bytes.subarray(i * 80_000, (i + 1) * 80_000));
    const { rows, rejections } = await rowsOf(chunks);
    expect(rows.map(({ path }) => path)).toEqual(['/1', '/2']);
    expect(rejections).toEqual([expect.stringContaining('a line of 3000001 bytes')]);
  });
});

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const real = `${data}/weblog-elastic-apache10k`;
describe.skipIf(!existsSync(real))('a real log', () => {
  it('is read to its last line', async () => {
    const [name = ''] = readdirSync(real).filter((file) => file.endsWith('.gz'));
    let requests = 0;
    const odd: string[] = [];
    const agents = new Set<string>();
    const origin = { source: 'file', object: name, receivedAt: 0 };
    for await (const batch of readAccessLog(createReadStream(`${real}/${name}`), origin)) {
      requests += batch.requests.count;
      odd.push(...batch.rejections.map(({ reason }) => reason));
      for (let row = 0; row < batch.requests.count; row++) agents.add(textAt(batch.requests, 'agent', row));
    }
    expect([requests, odd]).toEqual([5477, ['the user agent is not closed by a quote']]);
    expect(agents.size).toBeGreaterThan(300);
  });
});
