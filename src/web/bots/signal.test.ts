import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAccessLog } from '../../decode/access/read.ts';
import { clientTable, type ClientTable } from '../clients.ts';
import { offenceKey, type Offence } from '../offence.ts';
import { limitsFor } from '../reputation/limits.ts';
import { readList } from '../reputation/list.ts';
import type { AddressRanges } from '../reputation/range.ts';
import { requestsOf, type Wanted } from '../testing/requests.ts';
import type { CrawlerRanges } from './claims.ts';
import { botSignal, defaultBotSettings, type BotSettings, type BotSignal } from './signal.ts';

const hour = 60 * 60 * 1000;
const noon = Date.parse('2026-01-05T12:00:00Z');
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const googlebot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

function rangesOf(...entries: string[]): AddressRanges {
  const read = readList(Buffer.from(entries.join('\n')), {}, limitsFor('block'));
  if (read.type === 'refused') throw new Error(read.reason);
  return read.contents;
}

function opened(more: Partial<BotSettings> = {}): {
  signal: BotSignal;
  table: ClientTable;
  take: (rows: readonly Wanted[]) => readonly Offence[];
} {
  const table = clientTable({ capacity: 4_096, proxies: [] });
  const signal = botSignal(table, { ...defaultBotSettings, honeypots: ['/trap'], ...more });
  return {
    signal,
    table,
    take: (rows) => {
      const requests = requestsOf(rows);
      const ids = table.idsOf(requests);
      signal.forget?.(table.drainEvicted());
      signal.take(requests, ids);
      signal.tick(Math.max(...rows.map(({ time = 0 }) => time)));
      return signal.offences();
    },
  };
}

const from = (agent: string, more: Wanted = {}): Wanted => ({
  client: '192.0.2.1',
  time: noon,
  path: '/',
  agent,
  ...more,
});
const times = (count: number, row: Wanted): Wanted[] => Array.from({ length: count }, () => row);

