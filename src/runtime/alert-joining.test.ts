import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { parseRules } from '../sigma/parse.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { alertLifeTick } from './alert-life.ts';
import { parseConfig } from './config.ts';
import { groupsOf, joiningOf } from './config-joining.ts';
import { createEngine } from './engine.ts';
import { createIngest } from './ingest.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { overflowOwesOf } from './overflow-owes.ts';
import { createSuppressing, searchProblem } from './suppressing.ts';

const start = Date.UTC(2026, 10, 21, 9, 10);
const minute = 60_000;
const ruleId = '6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11';

const rulesWith = (tocsin: string) =>
  parseRules(
    `
title: A bucket was removed
id: ${ruleId}
logsource: { product: aws, service: cloudtrail }
detection:
  selection: { eventName: DeleteBucket }
  condition: selection
level: medium
${tocsin}
`,
    'rule.yml',
  ).rules;

interface Call {
  readonly session?: string;
  readonly bucket?: string;
  readonly account?: string;
  readonly failed?: boolean;
}

const record = (
  number: number,
  at: number,
  { session = 'ci-1', bucket = 'invoices', account = '111122223333', failed = false }: Call,
) => ({
  eventVersion: '1.11',
  eventID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  eventTime: new Date(start + at * minute).toISOString(),
  eventSource: 's3.amazonaws.com',
  eventName: 'DeleteBucket',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '198.51.100.7',
  recipientAccountId: account,
  eventType: 'AwsApiCall',
  ...(failed && { errorCode: 'AccessDenied' }),
  requestParameters: { bucketName: bucket },
  userIdentity: {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${account}:assumed-role/deploy/${session}`,
    accountId: account,
    sessionContext: {
      sessionIssuer: { type: 'Role', userName: 'deploy', arn: `arn:aws:iam::${account}:role/deploy` },
    },
  },
});

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** A server's path from records to the store, with a clock that stands still at `now`. */
async function served(alerts = '{}', tocsin = '') {
  const { alerts: config } = parseConfig(`alerts: ${alerts}`, 'tocsin.yaml', undefined);
  const store = await openSqliteStore({ path: ':memory:' });
  stores.push(store);
  const suppressing = createSuppressing(store.life, { error: () => {} });
  const policy = { ...config, groups: groupsOf(config) };
  const engine = createEngine(rulesWith(tocsin), [], new Set(), { policy }, undefined, suppressing.current);
  let now = start;
  const clock = () => now;
  const channelsFor = (alert: Alert) => (alert.exception === undefined ? ['chat'] : []);
  const ingest = createIngest({
    engine,
    assets: await openAssets(store),
    store,
    correlations: await openCorrelations(engine, store, { lateness: 0, clock }),
    channelsFor,
    joining: config.grouping.enabled ? joiningOf(config) : undefined,
    clock,
    onCommit: () => {},
  });
  let position = 0;
  return {
    store,
    suppressing,
    take: async (...calls: readonly (readonly [at: number, call?: Call])[]) => {
      const Records = calls.map(([at, call = {}]) => record((position += 1), at, call));
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from(JSON.stringify({ Records }));
      };
      return ingest(chunks(), { source: 'http', object: `request ${position}`, receivedAt: now });
    },
    tick: async (at: number) => {
      now = at;
      await alertLifeTick({
        store,
        life: store.life,
        channelsFor,
        overflowOwes: overflowOwesOf(parseConfig('{}', 'tocsin.yaml', undefined)),
        clock,
        onNews: () => {},
        onUntold: () => {},
      });
    },
    counts: async () => {
      const page = await store.alerts({ limit: 100, exceptions: 'show' });
      return page.alerts.map(({ occurrences }) => occurrences?.count ?? 1).sort((a, b) => a - b);
    },
    sent: async () => {
      const due = await store.claim('chat', { now, leaseUntil: now + 1, limit: 100 });
      for (const { id, revision, standing } of due)
        await store.settle(id, { type: 'delivered', revision, told: { standing, receipt: {} } }, now);
      return due.map(({ alert, told }) => (told === undefined ? alert.title : (alert.news?.sentence ?? '')));
    },
  };
}

describe('the server', () => {
  it('makes one alert of what one role does to one bucket, whatever its sessions are called', async () => {
    const { take, counts, sent } = await served();
    const first = await take([0], [1, { session: 'ci-2' }]);
    expect(first.alerts).toMatchObject([
      { repeated: false },
      { repeated: false, joined: first.alerts[0]?.id },
    ]);
    await take([2, { bucket: 'logs' }], [3, { account: '444455556666' }], [40], [99]);
    expect(await counts()).toEqual([1, 1, 4]);
    expect(await sent()).toHaveLength(3);
  });

  it.each<[name: string, alerts: string, tocsin: string, counts: readonly number[]]>([
    ['nothing where grouping is off', '{ grouping: { enabled: false } }', '', [1, 1, 1]],
    ['less in a shorter window', '{ grouping: { window: 10m } }', '', [1, 1, 1]],
    ['more by fewer fields, as the rule says', '{}', 'tocsin: { group-by: [tocsin.actor.kind] }', [3]],
    [
      'more in a longer window, as the rule says',
      '{ grouping: { window: 10m } }',
      'tocsin: { group-window: 2h }',
      [1, 2],
    ],
    [
      'what the configuration says of the rule, whatever the rule says',
      `{ rules: { ${ruleId}: { groupBy: [requestParameters.bucketName] } } }`,
      'tocsin: { group-by: [tocsin.actor.kind] }',
      [1, 2],
    ],
    ['nothing by no fields', `{ rules: { ${ruleId}: { groupBy: [] } } }`, '', [1, 1, 1]],
    [
      'nothing by fields that are not there',
      `{ rules: { ${ruleId}: { groupBy: [requestParameters.no] } } }`,
      '',
      [1, 1, 1],
    ],
  ])('joins %s', async (_, alerts, tocsin, counts) => {
    const server = await served(alerts, tocsin);
    await server.take([0], [30], [31, { bucket: 'logs' }]);
    expect(await server.counts()).toEqual(counts);
  });

  it('tells again when what had failed succeeds, a step worse', async () => {
    const { take, store, sent } = await served();
    await take([0, { failed: true }], [1, { failed: true }]);
    await sent();
    await take([2]);
    expect((await store.alerts({ limit: 1 })).alerts[0]?.severity).toBe('high');
    expect(await sent()).toEqual(['raised from medium to high: it had failed before, and now it succeeded']);
  });

  it('tells again as the configuration asks, by event time', async () => {
    const { take, sent } = await served(
      '{ realert: [{ minSeverity: high, after: 1 }, { every: 30m, longest: 1h }] }',
    );
    await take([0]);
    await sent();
    await take([29], [30]);
    expect(await sent()).toEqual(['again: 2 more since 2026-11-21 09:10 UTC']);
    await take([70]);
    expect(await sent()).toEqual([]);
    await take([90]);
    expect(await sent()).toEqual(['again: 2 more since 2026-11-21 09:40 UTC']);
  });

  it('sums up once what a rule was not to tell within the hour', async () => {
    const { take, sent, tick, store } = await served(`{ rules: { ${ruleId}: { perHour: 1 } } }`);
    await take([0], [1, { bucket: 'a' }], [2, { bucket: 'b' }]);
    expect(await sent()).toHaveLength(1);
    await tick(start + 59 * minute);
    expect(await sent()).toEqual([]);
    await tick(start + 60 * minute);
    await tick(start + 61 * minute);
    expect(await sent()).toEqual(['A bucket was removed: 2 further times within the hour, by deploy/*']);
    expect((await store.alerts({ limit: 10 })).alerts).toHaveLength(4);
  });

  it('wakes what was put off, and says what came meanwhile', async () => {
    const { take, sent, tick, store } = await served();
    await take([0]);
    await sent();
    const [alert] = (await store.alerts({ limit: 1 })).alerts;
    const until = start + 5 * minute;
    const change = { type: 'snooze', until } as const;
    await store.life.change({ alertId: alert?.id ?? '', change, by: 'jane', via: 'cli', now: start });
    await take([1], [2]);
    await tick(until - 1);
    expect(await sent()).toEqual([]);
    await tick(until);
    await tick(until + 5_000);
    expect(await sent()).toEqual(['snoozed no longer; 2 more meanwhile']);
  });

  it('keeps quiet what was suppressed meanwhile, by event time, and counts it', async () => {
    const { take, sent, store, suppressing } = await served();
    const suppression = {
      id: 's',
      name: 'migration',
      when: { 'tocsin.rule.id': ruleId, 'requestParameters.bucketName': 'invoices' },
      reason: 'agreed',
      owner: 'jane',
      from: start,
      until: start + 10 * minute,
      createdAt: start,
      createdBy: 'jane',
    };
    await store.life.suppress(suppression);
    await suppressing.refresh();
    await take([1], [2, { bucket: 'logs' }], [11], [-1]);
    expect(await sent()).toHaveLength(2);
    expect(await store.counts()).toMatchObject({ excepted: 1, alerts: { medium: 2 } });
    await store.life.suppress({ ...suppression, ended: { at: start + 5 * minute, by: 'joe' } });
    await suppressing.refresh();
    await take([6, { bucket: 'invoices', account: '444455556666' }]);
    expect(await store.counts()).toMatchObject({ excepted: 1, alerts: { medium: 3 } });
  });

  it('keeps quiet what falls into hours of maintenance, on the clock of the place', async () => {
    const hours = "{ days: [sat], from: '10:00', to: '10:15', timeZone: Europe/Berlin }";
    const { take, sent } = await served(
      `{ exceptions: [{ name: works, when: { tocsin.account: '111122223333' }, reason: agreed, owner: jane, until: 2027-01-01, during: ${hours} }] }`,
    );
    // A Saturday; 09:10 UTC is 10:10 in Berlin.
    await take([0], [5, { bucket: 'a' }], [4, { bucket: 'b', account: '444455556666' }]);
    expect(await sent()).toHaveLength(2);
  });
});

describe('the search of a suppression', () => {
  it.each([
    [{ 'tocsin.rule.id': 'x' }, 'fine'],
    [{ 'tocsin.actr.name': 'x' }, "there is no field 'tocsin.actr.name', so that it would never hold"],
    [{ 'name|nonsense': 'x' }, "'nonsense' is not a modifier"],
  ])('%j', (when, problem) => {
    expect(searchProblem(when) ?? 'fine').toContain(problem);
  });
});
