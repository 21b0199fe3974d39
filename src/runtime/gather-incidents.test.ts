import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { incidentsOf } from '../alert/incident/incident.ts';
import { tellingSeverity } from '../alert/incident/incident-alert.ts';
import { sightingOf } from '../alert/incident/sighting.ts';
import { decode } from '../decode/decode.ts';
import { sampleAlert } from '../notify/sample.ts';
import { correlatorDefaults, createCorrelator } from '../sigma/correlation/correlator.ts';
import type { Match } from '../sigma/correlation/match.ts';
import { changeIncident } from '../store/incident-life.ts';
import { storedIncidents } from '../store/incidents.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { parseConfig } from './config.ts';
import { gatheringOf } from './config-incidents.ts';
import { joiningOf } from './config-joining.ts';
import { createEngine } from './engine.ts';
import { incidentGatherer } from './gather-incidents.ts';
import { builtinRules, loadRules } from './load-rules.ts';

const start = Date.UTC(2026, 10, 21, 9, 10);
const minute = 60_000;
const { alerts: alertsConfig, incidents: config } = parseConfig('{}', 'tocsin.yaml', undefined);

/** What user `who` did in minute `number`, found by a rule of its own. */
function alertOf(number: number, who = 'bob', change: Partial<Alert> = {}): Alert {
  const sample = sampleAlert(start + number * minute);
  return {
    ...sample,
    id: number.toString(16).padStart(32, '0'),
    rule: { id: `rule-${number}`, title: `Rule ${number}` },
    severity: 'high',
    title: `${who} did ${number}`,
    who: { kind: 'iam-user', name: who, arn: `arn:aws:iam::111122223333:user/${who}`, chain: [] },
    what: { ...sample.what, targets: [] },
    where: { account: '111122223333', origin: { type: 'internal' } },
    tactics: [{ id: 'TA0040', name: 'Impact' }],
    evidence: { ...sample.evidence, eventId: `event-${number}` },
    ...change,
  };
}

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

async function opened() {
  const store = await openSqliteStore({ path: ':memory:' });
  stores.push(store);
  const channelsFor = () => ['slack'];
  const news: Alert[] = [];
  /** A process of its own: it knows nothing but what the store holds. */
  const gatherer = (commit: Store['commit'] = (batch) => store.commit(batch), clock = () => start) =>
    incidentGatherer({
      config,
      store,
      commit,
      channelsFor,
      joining: { ...joiningOf(alertsConfig), channelsFor },
      clock,
      onNews: (created) => news.push(...created),
    });
  return {
    store,
    news,
    gatherer,
    put: (...alerts: readonly Alert[]) =>
      store.commit({ alerts: alerts.map((alert) => ({ alert, channels: [] })), now: start }),
    incidents: () => storedIncidents(store, gatheringOf(config)),
    told: async () => {
      const { alerts } = await store.alerts({ limit: 100, ruleId: 'incident' });
      return alerts.map(({ severity, title, news: again }) => ({ severity, title, again: again?.sentence }));
    },
  };
}

