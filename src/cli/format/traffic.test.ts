import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAccessFiles } from '../../runtime/access-files.ts';
import { watchTraffic } from '../../runtime/watched-traffic.ts';
import { findFiles } from '../../source/files.ts';
import { defaultBlockPolicy } from '../../web/block.ts';
import { defaultOutsideAppSettings } from '../../web/bots/outside-app.ts';
import { protectedNetworks } from '../../web/protected-networks.ts';
import { requestsOf, type Wanted } from '../../web/testing/requests.ts';
import { wouldBlock } from '../../web/would-block.ts';
import { renderTraffic, renderTrafficTotals, type TrafficReport } from './traffic.ts';

const examples = fileURLToPath(new URL('../../../examples/access-logs', import.meta.url));
const narrow = { interactive: false, colour: false, width: 80 };
const nothing = {
  records: 0,
  requests: 0,
  rejected: 0,
  outside: 0,
  files: 0,
  filesWithout: 0,
  bytesRead: 0,
  unjudged: 0,
  offencesNotHeld: 0,
};

const blockedNobody = { blocks: [], refusals: [] };
const appAgents = (...agents: readonly string[]) => ({
  outsideApp: { ...defaultOutsideAppSettings, agents },
});

function reportOf(rows: readonly Wanted[]): TrafficReport {
  const traffic = watchTraffic({ settings: { seed: 1 }, bots: appAgents('App/*') });
  traffic.take(requestsOf(rows));
  traffic.finish();
  return {
    board: traffic.board({ top: 5, points: 40 }),
    offences: traffic.offences(),
    lists: {},
    wouldBlock: blockedNobody,
    totals: nothing,
  };
}

describe('the board on a terminal', () => {
  it('of the example is as it was agreed on', async () => {
    const traffic = watchTraffic({ settings: { seed: 1 }, bots: appAgents('ShopApp/*') });
    const tally = await readAccessFiles(
      {
        files: await findFiles([examples]),
        clock: () => Date.parse('2026-03-02T10:00:00Z'),
        onRejection: () => {},
        onProgress: () => {},
      },
      traffic.take,
    );
    traffic.finish();
    const report: TrafficReport = {
      board: traffic.board({ top: 5, points: 40 }),
      offences: traffic.offences(),
      lists: {},
      wouldBlock: wouldBlock(traffic.offences(), defaultBlockPolicy, protectedNetworks([]), () => true),
      totals: { ...tally, ...traffic.counters() },
    };
    const text = renderTraffic(report, 5, narrow) + renderTrafficTotals(report, 100, narrow);
    await expect(text).toMatchFileSnapshot('golden/traffic-80.txt');
    const page = readFileSync(
      fileURLToPath(new URL('../../../docs/access-logs.md', import.meta.url)),
      'utf8',
    );
    const [, shown = ''] = /```text\n([\s\S]*?)```/.exec(page) ?? [];
    expect(shown).not.toBe('');
    expect(renderTraffic(report, 5, { ...narrow, width: 120 })).toContain(shown);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('shows what comes too late to be judged, and says so', () => {
    const traffic = watchTraffic({});
    const hour = 3_600_000;
    for (const time of [9 * hour, 2 * hour])
      traffic.take(requestsOf([{ time, path: '/', client: '192.0.2.1' }]));
    traffic.finish();
    expect(traffic.board({ top: 1, points: 10 }).requests).toBe(2);
    const totals = { ...nothing, ...traffic.counters() };
    const report = {
      board: traffic.board({ top: 1, points: 10 }),
      offences: [],
      lists: {},
      wouldBlock: blockedNobody,
      totals,
    };
    expect(renderTrafficTotals(report, 1, narrow)).toContain('1 request not judged for offences');
  });

  it('uses colours only where the terminal has them', () => {
    const report = reportOf([{ path: '/' }]);
    expect(renderTraffic(report, 5, narrow)).not.toContain('\u001b');
    expect(renderTraffic(report, 5, { ...narrow, colour: true })).toContain('\u001b[1m1 request');
  });

  it('says so where there is nothing', () =>
    expect(renderTraffic(reportOf([]), 5, narrow)).toBe('No requests.\n'));

  it('shows what is hostile instead of doing it', () => {
    const evil = '\u001b[2J\u202e\n\u0007evil';
    const text = renderTraffic(
      reportOf([
        {
          path: `/${evil}`,
          agent: evil,
          method: evil,
          host: evil,
          country: evil,
          status: 404,
          client: '192.0.2.1',
        },
      ]),
      5,
      narrow,
    );
    expect(text).toContain('\\x1b[2J\\u202e\\n\\x07evil');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
