import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../event/severity.ts';
import { sampleAlert } from '../notify/sample.ts';
import { storedIncidents } from '../store/incidents.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Owes } from '../store/owed.ts';
import type { Store } from '../store/store.ts';
import { everyStore, type StartedEngine } from '../store/testing/every-store.ts';
import { parseConfig } from './config.ts';
import { gatheringOf, type IncidentsConfig } from './config-incidents.ts';
import { joiningOf } from './config-joining.ts';
import { incidentGatherer } from './gather-incidents.ts';
import { createMuting } from './muting.ts';

// DynamoDB on one machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const start = Date.UTC(2026, 10, 21, 9, 10);
const minute = 60_000;
const { alerts: alertsConfig, incidents } = parseConfig('{}', 'tocsin.yaml', undefined);

/** What `bob` did in minute `number`, found by a rule of its own. */
function alertOf(number: number, severity: Severity = 'medium', change: Partial<Alert> = {}): Alert {
  const sample = sampleAlert(start + number * minute);
  return {
    ...sample,
    id: number.toString(16).padStart(32, '0'),
    rule: { id: `rule-${number}`, title: `Rule ${number}` },
    severity,
    who: { kind: 'iam-user', name: 'bob', arn: 'arn:aws:iam::111122223333:user/bob', chain: [] },
    what: { ...sample.what, targets: [] },
    where: { account: '111122223333', origin: { type: 'internal' } },
    tactics: [],
    evidence: { ...sample.evidence, eventId: `event-${number}` },
    ...change,
  };
}

const webAlert = (number: number, severity: Severity = 'medium', client = '203.0.113.9'): Alert =>
  alertOf(number, severity, {
    who: { kind: 'anonymous', name: client, chain: [] },
    what: { ...sampleAlert(start).what, kind: 'access-log.request', targets: [] },
    where: { origin: { type: 'address', address: client } },
  });

const placeOf = (address: string): Alert['where'] => ({
  account: '111122223333',
  origin: { type: 'address', address },
});

/** What a session of the role `deploy` did, found by the rule `name`; what rules find of the role is one alert each. */
const sessionAlert = (number: number, name: string, session: string): Alert =>
  alertOf(number, 'high', {
    rule: { id: `rule-${name}`, title: `Rule ${name}` },
    who: {
      kind: 'assumed-role',
      name: `deploy/${session}`,
      arn: `arn:aws:sts::111122223333:assumed-role/deploy/${session}`,
      accessKeyId: `ASIAEXAMPLE${session.toUpperCase().padStart(9, '0')}`,
      chain: [],
    },
    group: { key: name.padStart(32, '0'), windowMs: 60 * minute },
  });

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

interface Settings {
  /** The embedded store, where left out. */
  readonly on?: StartedEngine;
  readonly mute?: IncidentsConfig['mute'];
  readonly channelsFor?: (alert: Alert) => Owes;
  /** How many incidents people are told of in an hour; without limit, where left out. */
  readonly perHour?: number;
}

async function opened({ on, mute = 'medium', channelsFor = () => ['slack'], perHour }: Settings = {}) {
  const store = await (on?.open() ?? openSqliteStore({ path: ':memory:' }));
  stores.push(store);
  let counted = 0;
  /** A process of its own: it knows nothing but what the store holds. */
  const process = () => {
    const muting = createMuting({
      upTo: mute,
      setting: gatheringOf(incidents),
      clientWaitMs: incidents.clientWait,
      alert: (id) => store.alert(id),
      commit: (batch) => store.commit(batch),
      onMuted: (alerts) => (counted += alerts),
    });
    const joining = {
      ...joiningOf(alertsConfig),
      channelsFor,
      perHour: ({ rule }: Alert) => (rule.id === 'incident' ? perHour : undefined),
    };
    const gather = incidentGatherer({
      config: incidents,
      store,
      commit: (batch) => store.commit(batch),
      channelsFor,
      joining,
      clock: () => start,
      onGathered: muting.know,
      onNews: () => {},
    });
    const put = (...alerts: readonly Alert[]) =>
      muting.commit({
        alerts: alerts.map((alert) => ({ alert, channels: channelsFor(alert) })),
        joining,
        now: start,
      });
    return { gather, put, muting };
  };
  return {
    ...process(),
    store,
    process,
    muted: () => counted,
    channels: async ({ id }: Alert) => (await store.deliveries(id)).map(({ channel }) => channel),
    note: async ({ id }: Alert) => (await store.alert(id))?.incident,
    teller: async () => (await store.alerts({ limit: 1, ruleId: 'incident' })).alerts[0],
  };
}

