import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';
import { record } from '../support/records.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const line = (minute: number, { client = '198.51.100.7', path = '/', status = 200, agent = 'App/1' } = {}) =>
  `${client} - - [02/Mar/2026:08:${String(minute).padStart(2, '0')}:00 +0000] "GET ${path} HTTP/1.1" ${status} 512 "-" "${agent}"`;
const logOf = (...lines: readonly string[]) => `${lines.join('\n')}\n`;
const scanner = Array.from({ length: 120 }, (_, i) =>
  line(20, { client: '203.0.113.66', path: `/x${i}.php`, status: 404 }),
);

beforeAll(() => {
  mkdirSync(at('logs/edge'), { recursive: true });
  writeFileSync(at('logs/edge/a.log'), logOf(line(1), line(3), 'nonsense'));
  writeFileSync(at('logs/b.gz'), gzipSync(logOf(line(2), line(30, { path: '/late' }))));
  writeFileSync(at('logs/c.zst'), zstdCompressSync(logOf(line(5), line(6))));
  writeFileSync(at('scan.log'), logOf(...scanner));
  writeFileSync(at('trail.json'), JSON.stringify({ Records: [record()] }));
});

const count = z.number();
const row = { requests: count, error: count, clientErrors: count, serverErrors: count };
const clientRow = z.strictObject({
  ...row,
  client: z.string(),
  lists: z.array(z.string()),
  sent: count,
  received: count,
});
const urlRow = z.strictObject({
  ...row,
  url: z.string(),
  redirects: count,
  sent: count,
  overRate: count,
  mostOfOneClient: count,
});
const textRow = z.strictObject({ ...row, text: z.string() });
const ranking = z.strictObject({ most: z.array(urlRow), least: z.array(urlRow) });
const amounts = z.strictObject({
  count,
  total: count,
  mean: count.nullable(),
  median: count.nullable(),
  p95: count.nullable(),
  p99: count.nullable(),
  most: count.nullable(),
});

/** What programs may rely on: nothing less, nothing more. */
const document = z.strictObject({
  version: z.literal(1),
  board: z.strictObject({
    first: count.nullable(),
    last: count.nullable(),
    requests: count,
    statuses: z.record(z.enum(['none', '1xx', '2xx', '3xx', '4xx', '5xx']), count),
    sent: amounts,
    received: amounts,
    clients: z.strictObject({
      distinct: count,
      byRequests: z.array(clientRow),
      byErrors: z.array(clientRow),
      byBytes: z.array(clientRow),
    }),
    urls: z.strictObject({
      byRequests: z.array(urlRow),
      redirects: ranking,
      clientErrors: ranking,
      serverErrors: ranking,
      overRate: z.strictObject({ limit: count, window: count, top: z.array(urlRow) }),
    }),
    methods: z.array(textRow.extend({ ordinary: z.boolean() })),
    agents: z.array(textRow),
    outsideApp: z.strictObject({ requests: count, agents: z.array(textRow) }).nullable(),
    hosts: z.array(textRow),
    countries: z.array(textRow),
    series: z.strictObject({
      step: count,
      outside: count,
      points: z.array(
        z.strictObject({
          time: count,
          requests: count,
          clientErrors: count,
          serverErrors: count,
          meanSent: count.nullable(),
        }),
      ),
    }),
    errors: z.record(z.enum(['clients', 'urls', 'agents', 'methods', 'hosts', 'countries']), count),
  }),
  offences: z.array(
    z.strictObject({
      rule: z.string(),
      subject: z.strictObject({ type: z.string(), value: z.string() }),
      start: count,
      first: count,
      last: count,
      count,
      threshold: count,
      window: count,
      severity: z.string(),
      evidence: z.array(z.looseObject({ time: count, status: count, position: count })),
      explanation: z.string(),
    }),
  ),
  lists: z.record(z.string(), z.array(z.string())),
  wouldBlock: z.strictObject({
    blocks: z.array(
      z.looseObject({ subject: z.string(), rule: z.string(), decidedAt: count, expiresAt: count }),
    ),
    refusals: z.array(
      z.strictObject({ subject: z.string(), rule: z.string(), why: z.string(), detail: z.string() }),
    ),
  }),
  totals: z.strictObject({
    records: count,
    requests: count,
    rejected: count,
    outside: count,
    files: count,
    filesWithout: count,
    bytesRead: count,
    unjudged: count,
    offencesNotHeld: count,
  }),
});

async function json(args: readonly string[], input?: string | Uint8Array) {
  const result = await tocsin(['traffic', ...args, '--json'], input === undefined ? {} : { input });
  return { ...result, report: document.parse(JSON.parse(result.stdout)) };
}