describe('the alerts of a store', () => {
  it('are gathered, and people are told once, and again when it becomes worse', async () => {
    const { store, news, gatherer, put, incidents, told } = await opened();
    const gather = gatherer();
    await put(alertOf(0), alertOf(1), alertOf(2, 'eve'));
    await gather();
    expect(await incidents()).toMatchObject([{ id: alertOf(0).id, risk: { score: 40 }, told: undefined }]);
    expect(await told()).toEqual([]);

    await put(alertOf(3));
    await gather();
    await gather();
    expect(await told()).toEqual([
      {
        severity: 'high',
        title: 'Incident: 3 alerts around bob, risk 60: 3 rules of 1 tactic in 3 min: Impact',
        again: undefined,
      },
    ]);
    expect(news).toHaveLength(1);
    const [incident] = await incidents();
    expect(incident).toMatchObject({ told: { alertId: news[0]?.id, severity: 'high' } });
    expect(await store.deliveries(news[0]?.id ?? '')).toMatchObject([{ channel: 'slack' }]);

    await put(alertOf(4));
    await gather();
    expect(await told()).toMatchObject([{ severity: 'high', again: undefined }]);
    await put(alertOf(5));
    await gather();
    expect(await told()).toMatchObject([
      {
        severity: 'critical',
        again: 'raised from high to critical: a later finding is critical',
      },
    ]);
    expect((await incidents())[0]).toMatchObject({ told: { alertId: news[0]?.id, severity: 'critical' } });
  });

  it('are told of by a new alert once people have said that the one before was none', async () => {
    const { store, gatherer, put, incidents } = await opened();
    const gather = gatherer();
    await put(...[0, 1, 2].map((n) => alertOf(n)));
    await gather();
    const [first] = (await store.alerts({ limit: 5, ruleId: 'incident' })).alerts;
    const verdict = { type: 'status', status: 'false-positive', reason: 'a drill' } as const;
    await store.life.change({
      alertId: first?.id ?? '',
      change: verdict,
      by: 'jane',
      via: 'api',
      now: start + 3 * minute,
    });
    await put(...[10, 11, 12].map((n) => alertOf(n)));
    await gather();
    const [second] = (await store.alerts({ limit: 5, ruleId: 'incident' })).alerts;
    expect(second).toMatchObject({ severity: 'critical', follows: { id: first?.id } });
    const [incident] = await incidents();
    expect(incident?.told).toMatchObject({ alertId: second?.id, severity: 'critical' });
    // Whoever ends the incident means the new one, and the verdict on the other stands.
    if (incident === undefined) throw new Error('there is no incident');
    await changeIncident(store, incident, { status: 'resolved', by: 'jane', via: 'api', now: start });
    const statuses = (await Promise.all([first, second].map((one) => store.alert(one?.id ?? '')))).map(
      (one) => one?.lifecycle?.status,
    );
    expect(statuses).toEqual(['false-positive', 'resolved']);
  });

  it('are told of once, whichever commit a process dies before or after', async () => {
    const whole = await opened();
    await whole.put(...[0, 1, 2, 3].map((n) => alertOf(n)));
    await whole.gatherer()();
    const expected = await whole.incidents();
    for (const dies of ['before', 'after'] as const) {
      const { store, gatherer, put, incidents, told } = await opened();
      for (const n of [0, 1, 2, 3]) {
        await put(alertOf(n));
        await expect(
          gatherer(async (batch) => {
            if (dies === 'after') await store.commit(batch);
            throw new Error('killed');
          })(),
        ).rejects.toThrow('killed');
        const gather = gatherer();
        await gather();
        await gather();
      }
      expect(await told()).toHaveLength(1);
      expect(await incidents()).toEqual(expected);
    }
  });

  it('are read again from the store after a commit that failed', async () => {
    const { store, gatherer, put, incidents } = await opened();
    let fails = true;
    const gather = gatherer(async (batch) => {
      if (fails) throw new Error('no');
      return store.commit(batch);
    });
    await put(alertOf(0), alertOf(1));
    await expect(gather()).rejects.toThrow('no');
    fails = false;
    await gather();
    expect(await incidents()).toHaveLength(1);
  });

  it('count only once and not when they are excepted, tell of others, or were stored long ago', async () => {
    const { store, gatherer, put } = await opened();
    const exception = { name: 'x', reason: 'x', owner: 'x', until: start };
    await put(
      alertOf(0),
      alertOf(1, 'bob', { exception }),
      alertOf(2, 'bob', { rule: { id: 'incident', title: '' } }),
    );
    await gatherer()();
    expect((await store.state('incident/')).map(({ key }) => key)).toEqual([
      `incident/alert/${alertOf(0).id}`,
    ]);
    const later = start + 8 * 86_400_000;
    await put(alertOf(3));
    await gatherer(undefined, () => later)();
    expect(await store.state('incident/')).toEqual([]);
  });

  it('are all gathered after a pause, page by page', async () => {
    const { gatherer, put, incidents } = await opened();
    await put(...Array.from({ length: 450 }, (_, n) => alertOf(n, `u${n % 5}`)));
    await gatherer()();
    expect((await incidents()).reduce((sum, { alerts }) => sum + alerts.length, 0)).toBe(450);
  });
});

const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

describe.skipIf(!existsSync(data))('real logs', () => {
  it.each([
    ['of an audit role tell of nothing', 'cloudtrail-baseline-audit/samples-large.json', false],
    ['of a new administrator do', 'cloudtrail-stratus/aws.persistence.iam-create-admin-user.json', true],
  ])('%s', async (_, path, tells) => {
    const { rules, correlations } = await loadRules([builtinRules]);
    const engine = createEngine(rules, correlations);
    const correlator = createCorrelator(engine.correlations, { ...correlatorDefaults, lateness: Infinity });
    const alerts: Alert[] = [];
    const matches: Match[] = [];
    const from = { source: 'file', object: path, receivedAt: 0 };
    for await (const { events } of decode(createReadStream(join(data, path)), from))
      for (const event of events) {
        const { findings, match } = engine.examine(event);
        alerts.push(...findings.map((finding) => engine.raise(finding, 0)));
        if (match !== undefined) matches.push(match);
      }
    const latest = Math.max(0, ...matches.map(({ time }) => time));
    alerts.push(...engine.raiseCorrelated([...correlator.take(matches, latest), ...correlator.flush()], 0));
    const sightings = alerts.flatMap((alert) => sightingOf(alert, 0) ?? []);
    const incidents = incidentsOf(sightings, [], gatheringOf(config));
    expect(incidents.some((one) => tellingSeverity(one, config.threshold) !== undefined)).toBe(tells);
  });
});