describe('bots', () => {
  it.each<[string, Wanted[], string, string, string]>([
    [
      'who asks for the honeypot',
      [from(chrome, { path: '/trap' })],
      'honeypot',
      'medium',
      '192.0.2.1 asked for a path that only robots find (1 request)',
    ],
    [
      'who asks for the honeypot with a slash and a query',
      [from(chrome, { path: '/trap/', query: 'a' })],
      'honeypot',
      'medium',
      '192.0.2.1 asked for a path that only robots find (1 request)',
    ],
    [
      'scanners that say so',
      [from('sqlmap/1.7'), from('gobuster/3.6')],
      'scanner-agent',
      'medium',
      '192.0.2.1 says that it is gobuster and sqlmap (2 requests)',
    ],
    [
      'agents that no program has, when there are many',
      times(30, from('Mozilla/5.0 (${os})')),
      'impossible-agent',
      'low',
      '192.0.2.1 sends an agent that no program has: it has ${ in it, which was to be filled in (30 requests)',
    ],
    [
      'browsers of the future',
      times(30, from(chrome.replace('131', '900'))),
      'impossible-agent',
      'low',
      '192.0.2.1 sends an agent that no program has: Chrome 900 of 2054 (30 requests)',
    ],
    [
      'ancient browsers, when there are many',
      times(300, from(chrome.replace('131', '40'))),
      'ancient-agent',
      'low',
      '192.0.2.1 says that it is Chrome 40 of 2014 (300 requests)',
    ],
    [
      'who sends no agent, when it is often',
      [...times(300, from('')), from(chrome)],
      'empty-agent',
      'low',
      '192.0.2.1 sends no agent (300 requests)',
    ],
  ])('are %s', (_name, rows, rule, severity, explanation) => {
    expect(opened().take(rows)).toEqual([
      expect.objectContaining({
        rule,
        severity,
        explanation,
        subject: { type: 'client', value: '192.0.2.1' },
      }),
    ]);
  });

  it.each<[string, Wanted[]]>([
    ['an ordinary browser', times(1_000, from(chrome))],
    ['a library', times(1_000, from('python-requests/2.31.0'))],
    ['an own app', times(1_000, from('MyApp/7 (iOS)'))],
    ['a scan of the whole internet', times(100, from('Mozilla/5.0 (compatible; CensysInspect/1.1)'))],
    [
      'a path that begins like the honeypot',
      [from(chrome, { path: '/trapeze' }), from(chrome, { path: '/tra' })],
    ],
    [
      'a few odd agents',
      [
        ...times(29, from('undefined')),
        ...times(299, from('Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)')),
      ],
    ],
    ['logs that do not tell agents', times(1_000, from(''))],
    ['rows without a client', [from('sqlmap/1', { client: 'x' })]],
    ['rows without a time', [from('sqlmap/1', { time: Number.NaN })]],
  ])('are not %s', (_name, rows) => {
    expect(opened().take(rows)).toEqual([]);
  });

  it('may be ancient in one year and young in another', () => {
    const old = 'Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0';
    const at = (date: string): readonly Offence[] =>
      opened().take(times(300, from(old, { time: Date.parse(date) })));
    expect(at('2015-05-17')).toEqual([]);
    expect(at('2026-01-05')).toMatchObject([{ rule: 'ancient-agent' }]);
    expect(at('2010-01-05')).toMatchObject([{ rule: 'impossible-agent' }]);
  });

  describe('that say they are a crawler', () => {
    const claim = (client: string, agent = googlebot): Wanted[] => times(10, from(agent, { client }));

    it('are nothing where nobody supplied addresses', () => {
      const { signal, take } = opened();
      expect(take(claim('192.0.2.1'))).toEqual([]);
      expect(signal.counters.claims).toEqual({ verified: 0, false: 0, unverified: 10 });
    });

    it('are verified by the published addresses, or found false', () => {
      const { signal, table, take } = opened();
      signal.use({ googlebot: rangesOf('192.0.2.0/28') });
      expect(take([...claim('192.0.2.1'), ...claim('192.0.2.16')])).toMatchObject([
        {
          rule: 'false-crawler',
          severity: 'low',
          subject: { value: '192.0.2.16' },
          explanation:
            '192.0.2.16 says that it is Googlebot, and does not come from its published addresses (10 requests)',
        },
      ]);
      const [real = -1, other = -1] = table.idsOf(
        requestsOf([{ client: '192.0.2.1' }, { client: '192.0.2.16' }]),
      );
      expect(signal.crawlerOf(real)).toBe('googlebot');
      expect(signal.crawlerOf(other)).toBeUndefined();
    });

    it('stay unverified where addresses of the other family or of another crawler are all there is', () => {
      const { signal, take } = opened();
      signal.use({ googlebot: rangesOf('192.0.2.0/28') });
      expect(take(claim('2001:db8::1'))).toEqual([]);
      expect(take(claim('203.0.113.1', 'Mozilla/5.0 (compatible; bingbot/2.0)'))).toEqual([]);
      expect(signal.counters.claims.unverified).toBe(20);
    });

    it('may look into the honeypot only where they are verified', () => {
      const { signal, take } = opened();
      signal.use({ googlebot: rangesOf('192.0.2.0/28') });
      expect(take([from(googlebot, { path: '/trap' })])).toEqual([]);
      expect(take([from(googlebot, { path: '/trap', client: '203.0.113.1' })])).toMatchObject([
        { rule: 'honeypot' },
        { rule: 'false-crawler' },
      ]);
    });
  });

  it('tells of requests from outside the app', () => {
    const { signal, take } = opened({
      outsideApp: { ...defaultBotSettings.outsideApp, agents: ['MyApp/*'], learning: 2 },
    });
    const app = from('MyApp/7');
    for (let i = 0; i < 4; i++) take([...times(200, { ...app, time: noon + i * 10 * 60_000 })]);
    take([...times(100, from('curl/8', { time: noon + 40 * 60_000 })), { ...app, time: noon + 40 * 60_000 }]);
    signal.tick(Infinity);
    expect(signal.offences()).toMatchObject([{ rule: 'outside-app', count: 100 }]);
  });

  it('stays within its bounds under agents and clients without end', () => {
    const { signal, take } = opened();
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      from(`sqlmap/${i}`, { client: `198.18.${i >> 8}.${i & 255}` }),
    );
    for (let batch = 0; batch < 10; batch++)
      take(
        rows.map((row, i) => ({
          ...row,
          agent: `sqlmap/${batch}.${i}`,
          client: `198.${20 + batch}.${i >> 8}.${i & 255}`,
        })),
      );
    expect(signal.counters.judgedAgents).toBe(30_000);
    expect(signal.counters.crowdedOut).toBeGreaterThan(5_000);
  });

  it('are found the same in requests that come shuffled and an hour late', () => {
    const rows = fc.array(
      fc.record({
        client: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'),
        time: fc.integer({ min: 0, max: 26 * hour }).map((ms) => noon + ms),
        agent: fc.constantFrom('sqlmap/1', chrome, 'undefined', googlebot),
        path: fc.constantFrom('/', '/trap'),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.integer({ min: 0, max: hour - 1 })), (requests, delays) => {
        const late = requests
          .map((row) => ({ row, at: row.time + (delays.next().value ?? 0) }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ row }) => row);
        expect(found(late)).toEqual(found(requests.toSorted((a, b) => a.time - b.time)));
      }),
    );
  });
});