describe('tocsin traffic', () => {
  it('reads folders, plain and packed, and shows the sums and what it could not read', async () => {
    const { code, stdout, stderr } = await tocsin(['traffic', at('logs')]);
    expect(code).toBe(0);
    expect(stdout).toContain('6 requests from 2026-03-02 08:01 to 2026-03-02 08:30 UTC');
    expect(stdout).toMatch(/7 records = 6 requests \+ 1 rejected\s+in 3 files/);
    expect(stderr).toMatch(/rejected \S+a\.log at byte \d+: there is no time in brackets/);
    expect(stdout).not.toContain('\u001b');
  });

  it('gives the same to programs, in a form that is kept', async () => {
    const { report, code } = await json([at('logs'), '--app-agents', 'App/*']);
    expect(code).toBe(0);
    expect(report.totals).toMatchObject({ records: 7, requests: 6, rejected: 1, files: 3, unjudged: 0 });
    expect(report.board.urls.byRequests).toMatchObject([
      { url: '/', requests: 5 },
      { url: '/late', requests: 1 },
    ]);
    expect(report.board.outsideApp).toEqual({ requests: 0, agents: [] });
  });

  it('reads from standard input, and only of the time that is asked for', async () => {
    const { report } = await json(
      ['-', '--since', '2026-03-02T08:02:00Z', '--until', '2026-03-02T08:04:00Z'],
      gzipSync(logOf(line(1), line(2), line(3), line(4))),
    );
    expect(report.totals).toMatchObject({ requests: 4, outside: 2 });
    expect(report.board.requests).toBe(2);
  });

  it('tells who scans, with the proof, and ends with 1 where that was asked for', async () => {
    const { report, code } = await json([at('scan.log'), '--fail-on', 'medium']);
    expect(code).toBe(1);
    const found = report.offences.filter(({ subject }) => subject.value === '203.0.113.66');
    expect(found.map(({ rule }) => rule)).toContain('scanner');
    expect(found[0]?.evidence.length).toBeGreaterThan(0);
    const { stdout } = await tocsin(['traffic', at('scan.log')]);
    expect(stdout).toMatch(/^medium\s+203\.0\.113\.66 +2026-03-02 08:\d\d/m);
    expect((await tocsin(['traffic', at('scan.log'), '--fail-on', 'critical'])).code).toBe(0);
  });

  it('shows as many lines as were asked for', async () => {
    const { report } = await json([at('scan.log'), '--top', '7']);
    expect(report.board.urls.byRequests).toHaveLength(7);
  });

  it.each([
    [
      'CloudTrail, and says what reads it',
      ['trail.json'],
      /CloudTrail, by its looks.*'tocsin scan' reads it/,
    ],
    ['a path that is not there', ['nowhere'], /there is no such file or folder/],
    [
      'a format that is not there',
      ['logs', '--format', 'tea'],
      /there is no format 'tea'; there are 'CloudFront/,
    ],
    ['a format that may be several', ['logs', '--format', 'CloudFront s'], /is a part of several names/],
    ['a proxy that is none', ['logs', '--proxies', 'nonsense'], /--proxies: .*is no network/],
    ['a time that is none', ['logs', '--since', 'soon'], /--since: 'soon' is not a time/],
  ])('refuses %s', async (_name, [path = '', ...rest], reason) => {
    const { code, stderr } = await tocsin(['traffic', at(path), ...rest]);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('fault in Tocsin');
  });

  it('takes the format that it is told', async () => {
    const { report } = await json([at('logs'), '--format', 'combined']);
    expect(report.board.requests).toBe(6);
  });

  it('judges as the server with a configuration does, and says whom that would block', async () => {
    const few = scanner.slice(0, 6);
    writeFileSync(at('few.log'), logOf(...few));
    const withFive = (more: string) =>
      `traffic:\n  scanner: { badResponses: { count: 5 } }\n  credentials: { accountKey: env:NOT_SET }\n${more}`;
    writeFileSync(at('strict.yaml'), withFive('channels: { chat: { type: slack, url: env:NOT_SET } }\n'));
    writeFileSync(
      at('kind.yaml'),
      withFive(
        '  rules: { scanner: { minutes: 10 } }\nblocking: { approved: { networks: [203.0.113.0/24] } }\n',
      ),
    );
    const strict = await json([at('few.log'), '--config', at('strict.yaml')]);
    const [block] = strict.report.wouldBlock.blocks;
    expect(block).toMatchObject({ subject: '203.0.113.66', rule: 'scanner' });
    expect((block?.expiresAt ?? 0) - (block?.decidedAt ?? 0)).toBe(4 * 3_600_000);
    const kind = await json([at('few.log'), '--config', at('kind.yaml')]);
    expect(kind.report.offences).toMatchObject([{ rule: 'scanner', count: 6, threshold: 5 }]);
    expect(kind.report.wouldBlock).toMatchObject({ blocks: [], refusals: [{ why: 'protected' }] });
    expect((await json([at('few.log')])).report.wouldBlock).toEqual({ blocks: [], refusals: [] });
    const { stdout } = await tocsin(['traffic', at('few.log'), '--config', at('strict.yaml')]);
    expect(stdout).toMatch(/Would be blocked \(1\)[^]*203\.0\.113\.66 +scanner/);
  });

  it('reads Parquet from files and from a pipe', async () => {
    const column = (name: string, value: string) => ({ name, data: [value, value] });
    const written = [
      column('date', '2026-03-02'),
      column('time', '08:00:00'),
      column('c_ip', '198.51.100.7'),
      column('sc_status', '404'),
    ];
    const file = Buffer.from(parquetWriteBuffer({ columnData: written }));
    writeFileSync(at('log.parquet'), file);
    const lying = await json([at('log.parquet')]);
    expect(lying.report.totals).toMatchObject({ requests: 2, rejected: 0, bytesRead: file.length });
    const piped = await json(['-'], file);
    expect(piped.report.board).toMatchObject({ requests: 2, statuses: { '4xx': 2 } });
  });

  it('shows hostile lines instead of doing what they say', async () => {
    const evil = '\\x1b[2J\\xe2\\x80\\xae';
    const { stdout, stderr } = await tocsin(['traffic', '-'], {
      input: `${logOf(line(1, { path: `/${evil}`, agent: evil }), '\u001b[2J \u202e')}${'z'.repeat(50_000)}\u0000`,
    });
    expect(stdout).toContain('/\\x1b[2J\\u202e');
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