/** Six medium alerts of one actor, by then an incident. */
const chain = [0, 1, 2, 3, 4, 5].map((n) => alertOf(n));

async function told(settings?: Settings) {
  const server = await opened(settings);
  await server.put(...chain);
  await server.gather();
  const teller = await server.teller();
  if (teller === undefined) throw new Error('nobody was told');
  return { ...server, teller };
}

describe('once an incident was told', () => {
  it.each([
    ['informational', false],
    ['low', false],
    ['medium', false],
    ['high', true],
    ['critical', true],
  ] as const)('a further alert of severity %s is told: %s', async (severity, isTold) => {
    const { put, channels, note, muted, store } = await told();
    const next = alertOf(6, severity);
    await put(next);
    expect(await channels(next)).toEqual(isTold ? ['slack'] : []);
    expect(await note(next)).toEqual({
      id: chain[0]?.id,
      name: 'alerts around bob',
      ...(!isTold && { mutes: ['slack'] }),
    });
    expect(muted()).toBe(isTold ? 0 : 1);
    const found = await store.alerts({ limit: 10, about: { muted: 'incident' } });
    expect(found.alerts.map(({ id }) => id)).toEqual(isTold ? [] : [next.id]);
    const ofIncident = await store.alerts({ limit: 10, about: { incident: chain[0]?.id } });
    expect(ofIncident.alerts.map(({ id }) => id)).toContain(next.id);
  });

  it('alerts before it are told each, and those of others go on being told', async () => {
    const { channels, put, note } = await told();
    for (const one of chain) expect(await channels(one)).toEqual(['slack']);
    const other = alertOf(7, 'low', {
      who: { kind: 'iam-user', name: 'eve', arn: 'arn:aws:iam::1:user/eve', chain: [] },
    });
    await put(other);
    expect(await channels(other)).toEqual(['slack']);
    expect(await note(other)).toBe(undefined);
  });

  it('is known to a process that starts later', async () => {
    const { process, channels } = await told();
    const later = process();
    await later.gather();
    await later.put(alertOf(6));
    expect(await channels(alertOf(6))).toEqual([]);
  });

  it('the same alert again changes nothing', async () => {
    const { put, gather, channels, note, muted } = await told();
    await put(alertOf(6));
    await gather();
    await put(alertOf(6), chain[3] ?? alertOf(3));
    expect(await channels(alertOf(6))).toEqual([]);
    expect(await channels(alertOf(3))).toEqual(['slack']);
    expect(await note(alertOf(3))).toBe(undefined);
    expect(muted()).toBe(1);
  });

  it.each(['resolved', 'false-positive'] as const)(
    'and then %s, what comes is told again',
    async (status) => {
      const { store, put, channels, teller } = await told();
      const change = { type: 'status', status, reason: 'x' } as const;
      await store.life.change({ alertId: teller.id, change, by: 'x', via: 'api', now: start });
      await put(alertOf(6));
      expect(await channels(alertOf(6))).toEqual(['slack']);
    },
  );

  it('who was not told of it is told of the alert', async () => {
    const { put, channels, note } = await told({
      channelsFor: ({ rule }) => (rule.id === 'incident' ? ['pager'] : ['pager', 'slack']),
    });
    await put(alertOf(6));
    expect(await channels(alertOf(6))).toEqual(['slack']);
    expect(await note(alertOf(6))).toMatchObject({ mutes: ['pager'] });
  });

  it('nobody stands in or escalates for a message that is not sent', async () => {
    const cause = { type: 'escalation', route: 'r', step: 1, minutes: 5 } as const;
    const { put, channels } = await told({
      channelsFor: ({ rule }) =>
        rule.id === 'incident' ? ['slack'] : ['slack', { channel: 'boss', due: start + 5 * minute, cause }],
    });
    await put(alertOf(6));
    expect(await channels(alertOf(6))).toEqual([]);
  });

  it('and told to nobody, every alert is told', async () => {
    const { put, channels } = await told({
      channelsFor: ({ rule }) => (rule.id === 'incident' ? [] : ['slack']),
    });
    await put(alertOf(6));
    expect(await channels(alertOf(6))).toEqual(['slack']);
  });

  it('is not taken for told by who is only asked when others do not act', async () => {
    const cause = { type: 'escalation', route: 'r', step: 1, minutes: 600 } as const;
    const desk = { channel: 'desk', due: start + 600 * minute, cause };
    const { put, channels } = await told({
      channelsFor: ({ rule }) => (rule.id === 'incident' ? ['pager', desk] : ['desk']),
    });
    const further = alertOf(6);
    await put(further);
    expect(await channels(further)).toEqual(['desk']);
  });

  it('is not taken for told where its alert came over the limit of the hour', async () => {
    const { put, channels, teller } = await told({ perHour: 0 });
    expect(teller.muted).toBeDefined();
    const further = alertOf(6);
    await put(further);
    expect(await channels(further)).toEqual(['slack']);
  });

  it('alerts are told all the same where nothing is to be muted, and name it', async () => {
    const { put, channels, note } = await told({ mute: 'none' });
    await put(alertOf(6, 'low'));
    expect(await channels(alertOf(6))).toEqual(['slack']);
    expect(await note(alertOf(6))).toEqual({ id: chain[0]?.id, name: 'alerts around bob' });
  });

  it('a muted alert that gets worse than may be muted is told', async () => {
    const { put, channels, note, store } = await told();
    const group = { key: 'a'.repeat(32), windowMs: 60 * minute };
    const first = alertOf(6, 'low', { group });
    await put(first);
    await put(alertOf(7, 'medium', { group, rule: first.rule }));
    expect(await channels(first)).toEqual([]);
    await put(alertOf(8, 'high', { group, rule: first.rule }));
    expect(await channels(first)).toEqual(['slack']);
    expect(await note(first)).toEqual({ id: chain[0]?.id, name: 'alerts around bob' });
    expect((await store.alert(first.id))?.severity).toBe('high');
  });
});

