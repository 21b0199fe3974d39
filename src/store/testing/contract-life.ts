import { describe, expect, it } from 'vitest';
import { statuses, type Status } from '../../alert/alert-life.ts';
import type { LifecycleChange } from '../../alert/lifecycle.ts';
import type { Suppression } from '../../alert/suppression.ts';
import type { AlertChangeResult } from '../life-store.ts';
import { BadCursorError, type AlertQuery, type Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { forgetNow, hostileTexts, sampleAlert, sampleException, sampleId } from './samples.ts';

async function stored(open: Open, count: number): Promise<Store> {
  const { store } = await open();
  const alerts = Array.from({ length: count }, (_, n) => ({
    alert: sampleAlert(n, { ruleId: n % 2 === 0 ? 'even' : 'odd' }),
    channels: [],
  }));
  await store.commit({ alerts, now: 1 });
  return store;
}

function change(
  store: Store,
  number: number,
  what: LifecycleChange,
  expected?: number,
): Promise<AlertChangeResult> {
  return store.life.change({
    alertId: sampleId(number),
    change: what,
    by: 'jane',
    via: 'api',
    expected,
    now: 100,
  });
}

const status = (to: Status, reason?: string): LifecycleChange => ({
  type: 'status',
  status: to,
  reason,
});

async function found(store: Store, query: Omit<AlertQuery, 'limit'>): Promise<readonly number[]> {
  const { alerts } = await store.alerts({ ...query, limit: 500 });
  return alerts.map(({ id }) => parseInt(id, 16)).sort((a, b) => a - b);
}

export function describeLife(open: Open): void {
  describe('life', () => {
    it('writes a change and its line of history', async () => {
      const store = await stored(open, 1);
      const lifecycle = { status: 'acknowledged', revision: 1, since: 100, by: 'jane' };
      expect(await change(store, 0, status('acknowledged'))).toMatchObject({
        type: 'changed',
        alert: { lifecycle },
      });
      expect((await store.alert(sampleId(0)))?.lifecycle).toMatchObject(lifecycle);
      await change(store, 0, { type: 'assign', assignee: 'joe' });
      await change(store, 0, { type: 'comment', text: 'looks real' });
      await change(store, 0, status('resolved', 'key deleted'));
      const { lines } = await store.life.history({ alertId: sampleId(0), limit: 10 });
      expect(lines.map(({ action, detail, revision }) => `${revision} ${action} ${detail}`)).toEqual([
        '4 status from acknowledged to resolved: key deleted',
        '3 comment looks real',
        '2 assign to joe',
        '1 status from open to acknowledged',
      ]);
      expect(lines[0]).toMatchObject({ alertId: sampleId(0), by: 'jane', via: 'api', time: 100 });
    });

    it('writes nothing where nothing changes, where it makes no sense, and where there is no such alert', async () => {
      const store = await stored(open, 1);
      expect(await change(store, 0, status('open'))).toMatchObject({ type: 'unchanged' });
      expect(await change(store, 0, status('false-positive'))).toMatchObject({
        type: 'refused',
        reason: 'a false positive needs a reason: it tells whoever mends the rule what is wrong with it',
      });
      expect(await change(store, 7, status('resolved'))).toEqual({ type: 'unknown' });
      expect((await store.life.history({ limit: 10 })).lines).toEqual([]);
      expect(await store.alert(sampleId(0))).toEqual(sampleAlert(0, { ruleId: 'even' }));
    });

    it('lets one of several through that decided from the same revision', async () => {
      const store = await stored(open, 1);
      const results = await Promise.all(
        ['joe', 'jane', 'ann'].map((assignee) => change(store, 0, { type: 'assign', assignee }, 0)),
      );
      expect(results.map(({ type }) => type).sort()).toEqual(['changed', 'stale', 'stale']);
      expect((await store.life.history({ limit: 10 })).lines).toHaveLength(1);
      expect(await change(store, 0, status('resolved'), 1)).toMatchObject({ type: 'changed' });
    });

    it('finds alerts by status and assignee, with every other filter', async () => {
      const store = await stored(open, 20);
      const { alerts } = await store.alerts({ limit: 500 });
      const given = new Map(alerts.map(({ id }, n) => [parseInt(id, 16), statuses[n % 5] ?? 'open']));
      for (const [number, to] of given) await change(store, number, status(to, 'so'));
      for (const number of [0, 3, 4]) await change(store, number, { type: 'assign', assignee: 'Ann Lee' });
      const having = (wanted: readonly Status[], also: (n: number) => boolean = () => true) =>
        [...given].flatMap(([n, one]) => (wanted.includes(one) && also(n) ? [n] : [])).sort((a, b) => a - b);
      for (const one of statuses) {
        expect(await found(store, { status: [one] })).toEqual(having([one]));
        expect(await found(store, { status: [one, 'open'] })).toEqual(having([one, 'open']));
        expect(await found(store, { status: [one], ruleId: 'even' })).toEqual(
          having([one], (n) => n % 2 === 0),
        );
      }
      expect(await found(store, { status: [] })).toEqual([]);
      expect(await found(store, { status: statuses })).toHaveLength(20);
      expect(await found(store, { status: ['open'], exceptions: 'show', severity: 'critical' })).toEqual([]);
      expect(await found(store, { assignee: 'ann lee' })).toEqual([0, 3, 4]);
      expect(await found(store, { assignee: 'ann lee', ruleId: 'odd' })).toEqual([3]);
      expect(await found(store, { assignee: 'ann' })).toEqual([]);
      expect(await store.life.statuses()).toEqual({
        open: 4,
        acknowledged: 4,
        'in-progress': 4,
        resolved: 4,
        'false-positive': 4,
      });
    });

    it('counts by status what is under an exception too, and nothing that is gone', async () => {
      const { store } = await open();
      const alerts = [sampleAlert(0), sampleAlert(1, { exception: sampleException }), sampleAlert(2)];
      await store.commit({ alerts: alerts.map((alert) => ({ alert, channels: [] })), now: 1 });
      await change(store, 1, status('resolved'));
      await change(store, 2, status('resolved'));
      expect(await store.life.statuses()).toMatchObject({ open: 1, resolved: 2 });
      expect(await found(store, { status: ['resolved'] })).toEqual([2]);
      await forgetNow(store, [sampleId(0), sampleId(2)]);
      expect(await store.life.statuses()).toMatchObject({ open: 0, resolved: 1 });
    });

    it('keeps the figures of rules and the history when the alerts are gone', async () => {
      const store = await stored(open, 5);
      await change(store, 0, status('resolved'));
      await change(store, 2, status('false-positive', 'backup'));
      await change(store, 4, status('false-positive', 'backup'));
      await change(store, 4, status('resolved', 'on second thoughts'));
      await change(store, 1, status('acknowledged'));
      await forgetNow(store, [0, 1, 2, 3, 4].map(sampleId));
      expect(await store.life.figures()).toEqual([
        {
          rule: { id: 'even', title: sampleAlert(0).rule.title },
          resolved: 2,
          falsePositives: 1,
        },
      ]);
      expect((await store.life.history({ alertId: sampleId(4), limit: 10 })).lines).toHaveLength(2);
      expect(await change(store, 4, status('open'))).toEqual({ type: 'unknown' });
    });

    it('tells the channels that it is asked to, in the same transaction', async () => {
      const store = await stored(open, 1);
      await store.life.change({
        alertId: sampleId(0),
        change: status('resolved', 'key deleted'),
        by: 'jane',
        via: 'slack',
        channelsFor: () => ['siem'],
        now: 100,
      });
      const [delivery] = await store.claim('siem', { now: 100, leaseUntil: 200, limit: 5 });
      expect(delivery?.alert).toMatchObject({
        lifecycle: { status: 'resolved' },
      });
      expect(delivery?.standing).toMatchObject({ status: 'resolved', by: 'jane', reason: 'key deleted' });
    });

    it('tells channels how it stands now, as far as they were told of it', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: ['slack'] }], now: 1 });
      const [first] = await store.claim('slack', { now: 1, leaseUntil: 5, limit: 5 });
      await store.settle(first?.id ?? '', { type: 'delivered', revision: 0 }, 2);
      await store.life.change({
        alertId: sampleId(0),
        change: status('acknowledged'),
        by: 'jane',
        via: 'api',
        followUps: ['slack', 'siem'],
        now: 100,
      });
      const [again] = await store.claim('slack', { now: 100, leaseUntil: 200, limit: 5 });
      expect(again).toMatchObject({
        standing: { status: 'acknowledged' },
        told: { standing: { status: 'open' } },
      });
      expect(await store.claim('siem', { now: 100, leaseUntil: 200, limit: 5 })).toEqual([]);
    });

    it('knows whose snooze is over, the longest over first', async () => {
      const store = await stored(open, 4);
      for (const [number, until] of [
        [0, 400],
        [1, 200],
        [2, 300],
        [3, 9_000],
      ] as const)
        await change(store, number, { type: 'snooze', until });
      expect(await store.life.overslept(199, 10)).toEqual([]);
      const ids = async (limit: number) => (await store.life.overslept(400, limit)).map(({ id }) => id);
      expect(await ids(10)).toEqual([1, 2, 0].map(sampleId));
      expect(await ids(2)).toEqual([1, 2].map(sampleId));
      await change(store, 1, { type: 'wake' });
      await change(store, 2, status('resolved'));
      expect(await ids(10)).toEqual([sampleId(0)]);
    });

    it('gives the history in pages, of one alert and of all', async () => {
      const store = await stored(open, 2);
      for (let n = 0; n < 7; n++) await change(store, n % 2, { type: 'comment', text: `comment ${n}` });
      const first = await store.life.history({ limit: 4 });
      const second = await store.life.history({ limit: 4, after: first.next });
      expect([...first.lines, ...second.lines].map(({ detail }) => detail)).toEqual(
        [6, 5, 4, 3, 2, 1, 0].map((n) => `comment ${n}`),
      );
      expect(second.next).toBeUndefined();
      expect((await store.life.history({ alertId: sampleId(1), limit: 10 })).lines).toHaveLength(3);
      await expect(store.life.history({ limit: 0 })).rejects.toThrow(RangeError);
      await expect(store.life.history({ limit: 5, after: 'x' })).rejects.toThrow(BadCursorError);
    });

    it.each(hostileTexts.filter(([, text]) => text.trim() !== '' && text.length <= 200))(
      'keeps %s unchanged in what people write',
      async (_, text) => {
        const store = await stored(open, 1);
        await change(store, 0, { type: 'comment', text });
        await change(store, 0, { type: 'assign', assignee: text });
        const { lines } = await store.life.history({ limit: 5 });
        expect(lines[1]?.detail).toBe(text);
        expect((await store.alert(sampleId(0)))?.lifecycle?.assignee).toBe(text);
      },
    );

    it('keeps suppressions, the newest first, and what becomes of them', async () => {
      const { store, reopen } = await open();
      const one: Suppression = {
        id: 's1',
        name: 'backup',
        when: { 'tocsin.rule.id': 'r' },
        reason: 'known',
        owner: 'jane',
        from: 0,
        until: 1_000,
        createdAt: 5,
        createdBy: 'jane',
      };
      await store.life.suppress(one);
      await store.life.suppress({ ...one, id: 's2' });
      const ended = { ...one, ended: { at: 50, by: 'joe' } };
      await store.life.suppress(ended);
      expect(await (await reopen()).life.suppressions()).toEqual([{ ...one, id: 's2' }, ended]);
    });
  });
}