/** The last word on every offence, the evidence's places aside. */
function found(rows: readonly Wanted[]): unknown {
  const { rules } = defaultBotSettings;
  const { signal, take } = opened({
    rules: { ...rules, 'impossible-agent': { ...rules['impossible-agent'], threshold: 2 } },
  });
  const last = new Map<string, Offence>();
  const keep = (offences: readonly Offence[]): void => {
    for (const offence of offences) last.set(offenceKey(offence), offence);
  };
  for (const row of rows) keep(take([row]));
  signal.tick(Infinity);
  keep(signal.offences());
  expect(signal.counters.late).toBe(0);
  return [...last]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, offence]) => ({
      ...offence,
      evidence: offence.evidence.map(({ time }) => time),
    }));
}

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** What default settings find in a log. */
async function inLog(
  chunks: AsyncIterable<Uint8Array>,
  ranges: CrawlerRanges = {},
): Promise<{ offences: Offence[]; rows: number; signal: BotSignal }> {
  const table = clientTable({ capacity: 100_000, proxies: [] });
  const signal = botSignal(table, defaultBotSettings);
  signal.use(ranges);
  let rows = 0;
  let latest = -Infinity;
  for await (const { requests } of readAccessLog(chunks, { source: 'file', object: 'log', receivedAt: 0 })) {
    rows += requests.count;
    signal.take(requests, table.idsOf(requests));
    for (let row = 0; row < requests.count; row++) latest = Math.max(latest, requests.time[row] ?? latest);
    signal.tick(latest);
  }
  signal.tick(Infinity);
  return { offences: [...signal.offences()], rows, signal };
}

describe.skipIf(!existsSync(join(data, 'weblog-elastic-apache10k')))('ordinary traffic', () => {
  const file = (folder: string): string => {
    const [name = ''] = readdirSync(join(data, folder)).filter((each) => each.endsWith('.gz'));
    return join(data, folder, name);
  };

  it.each(['weblog-elastic-apache10k', 'cloudfront-derived'])('%s holds nothing to block', async (folder) => {
    const { offences, rows } = await inLog(createReadStream(file(folder)));
    expect(rows).toBeGreaterThan(5_400);
    expect(offences.filter(({ severity }) => severity !== 'low' && severity !== 'informational')).toEqual([]);
    expect(offences.map(({ rule, subject }) => `${rule} ${subject.value}`)).toEqual([]);
  });

  it('has crawlers that come from where their owners say', async () => {
    const list = (name: string): AddressRanges =>
      rangesOf(readFileSync(join(data, 'reputation-lists/ipranges-cc0', name), 'utf8'));
    const { offences, signal } = await inLog(createReadStream(file('weblog-elastic-apache10k')), {
      googlebot: list('googlebot-ipv4.txt'),
      bingbot: list('bing-ipv4.txt'),
    });
    expect(signal.counters.claims.verified).toBeGreaterThan(400);
    expect(offences.filter(({ severity }) => severity === 'medium')).toEqual([]);
  });
});

const hub = join(data, 'crowdsec-hub-tests');

describe.skipIf(!existsSync(hub))('published logs of bad agents', () => {
  it.each(['nginx-bad-user-agent', 'bunkerweb-bad-user-agent'])('%s', async (name) => {
    const [log = ''] = readdirSync(join(hub, name)).filter((each) => each.endsWith('.log'));
    const packed = gzipSync(readFileSync(join(hub, name, log)));
    const chunks = (async function* () {
      yield await Promise.resolve(packed);
    })();
    const { offences } = await inLog(chunks);
    expect(offences).toMatchObject([{ rule: 'scanner-agent', subject: { value: '127.0.0.1' }, count: 3 }]);
  });
});