describe('one client of a web site', () => {
  it('wakes a person once, by the worst of what comes at once', async () => {
    const { put, gather, channels, store } = await opened();
    const [scanner, flood, injection, probe] = [
      webAlert(0),
      webAlert(1),
      webAlert(2, 'high'),
      webAlert(3, 'low'),
    ];
    await put(scanner, flood, injection, probe);
    await gather();
    await put(webAlert(4), webAlert(5, 'low'));
    await gather();
    for (const one of [scanner, flood, probe, webAlert(4), webAlert(5)])
      expect(await channels(one)).toEqual([]);
    expect(await channels(injection)).toEqual(['slack']);
    expect((await store.alerts({ limit: 10, ruleId: 'incident' })).alerts).toEqual([]);
    expect((await store.alert(scanner.id))?.incident).toEqual({
      id: injection.id,
      name: 'alerts around 203.0.113.9',
      mutes: ['slack'],
    });
  });

  it('is told again where it gets worse, and others are told each', async () => {
    const { put, gather, channels } = await opened();
    await put(webAlert(0, 'low'));
    await put(webAlert(1));
    await gather();
    await put(webAlert(2, 'high'), webAlert(3, 'medium', '203.0.113.10'));
    await put(webAlert(4));
    for (const one of [webAlert(0), webAlert(1), webAlert(2), webAlert(3)])
      expect(await channels(one)).toEqual(['slack']);
    expect(await channels(webAlert(4))).toEqual([]);
  });

  it('is told by what was stored, and not by what failed to be', async () => {
    const { channels, store } = await opened();
    let fails = true;
    const muting = createMuting({
      upTo: 'medium',
      setting: gatheringOf(incidents),
      clientWaitMs: incidents.clientWait,
      alert: (id) => store.alert(id),
      commit: async (all) => {
        if (fails) throw new Error('disk full');
        return store.commit(all);
      },
    });
    const put = (n: number) =>
      muting.commit({ alerts: [{ alert: webAlert(n), channels: ['slack'] }], now: start });
    await expect(put(0)).rejects.toThrow('disk full');
    fails = false;
    await put(1);
    expect(await channels(webAlert(1))).toEqual(['slack']);
    await put(0);
    expect(await channels(webAlert(0))).toEqual([]);
  });

  it('is told again by what comes after its alert was closed', async () => {
    const { put, store, channels } = await opened();
    await put(webAlert(0));
    const change = { type: 'status', status: 'resolved' } as const;
    await store.life.change({ alertId: webAlert(0).id, change, by: 'x', via: 'api', now: start });
    await put(webAlert(1));
    expect(await channels(webAlert(1))).toEqual(['slack']);
  });
});

