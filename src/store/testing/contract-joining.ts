import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../alert/alert.ts';
import { occurrencesOf } from '../../alert/occurrences.ts';
import type { Severity } from '../../event/severity.ts';
import { changeInBulk } from '../bulk.ts';
import type { CommitJoining, Owes } from '../owed.ts';
import type { AlertQuery, Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import {
  forgetNow,
  sampleAlert,
  sampleException,
  sampleFinding,
  sampleId,
  sampleJoining,
  sampleStart,
} from './samples.ts';

const hour = 3_600_000;

function put(
  store: Store,
  findings: readonly Alert[],
  { now = 1, joining = sampleJoining() }: { now?: number; joining?: CommitJoining } = {},
) {
  return store.commit({
    alerts: findings.map((alert) => ({ alert, channels: ['slack'] })),
    joining,
    now,
  });
}

async function all(store: Store): Promise<readonly Alert[]> {
  return (await store.alerts({ limit: 500, exceptions: 'show' })).alerts;
}

/** Sends what is owed, and says what it was. */
async function sent(store: Store, now: number): Promise<readonly string[]> {
  const due = await store.claim('slack', { now, leaseUntil: now + 10, limit: 100 });
  for (const { id, revision, standing } of due)
    await store.settle(id, { type: 'delivered', revision, told: { standing, receipt: {} } }, now);
  return due.map(
    ({ alert, told }) =>
      `${alert.id.slice(-2)} ${told === undefined ? 'first' : 'again'}: ${alert.news?.sentence ?? 'new'}`,
  );
}

const failed = (alert: Alert): Alert => ({ ...alert, what: { ...alert.what, result: 'failure' } });

export function describeJoining(open: Open): void {
  describe('joining', () => {
    it('lets a finding of the same group join what is open within the window, from both sides, and tells nobody', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0)]);
      expect(await put(store, [sampleFinding(2, 60), sampleFinding(3, -30)])).toEqual({
        created: [],
        repeated: 0,
        joined: [
          { id: sampleId(2), alertId: sampleId(1) },
          { id: sampleId(3), alertId: sampleId(1) },
        ],
      });
      const [alert, ...others] = await all(store);
      expect(others).toEqual([]);
      expect(alert?.occurrences).toMatchObject({
        count: 3,
        firstSeen: sampleStart - 30 * 60_000,
        lastSeen: sampleStart + 60 * 60_000,
      });
      expect(alert?.occurrences?.samples.map(({ id }) => id)).toEqual([3, 1, 2].map(sampleId));
      expect(await sent(store, 5)).toEqual(['01 first: new']);
      expect(await store.alert(sampleId(3))).toEqual(alert);
    });

    it.each([
      ['a minute past the window', sampleFinding(2, 61)],
      ['of another group', sampleFinding(2, 1, { group: 'b' })],
      ['under an exception', sampleFinding(2, 1, { exception: sampleException })],
      ['without a group', sampleAlert(2, { time: sampleStart })],
    ])('keeps one apart that is %s', async (_, finding) => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0)]);
      expect(await put(store, [finding])).toEqual({ created: [finding.id], repeated: 0 });
    });

    it('lets the window go on from the last that joined, also within one batch', async () => {
      const { store } = await open();
      await put(store, [
        sampleFinding(1, 0),
        sampleFinding(2, 50),
        sampleFinding(3, 100),
        sampleFinding(4, 161),
      ]);
      expect((await all(store)).map((alert) => occurrencesOf(alert).count)).toEqual([1, 3]);
    });

    it('is changed by the id of any of its findings, each time under its own name', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0), sampleFinding(2, 5), sampleFinding(3, 9)]);
      expect(await sent(store, 2)).toEqual(['01 first: new']);
      const change = { type: 'status', status: 'acknowledged' } as const;
      const who = { by: 'jane', via: 'api', now: 5 };
      const revision = 0;
      const asked = { ...who, alertId: sampleId(2), change, expected: revision, followUps: ['slack'] };
      const changed = await store.life.change(asked);
      expect(changed).toMatchObject({ type: 'changed', alert: { id: sampleId(1) } });
      expect(await store.life.change(asked)).toMatchObject({ type: 'stale', alert: { id: sampleId(1) } });
      const { lines } = await store.life.history({ alertId: sampleId(1), limit: 5 });
      expect(lines).toMatchObject([{ alertId: sampleId(1), by: 'jane', revision: 1 }]);
      expect(await sent(store, 6)).toEqual(['01 again: new']);
      const targets = [2, 3, 1, 9].map((n) => ({ id: sampleId(n) }));
      expect(await changeInBulk(store, undefined, targets, { ...who, status: 'resolved' })).toMatchObject({
        changed: 1,
        unchanged: 0,
        conflicts: [],
        unknown: [sampleId(9)],
      });
      expect(await sent(store, 7)).toEqual(['01 again: new']);
    });

    it('is found by the time in which it goes on, and stands in a list where it began', async () => {
      const { store } = await open();
      const minute = (n: number): number => sampleStart + n * 60_000;
      // 3 hours; the last finding comes 5 seconds before `now`.
      const now = minute(180) + 5_000;
      for (const [n, at] of [0, 45, 90, 135, 180].entries())
        await put(store, [sampleFinding(n + 1, at), sampleFinding(n + 11, at / 9, { group: 'b' })]);
      await put(store, [sampleFinding(21, 150, { group: 'c' }), sampleFinding(22, 2, { group: 'd' })]);
      const found = async (query: Omit<AlertQuery, 'limit'>): Promise<readonly string[]> => {
        const ids: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.alerts({ ...query, after, limit: 1 });
          ids.push(...page.alerts.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        return ids;
      };
      const [long, short, later, once] = [1, 11, 21, 22].map(sampleId);
      expect(await found({ since: now - hour })).toEqual([later, long]);
      expect(await found({ since: minute(180) })).toEqual([long]);
      expect(await found({ since: minute(180) + 1 })).toEqual([]);
      expect(await found({ since: minute(20), until: minute(21) })).toEqual([short, long]);
      expect(await found({ since: minute(20), text: 'alice' })).toEqual([later, short, long]);
      expect(await found({ since: minute(20), status: ['open'], ruleId: 'no-rule' })).toEqual([]);
      expect(await found({ until: minute(2) })).toEqual([short, long]);
      // A finding that comes late was first seen earlier than the one that made the alert.
      await put(store, [sampleFinding(23, 100, { group: 'c' })]);
      expect(await found({ since: minute(20), until: minute(101) })).toEqual([later, short, long]);
      expect(await found({ until: minute(100) })).toEqual([once, short, long]);
    });

    it('counts a repeated finding once, whether it made the alert or joined it, with joining or without', async () => {
      const { store } = await open();
      const findings = [sampleFinding(1, 0), sampleFinding(2, 1), sampleFinding(2, 1)];
      expect(await put(store, findings)).toMatchObject({ created: [sampleId(1)], repeated: 1 });
      expect(await put(store, findings)).toEqual({ created: [], repeated: 3 });
      const plain = findings.map((alert) => ({ alert, channels: [] }));
      expect(await store.commit({ alerts: plain, now: 1 })).toEqual({ created: [], repeated: 3 });
      expect((await all(store)).map((alert) => occurrencesOf(alert).count)).toEqual([2]);
    });

    it('keeps the earliest and the ten latest as samples', async () => {
      const { store } = await open();
      await put(
        store,
        Array.from({ length: 40 }, (_, n) => sampleFinding(n, n)),
      );
      const [alert] = await all(store);
      expect(alert?.occurrences?.count).toBe(40);
      expect(alert?.occurrences?.samples.map(({ id }) => parseInt(id, 16))).toEqual([
        0, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
      ]);
    });

    it('counts every different finding exactly once, however they come, in whatever pieces, and again after opening anew', async () => {
      const finding = fc.record({
        number: fc.nat(30),
        minute: fc.nat(400),
        group: fc.constantFrom('a', 'b'),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(finding, { selector: ({ number }) => number, minLength: 1, maxLength: 20 }),
          fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
          async (findings, order) => {
            const { store, reopen } = await open();
            const made = findings.map(({ number, minute, group }) =>
              sampleFinding(number, minute, { group }),
            );
            // Each of them three times, in any order.
            const input = [...made, ...made, ...made]
              .map((alert, n) => ({ alert, at: order[n] ?? 0 }))
              .sort((a, b) => a.at - b.at)
              .map(({ alert }) => alert);
            for (let from = 0; from < input.length / 2; from += 7)
              await put(store, input.slice(from, Math.min(from + 7, Math.ceil(input.length / 2))));
            const again = await reopen();
            await Promise.all(input.map((alert) => put(again, [alert])));
            const alerts = await all(again);
            expect(alerts.reduce((sum, alert) => sum + occurrencesOf(alert).count, 0)).toBe(made.length);
            // No finding stands in two alerts, and each can be found by its own id.
            const samples = alerts.flatMap((alert) => occurrencesOf(alert).samples.map(({ id }) => id));
            expect(new Set(samples).size).toBe(samples.length);
            for (const { id, group } of made) expect((await again.alert(id))?.group).toEqual(group);
          },
        ),
        { numRuns: 8 },
      );
    }, 180_000);

    it('tells of it again when a later finding is worse, and says why', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0, { severity: 'low' })]);
      expect(await sent(store, 1)).toEqual(['01 first: new']);
      await put(store, [sampleFinding(2, 1, { severity: 'high' })], { now: 9 });
      const [alert] = await all(store);
      expect(alert).toMatchObject({
        severity: 'high',
        severityChanges: ['raised from low to high: a later finding is high'],
        lifecycle: { status: 'open', revision: 1 },
      });
      expect((await store.counts()).alerts).toMatchObject({ low: 0, high: 1 });
      expect((await store.alerts({ severity: 'high', limit: 5 })).alerts).toHaveLength(1);
      expect(await sent(store, 9)).toEqual(['01 again: raised from low to high: a later finding is high']);
      expect((await store.life.history({ alertId: sampleId(1), limit: 5 })).lines).toMatchObject([
        { action: 'raise', by: 'tocsin', via: 'system', time: 9, revision: 1 },
      ]);
      await put(store, [sampleFinding(3, 2, { severity: 'low' })]);
      expect((await all(store))[0]?.severity).toBe('high');
      expect(await sent(store, 20)).toEqual([]);
    });

    it('tells those who care for what has joined it, and why that is as bad as it is', async () => {
      const { store } = await open();
      // Routes by account: the sandbox concerns nobody, production the pager.
      const joining = sampleJoining({ channelsFor: () => [] });
      await store.commit({ alerts: [{ alert: sampleFinding(1, 0), channels: [] }], joining, now: 1 });
      const severityChanges = ['raised from high to critical: production account'];
      const production = { ...sampleFinding(2, 1, { severity: 'critical' }), severityChanges };
      await store.commit({ alerts: [{ alert: production, channels: ['slack'] }], joining, now: 2 });
      expect(await sent(store, 3)).toEqual([
        '01 first: raised from high to critical: a later finding is critical (raised from high to critical: production account)',
      ]);
    });

    it('is found by who and what has joined it', async () => {
      const { store } = await open();
      const who = { kind: 'assumed-role', name: 'deploy/evil', chain: [] } as const;
      const arn = 'arn:aws:sts::111122223333:assumed-role/deploy/evil';
      await put(store, [
        sampleFinding(1, 0),
        {
          ...sampleFinding(2, 1),
          who: { ...who, arn, accessKeyId: 'ASIAEXAMPLE000000002' },
          where: { account: '444455556666', region: 'eu-north-1', origin: { type: 'internal' } },
        },
      ]);
      for (const about of [{ actor: arn }, { actor: 'ASIAEXAMPLE000000002' }, { region: 'eu-north-1' }])
        expect((await store.alerts({ limit: 5, about })).alerts).toMatchObject([{ id: sampleId(1) }]);
      for (const text of ['asiaexample000000002', '444455556666'])
        expect((await store.alerts({ limit: 5, text })).alerts).toMatchObject([{ id: sampleId(1) }]);
    });

    it('notes in the state what joins, in the same commit', async () => {
      const { store } = await open();
      const joining = sampleJoining({
        noteOf: (finding, before) => ({
          key: `note/${finding.id}`,
          value: [before.id, before.occurrences?.count ?? 1],
        }),
      });
      const findings = [1, 2, 3].map((n) => sampleFinding(n, n));
      await put(store, findings, { joining });
      await put(store, findings, { joining });
      const notes = await store.state('note/');
      expect(notes.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
        { key: `note/${sampleId(2)}`, value: [sampleId(1), 1] },
        { key: `note/${sampleId(3)}`, value: [sampleId(1), 2] },
      ]);
    });

    it('raises the severity a step, once, when what had failed succeeds', async () => {
      const { store } = await open();
      await put(store, [failed(sampleFinding(1, 0, { severity: 'low' }))]);
      await put(store, [failed(sampleFinding(2, 1, { severity: 'low' }))]);
      await sent(store, 1);
      await put(store, [sampleFinding(3, 2, { severity: 'low' }), sampleFinding(4, 3, { severity: 'low' })]);
      expect((await all(store))[0]).toMatchObject({
        severity: 'medium',
        severityChanges: ['raised from low to medium: it had failed before, and now it succeeded'],
      });
      expect(await sent(store, 2)).toHaveLength(1);
    });

    it('sends once more what is being sent while it is raised, and not what still waits', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0, { severity: 'low' })]);
      await put(store, [sampleFinding(2, 1, { severity: 'medium' })]);
      const [first] = await store.claim('slack', { now: 1, leaseUntil: 100, limit: 5 });
      expect(first).toMatchObject({ told: undefined, standing: { severity: 'medium', count: 2 } });
      await put(store, [sampleFinding(3, 2, { severity: 'high' })]);
      await store.settle(first?.id ?? '', { type: 'delivered', revision: first?.revision }, 2);
      expect(await store.deliveries(sampleId(1))).toMatchObject([{ state: 'pending', attempts: 0 }]);
      expect(await sent(store, 3)).toHaveLength(1);
      expect(await store.owed()).toEqual({});
    });

    it('tells again after so many more, or so much later, as it is asked to', async () => {
      const { store } = await open();
      const joining = sampleJoining({ realertOf: () => ({ after: 3, everyMs: hour / 2 }) });
      await put(store, [sampleFinding(1, 0)], { joining });
      await sent(store, 1);
      await put(
        store,
        [1, 2].map((n) => sampleFinding(10 + n, n)),
        { joining },
      );
      expect(await sent(store, 2)).toEqual([]);
      await put(store, [sampleFinding(13, 3)], { joining });
      expect(await sent(store, 3)).toEqual(['01 again: again: 3 more since 2023-11-14 22:13 UTC']);
      await put(store, [sampleFinding(14, 33)], { joining });
      expect(await sent(store, 4)).toEqual(['01 again: again: 1 more since 2023-11-14 22:16 UTC']);
    });

    it('opens a resolved alert again for what happened after it was resolved, and only counts what happened before', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0)]);
      await sent(store, 1);
      const now = sampleStart + 10 * 60_000;
      const change = { type: 'status', status: 'resolved' } as const;
      await store.life.change({ alertId: sampleId(1), change, by: 'jane', via: 'api', now });
      await put(store, [sampleFinding(2, 5)]);
      expect((await all(store))[0]).toMatchObject({
        occurrences: { count: 2 },
        lifecycle: { status: 'resolved', revision: 1 },
      });
      expect(await sent(store, 2)).toEqual([]);
      await put(store, [sampleFinding(3, 15)]);
      expect((await all(store))[0]).toMatchObject({
        occurrences: { count: 3 },
        lifecycle: { status: 'open', revision: 2, by: 'tocsin' },
      });
      expect(await sent(store, 3)).toEqual(['01 again: reopened: it happened again']);
      expect(await store.life.figures()).toMatchObject([{ resolved: 0, falsePositives: 0 }]);
      expect((await store.life.statuses()).open).toBe(1);
    });

    it('stands apart from a false positive, and says what it follows', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0)]);
      const now = sampleStart + 10 * 60_000;
      const change = { type: 'status', status: 'false-positive', reason: 'a test' } as const;
      await store.life.change({ alertId: sampleId(1), change, by: 'jane', via: 'api', now });
      expect(await put(store, [sampleFinding(2, 15), sampleFinding(3, 16)])).toMatchObject({
        created: [sampleId(2)],
        joined: [{ alertId: sampleId(2) }],
      });
      expect(await store.alert(sampleId(2))).toMatchObject({
        follows: { id: sampleId(1), status: 'false-positive' },
        occurrences: { count: 2 },
      });
    });

    it('keeps a snoozed alert quiet until what it means changes', async () => {
      const { store } = await open();
      const joining = sampleJoining({ realertOf: () => ({ after: 1 }) });
      await put(store, [sampleFinding(1, 0)], { joining });
      await sent(store, 1);
      const snooze = { type: 'snooze', until: 1_000 } as const;
      await store.life.change({ alertId: sampleId(1), change: snooze, by: 'jane', via: 'cli', now: 1 });
      await put(store, [sampleFinding(2, 1)], { joining, now: 2 });
      expect(await sent(store, 2)).toEqual([]);
      await put(store, [sampleFinding(3, 2, { severity: 'critical' })], { joining, now: 3 });
      expect(await sent(store, 3)).toHaveLength(1);
      expect((await all(store))[0]?.lifecycle?.snoozedUntil).toBeUndefined();
      expect(await store.life.overslept(5_000, 10)).toEqual([]);
    });

    it('mutes a rule that tells too much in an hour, keeps its alerts, and says how many they were', async () => {
      const { store } = await open();
      const joining = sampleJoining({ perHour: () => 2 });
      const groups = ['a', 'b', 'c', 'd'];
      await put(
        store,
        groups.map((group, n) => sampleFinding(n, n, { group })),
        { joining, now: 1_000 },
      );
      expect(await sent(store, 1_000)).toHaveLength(2);
      expect((await all(store)).map(({ muted }) => muted?.until)).toEqual([
        1_000 + hour,
        1_000 + hour,
        undefined,
        undefined,
      ]);
      expect(await store.life.overflows(999 + hour)).toEqual([]);
      const overflows = await store.life.overflows(1_000 + hour);
      expect(overflows).toMatchObject([
        { start: 1_000, muted: 2, actors: ['alice'], first: sampleStart + 120_000 },
      ]);
      // The next hour begins with the next alert.
      await put(store, [sampleFinding(9, 0, { group: 'e' })], { joining, now: 2_000 + hour });
      expect(await sent(store, 2_000 + hour)).toHaveLength(1);
      expect(await store.life.overflows(1_000 + hour)).toEqual(overflows);
      await store.commit({ alerts: [], overflowsTold: overflows, now: 1 });
      expect(await store.life.overflows(1_000 + hour)).toEqual([]);
    });

    it('keeps of an hour the worst of what it muted, and everybody who would have been told, each once', async () => {
      const { store } = await open();
      const joining = sampleJoining({ perHour: () => 1 });
      const escalation = { type: 'escalation', route: 'nights', step: 1, minutes: 5 } as const;
      const muted = (number: number, severity: Severity, channels: Owes) =>
        store.commit({
          alerts: [{ alert: sampleFinding(number, number, { group: `${number}`, severity }), channels }],
          joining,
          now: 1_000 + number,
        });
      await muted(0, 'low', ['told']);
      const before = await muted(1, 'medium', ['slack']);
      await muted(2, 'critical', ['slack', 'pager', { channel: 'boss', due: 9_000, cause: escalation }]);
      await muted(3, 'low', [{ channel: 'mail digest', due: 9_000 }, 'slack']);
      // Somebody is to hear of what only an escalation would have told.
      await muted(4, 'informational', [{ channel: 'standby', due: 9_000, cause: escalation }]);
      expect(before).toMatchObject({ created: [sampleId(1)], muted: 1 });
      expect(await store.life.overflows(1_000 + hour)).toMatchObject([
        { muted: 4, severity: 'critical', channels: ['slack', 'pager', 'mail digest', 'standby'] },
      ]);
    });

    it('says of each commit how many tellings it kept back, what joins an alert that was told among them', async () => {
      const { store } = await open();
      const joining = sampleJoining({ perHour: () => 1 });
      const [, second, third] = await Promise.all([
        put(store, [sampleFinding(1, 0)], { joining }),
        put(store, [sampleFinding(2, 0, { group: 'b' }), sampleFinding(3, 0, { group: 'c' })], { joining }),
        put(store, [sampleFinding(4, 0, { group: 'd' })], { joining }),
      ]);
      expect([second.muted, third.muted]).toEqual([2, 1]);
      await sent(store, 1);
      expect(await put(store, [sampleFinding(5, 1, { severity: 'critical' })], { joining })).toMatchObject({
        joined: [{ id: sampleId(5), alertId: sampleId(1) }],
        muted: 1,
      });
      expect((await put(store, [sampleFinding(5, 1)], { joining })).muted).toBeUndefined();
    });

    it('takes what joined away with its alert', async () => {
      const { store } = await open();
      await put(store, [sampleFinding(1, 0), sampleFinding(2, 1)]);
      await sent(store, 1);
      expect(await forgetNow(store, [sampleId(1)])).toBe(1);
      expect(await store.alert(sampleId(2))).toBeUndefined();
      expect(await put(store, [sampleFinding(2, 1)])).toMatchObject({ created: [sampleId(2)] });
    });
  });
}
