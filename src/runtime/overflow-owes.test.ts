import BetterSqlite3 from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../event/severity.ts';
import type { Owes } from '../store/owed.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleFinding } from '../store/testing/samples.ts';
import { alertLifeTick } from './alert-life.ts';
import { parseConfig } from './config.ts';
import { joiningOf } from './config-joining.ts';
import { overflowOwesOf } from './overflow-owes.ts';
import { owedBy, routerOf } from './routing.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 21, 9, 10);
const account = '111122223333';

const secrets = {
  env: {},
  readFile: () => {
    throw new Error('not asked for');
  },
};

const configOf = (yaml: string) => parseConfig(yaml, 'tocsin.yaml', secrets);

const channels = `
channels:
  pager: { type: file, path: /alerts.jsonl, minSeverity: high }
  slack: { type: file, path: /alerts.jsonl, minSeverity: low }
  mail: { type: file, path: /alerts.jsonl }
`;

const stores: Store[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-overflow-'));
  folders.push(folder);
  return join(folder, 'tocsin.db');
}

/** What a server does with the alerts of one rule that come within an hour, and when that is over. */
async function served(yaml: string, path = ':memory:') {
  const store = await openSqliteStore({ path });
  stores.push(store);
  const untold: Alert[] = [];
  let number = 0;
  let config = configOf(yaml);
  const channelsFor = (alert: Alert) => owedBy(routerOf(config, [])(alert), start);
  return {
    store,
    untold,
    take: async (...severities: readonly Severity[]) => {
      for (const severity of severities) {
        number += 1;
        const alert = sampleFinding(number, number, { group: `${number}`, severity, account });
        await store.commit({
          alerts: [{ alert, channels: channelsFor(alert) }],
          joining: { ...joiningOf(config.alerts), channelsFor },
          now: start,
        });
      }
    },
    /** The hour is over; perhaps the server was started again meanwhile, with another configuration. */
    sumUp: async (anew = yaml) => {
      config = configOf(anew);
      const made: Alert[] = [];
      await alertLifeTick({
        store,
        life: store.life,
        channelsFor,
        overflowOwes: overflowOwesOf(config),
        clock: () => start + hour,
        onNews: (created) => made.push(...created),
        onUntold: (alert) => untold.push(alert),
      });
      const [sum] = made;
      const deliveries = sum === undefined ? [] : await store.deliveries(sum.id);
      return { severity: sum?.severity, channels: deliveries.map(({ channel }) => channel) };
    },
  };
}

describe('what an hour kept back', () => {
  it('is told as what was worst of it, so that a trifle at the end keeps it from nobody', async () => {
    const { take, sumUp } = await served(`alerts: { perHour: 2 }\n${channels}`);
    await take('critical', 'critical', 'critical', 'low');
    expect(await sumUp()).toEqual({ severity: 'critical', channels: ['mail', 'pager', 'slack'] });
  });

  it.each<[name: string, route: string]>([
    ['the account', `when: { tocsin.account: '${account}' }, to: [mail, slack]`],
    ['the region', 'when: { tocsin.region: eu-central-1 }, to: [mail, slack]'],
    ['a field of the record', 'when: { eventName: PutBucketPolicy }, to: [mail, slack]'],
    ['nothing', 'to: [mail, slack]'],
  ])('is told to whom it would have been told, where a route asks for %s', async (_, route) => {
    const { take, sumUp, untold } = await served(
      `alerts: { perHour: 1 }\nroutes: [{ name: team, ${route} }]\n${channels}`,
    );
    await take('high', 'high', 'high');
    expect(await sumUp()).toEqual({ severity: 'high', channels: ['mail', 'slack'] });
    expect(untold).toEqual([]);
  });

  it('is told besides to whom a route sends the sum itself', async () => {
    const rest = '{ name: rest, to: [mail] }';
    const team = `{ name: team, when: { tocsin.account: '${account}' }, to: [slack] }`;
    const { take, sumUp } = await served(`alerts: { perHour: 1 }\nroutes: [${team}, ${rest}]\n${channels}`);
    await take('high', 'high');
    expect((await sumUp()).channels).toEqual(['mail', 'slack']);
  });

  it('is known to be told to nobody, where the channels have gone meanwhile', async () => {
    const routes = `routes: [{ name: team, when: { tocsin.account: '${account}' }, to: [slack] }]`;
    const { take, sumUp, untold, store } = await served(`alerts: { perHour: 1 }\n${routes}\n${channels}`);
    await take('high', 'high');
    const anew =
      'channels: { other: { type: file, path: /alerts.jsonl } }\nroutes: [{ name: none, to: [], when: { tocsin.account: x } }]';
    expect((await sumUp(anew)).channels).toEqual([]);
    expect(untold).toMatchObject([{ severity: 'high' }]);
    expect(await store.life.overflows(start + hour)).toEqual([]);
  });

  it.each<[name: string, later: readonly Severity[], channels: readonly string[], untold: number]>([
    ['goes on from there', ['low'], ['slack'], 0],
    ['is known to be told to nobody, where nothing more came', [], [], 1],
  ])('as an earlier version wrote it, without channels, %s', async (_, later, told, nobody) => {
    const path = newPath();
    const routes = `routes: [{ name: team, when: { tocsin.account: '${account}' }, to: [slack] }]`;
    const { take, sumUp, untold } = await served(`alerts: { perHour: 1 }\n${routes}\n${channels}`, path);
    await take('high', 'high');
    const database = new BetterSqlite3(path);
    database.exec("update rule_pace set detail = json_remove(detail, '$.channels')");
    database.close();
    await take(...later);
    expect(await sumUp()).toEqual({ severity: 'high', channels: told });
    expect(untold).toHaveLength(nobody);
  });
});

describe('who is owed the sum', () => {
  const owes = overflowOwesOf(
    configOf(`
channels:
  pager: { type: file, path: /alerts.jsonl }
  mail: { type: file, path: /alerts.jsonl, digest: { everyMinutes: 60 } }
  team: { type: file, path: /alerts.jsonl }
routes:
  - { name: a, when: { tocsin.account: '${account}' }, to: [team], digest: { everyMinutes: 30 } }
`),
  );
  const cause = { type: 'escalation', route: 'a', step: 1, minutes: 5 } as const;
  const later = { channel: 'pager', due: start + 1, cause };
  const halfPast = start + 20 * 60_000;
  const full = start + 50 * 60_000;

  it.each<[name: string, routed: Owes, kept: readonly string[], owed: Owes]>([
    ['nobody', [], [], []],
    ['a channel', [], ['pager'], [{ channel: 'pager' }]],
    ['one whose name is not there', [], ['gone', 'gone digest', 'toString'], []],
    ['one whom both name', ['pager'], ['pager'], [{ channel: 'pager' }]],
    ['one whom the route of the sum would tell later', [later], ['pager'], [{ channel: 'pager' }]],
    ['one whom only that route would tell later', [later], [], [later]],
    ['the digest of a channel', [], ['mail digest'], [{ channel: 'mail digest', due: full }]],
    ['the digest of a route', [], ['team digest'], [{ channel: 'team digest', due: halfPast }]],
    ['a digest that is none any more', [], ['pager digest'], [{ channel: 'pager' }]],
    ['one at once and in a digest', [], ['team digest', 'team'], [{ channel: 'team' }]],
    ['one in a digest, whom the route tells at once', ['team'], ['team digest'], [{ channel: 'team' }]],
  ])('%s', (_, routed, kept, owed) => {
    expect(owes(routed, kept, start)).toEqual(owed);
  });
});