describe.each(everyStore)('on $name', ({ isHere, start: startEngine }) => {
  describe.skipIf(!isHere)('one attacker', () => {
    let on: StartedEngine;
    beforeAll(async () => {
      on = await startEngine();
    }, 180_000);
    afterAll(() => on.stop(), 60_000);

    it('wakes a person once, until it gets worse or was closed', async () => {
      const { put, gather, channels, note, muted, store, teller, process } = await told({ on });
      const [further, high, later] = [alertOf(6), alertOf(7, 'high'), alertOf(9)];
      await put(further, high);
      expect(await channels(further)).toEqual([]);
      expect(await note(further)).toMatchObject({ id: chain[0]?.id, mutes: ['slack'] });
      expect(await channels(high)).toEqual(['slack']);
      expect(muted()).toBe(1);
      const { alerts } = await store.alerts({ limit: 10, about: { muted: 'incident' } });
      expect(alerts.map(({ id }) => id)).toEqual([further.id]);
      // Another process knows it from the store alone.
      await gather();
      const heir = process();
      await heir.gather();
      const unheard = alertOf(8);
      await heir.put(unheard);
      expect(await channels(unheard)).toEqual([]);
      await store.life.change({
        alertId: teller.id,
        change: { type: 'status', status: 'resolved' },
        by: 'jane',
        via: 'api',
        now: start,
      });
      await heir.put(later);
      expect(await channels(later)).toEqual(['slack']);
    });

    it('of a web site is told by its worst alert', async () => {
      const { put, channels, store } = await opened({ on });
      const [low, high] = [webAlert(1, 'low'), webAlert(2, 'high')];
      await put(low, high);
      expect(await channels(high)).toEqual(['slack']);
      expect(await channels(low)).toEqual([]);
      const { alerts } = await store.alerts({ limit: 10, about: { muted: 'incident' } });
      expect(alerts.map(({ id }) => id)).toEqual([low.id]);
    });

    it('sees a chain of things that another session of the same role has done, though they joined its alerts', async () => {
      const { put, gather, teller, store } = await opened({ on });
      const names = ['a', 'b', 'c'];
      // Each of the builds does one of the three things.
      await put(...Array.from({ length: 12 }, (_, n) => sessionAlert(n, names[n % 3] ?? '', `run-${n}`)));
      await gather();
      expect(await teller()).toBeUndefined();
      const { joined } = await put(...names.map((name, n) => sessionAlert(20 + n, name, 'evil')));
      expect(joined).toHaveLength(3);
      await gather();
      const alert = await teller();
      expect(alert?.title).toBe('Incident: 3 alerts around deploy/evil, risk 60: 3 rules in 2 min');
      const found = await store.alerts({ limit: 10, about: { actor: 'ASIAEXAMPLE00000EVIL' } });
      expect(found.alerts).toHaveLength(3);
      // Every further build that does all three is no news.
      for (let run = 0; run < 4; run++) {
        await put(...names.map((name, n) => sessionAlert(30 + 3 * run + n, name, `whole-${run}`)));
        await gather();
      }
      expect((await store.alerts({ limit: 10, ruleId: 'incident' })).alerts).toEqual([alert]);
      expect(await store.state('incident/joined/')).toEqual([]);
    });

    it('takes one alert for one thing, however many join it', async () => {
      const { put, gather, teller, store } = await opened({ on });
      for (let n = 0; n < 4; n++)
        await put({ ...sessionAlert(n, 'a', 'run'), where: placeOf(`203.0.113.${n}`), severity: 'critical' });
      await gather();
      expect(await teller()).toBeUndefined();
      expect(await storedIncidents(store, gatheringOf(incidents))).toEqual([]);
    });
  });
});
