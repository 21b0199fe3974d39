import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readAccessFiles } from '../../src/runtime/access-files.ts';
import { trafficSection } from '../../src/runtime/config-traffic.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { botSettingsOf, trafficSettingsOf } from '../../src/runtime/traffic-settings.ts';
import { watchTraffic } from '../../src/runtime/watched-traffic.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import { findFiles } from '../../src/source/files.ts';
import { offenceRuleNames } from '../../src/web/offence-rules.ts';

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const hub = join(data, 'crowdsec-hub-tests');

const reason = z.string().min(10);
const table = z
  .strictObject({
    found: z.record(
      z.string(),
      z
        .strictObject({
          finds: z.array(z.enum(offenceRuleNames)),
          traffic: z.looseObject({}).optional(),
          because: reason.optional(),
        })
        .refine(({ traffic, because }) => (traffic === undefined) === (because === undefined)),
    ),
    missed: z.record(z.string(), reason),
    elsewhere: z.record(z.string(), z.string().min(5)),
  })
  .parse(parse(readFileSync(new URL('crowdsec-scenarios.yml', import.meta.url), 'utf8')));

const manifest = z.array(
  z.object({
    test: z.string(),
    logFile: z.string().nullable(),
    alerts: z.array(z.object({ sources: z.array(z.string()) })).nullable(),
  }),
);

let rules: readonly Rule[];
beforeAll(async () => {
  ({ rules } = await loadRules([join(builtinRules, 'web')]));
});

/** Which rules found which client in a log. */
async function foundIn(
  path: string,
  traffic: object = {},
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const settings = trafficSection.parse(traffic);
  const watched = watchTraffic({
    settings: { ...trafficSettingsOf(settings), seed: 1 },
    bots: botSettingsOf(settings),
    rules,
  });
  await readAccessFiles(
    {
      files: await findFiles([path]),
      clock: () => Date.parse('2026-11-21'),
      onRejection: () => {},
      onProgress: () => {},
    },
    watched.take,
  );
  watched.finish();
  const clients = watched.offences().filter(({ subject }) => subject.type === 'client');
  return new Map(
    [...Map.groupBy(clients, ({ subject }) => subject.value)].map(([client, offences]) => [
      client,
      // A flood that a limit of the configuration sees says which: `flood for one and the same path`.
      new Set(offences.map(({ rule }) => rule.split(' ', 1)[0] ?? rule)),
    ]),
  );
}

describe.skipIf(!existsSync(hub))("the web scenarios of CrowdSec's hub", () => {
  const tests = existsSync(hub)
    ? manifest.parse(JSON.parse(readFileSync(join(hub, 'manifest.json'), 'utf8')))
    : [];
  const expecting = tests.filter(({ alerts }) => (alerts ?? []).length > 0);
  const logOf = (name: string): string =>
    join(hub, name, tests.find(({ test }) => test === name)?.logFile ?? '');

  it('are all in the table, and 95 of 100 are found', () => {
    const { found, missed, elsewhere } = table;
    const named = [found, missed, elsewhere].flatMap((part) => Object.keys(part));
    expect(named.toSorted()).toEqual(expecting.map(({ test }) => test).toSorted());
    const web = Object.keys(found).length + Object.keys(missed).length;
    expect(Object.keys(found).length / web).toBeGreaterThanOrEqual(0.95);
  });

  it.each(Object.entries(table.found))('%s has its sources found', async (name, { finds, traffic }) => {
    const found = await foundIn(logOf(name), traffic);
    const sources =
      expecting.find(({ test }) => test === name)?.alerts?.flatMap((alert) => alert.sources) ?? [];
    expect(sources).not.toEqual([]);
    for (const source of sources) {
      const by = found.get(ipaddr.parse(source).toString()) ?? new Set();
      expect([...by], source).toEqual(
        expect.arrayContaining([finds.find((rule) => by.has(rule)) ?? finds[0]]),
      );
    }
  });

  it.each(Object.keys(table.missed))('%s is missed as the table says', async (name) => {
    expect(await foundIn(logOf(name))).toEqual(new Map());
  });

  it.each([
    'jellyfin-whitelist',
    'jellyseerr-whitelist',
    'overseerr-whitelist',
    'calibre-web-whitelist',
    'nextcloud-whitelist',
  ])('%s expects no alert, and has none that blocks', async (name) => {
    const found = await foundIn(logOf(name));
    expect([...found].filter(([, by]) => !by.has('injection-probe') || by.size > 1)).toEqual([]);
  });
});

describe.skipIf(!existsSync(join(data, 'cloudfront-derived')))('ordinary traffic', () => {
  it.each(['cloudfront-derived', 'weblog-elastic-apache10k'])('%s has no offender at all', async (folder) =>
    expect(await foundIn(join(data, folder))).toEqual(new Map()),
  );
});
