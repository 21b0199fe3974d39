import { describe, expect, it } from 'vitest';
import type { RouteCause } from '../../alert/delivery-cause.ts';
import type { LifecycleChange } from '../../alert/lifecycle.ts';
import type { DeliveryOutcome } from '../delivery.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleFinding, sampleId, sampleJoining, sampleStart } from './samples.ts';

const minute = 60_000;
const escalation: RouteCause = { type: 'escalation', route: 'nights', step: 1, minutes: 15 };
const fallback: RouteCause = { type: 'fallback', route: 'nights', channels: ['slack'], minutes: 5 };
const dropped: DeliveryOutcome = { type: 'dropped', reason: 'no escalation: the alert is resolved' };

const status = (to: 'open' | 'acknowledged' | 'resolved'): LifecycleChange => ({
  type: 'status',
  status: to,
});

async function escalating(open: Open, cause: RouteCause = escalation): Promise<Store> {
  const { store } = await open();
  const due = cause.minutes * minute;
  await store.commit({
    alerts: [{ alert: sampleAlert(1), channels: ['slack', { channel: 'pager', due, cause }] }],
    now: 0,
  });
  return store;
}

async function change(store: Store, what: LifecycleChange, now: number): Promise<void> {
  const result = await store.life.change({
    alertId: sampleId(1),
    change: what,
    by: 'jane',
    via: 'api',
    followUps: ['slack', 'pager'],
    now,
  });
  expect(result.type).toBe('changed');
}

const claim = (store: Store, now: number, channel = 'pager') =>
  store.claim(channel, { now, leaseUntil: now + 1_000, limit: 5 });

async function settle(store: Store, now: number, outcome: DeliveryOutcome): Promise<void> {
  for (const { id } of await claim(store, now)) await store.settle(id, outcome, now);
}

/** What is owed only under a condition, where the condition may come to hold anew. */
export function describeConditions(open: Open): void {
  describe('what is owed under a condition', () => {
    it.each<[string, RouteCause]>([
      ['escalation', escalation],
      ['fallback', fallback],
    ])(
      'is owed anew as %s, with its whole time, where somebody takes an acknowledgement back',
      async (_, cause) => {
        const store = await escalating(open, cause);
        await change(store, status('acknowledged'), minute);
        const due = cause.minutes * minute;
        await settle(store, due, dropped);
        await change(store, status('open'), 60 * minute);
        expect(await claim(store, 60 * minute + due - 1)).toEqual([]);
        expect(await claim(store, 60 * minute + due)).toMatchObject([
          { cause, attempts: 0, told: undefined, owedSince: 60 * minute + due },
        ]);
        expect((await store.counts()).deliveries).toEqual({ pending: 2, delivered: 0, dead: 0, dropped: 0 });
      },
    );

    it('begins anew also where its time had not come', async () => {
      const store = await escalating(open);
      await change(store, status('resolved'), 13 * minute);
      await change(store, status('open'), 14 * minute);
      expect(await claim(store, 28 * minute)).toEqual([]);
      expect(await claim(store, 29 * minute)).toHaveLength(1);
    });

    it('begins anew where a snooze is over', async () => {
      const store = await escalating(open);
      await change(store, { type: 'snooze', until: 60 * minute }, minute);
      await settle(store, 15 * minute, { type: 'postponed', at: 61 * minute, reason: 'snoozed' });
      await change(store, { type: 'wake' }, 60 * minute);
      expect(await claim(store, 75 * minute - 1)).toEqual([]);
      expect(await claim(store, 75 * minute)).toHaveLength(1);
    });

    it('is told how it goes on where it was told, and at once', async () => {
      const store = await escalating(open);
      const told = { standing: { status: 'open', severity: 'high', count: 1 }, receipt: {} } as const;
      await settle(store, 15 * minute, { type: 'delivered', revision: 0, told });
      await change(store, status('resolved'), 16 * minute);
      await settle(store, 16 * minute, {
        type: 'delivered',
        revision: 1,
        told: { ...told, standing: { ...told.standing, status: 'resolved' } },
      });
      await change(store, status('open'), 20 * minute);
      expect(await claim(store, 20 * minute)).toMatchObject([{ told: { standing: { status: 'resolved' } } }]);
    });

    it('is left alone by what does not put the alert on the table again', async () => {
      const store = await escalating(open);
      await change(store, status('acknowledged'), minute);
      await settle(store, 15 * minute, dropped);
      await change(store, { type: 'assign', assignee: 'joe' }, 16 * minute);
      await change(store, status('resolved'), 17 * minute);
      expect(await claim(store, 9_999 * minute)).toEqual([]);
      expect((await store.deliveries(sampleId(1)))[0]).toMatchObject({ channel: 'pager', state: 'dropped' });
    });

    it('is owed anew where a new finding opens a closed alert again', async () => {
      const { store } = await open();
      const put = (finding: number, at: number, now: number) =>
        store.commit({
          alerts: [
            {
              alert: sampleFinding(finding, at),
              channels: ['slack', { channel: 'pager', due: now + 15 * minute, cause: escalation }],
            },
          ],
          joining: sampleJoining({
            channelsFor: () => ['slack', { channel: 'pager', due: now + 15 * minute, cause: escalation }],
          }),
          now,
        });
      const start = sampleStart;
      await put(1, 0, start);
      await store.life.change({
        alertId: sampleId(1),
        change: status('resolved'),
        by: 'jane',
        via: 'api',
        now: start + 10 * minute,
      });
      await settle(store, start + 15 * minute, dropped);
      await put(2, 20, start + 20 * minute);
      expect((await store.alert(sampleId(1)))?.lifecycle?.status).toBe('open');
      expect(await claim(store, start + 35 * minute - 1)).toEqual([]);
      expect(await claim(store, start + 35 * minute)).toMatchObject([{ cause: escalation, attempts: 0 }]);
    });
  });

  describe('what goes into a digest', () => {
    it('waits for the next one also where it is told again', async () => {
      const { store } = await open();
      const queue = 'mail digest';
      const put = (finding: number, now: number, due: number) =>
        store.commit({
          alerts: [{ alert: sampleFinding(finding, finding), channels: [{ channel: queue, due }] }],
          joining: sampleJoining({
            channelsFor: () => [{ channel: queue, due }],
            realertOf: () => ({ after: 1 }),
          }),
          now,
        });
      const hour = 60 * minute;
      await put(1, 0, hour);
      const [first] = await claim(store, hour, queue);
      await store.settle(first?.id ?? '', { type: 'delivered' }, hour);
      await put(2, hour + minute, 2 * hour);
      expect(await claim(store, 2 * hour - 1, queue)).toEqual([]);
      expect(await claim(store, 2 * hour, queue)).toMatchObject([{ revision: 1, owedSince: 2 * hour }]);
    });
  });

  describe('since when something is owed', () => {
    it.each([
      ['at once', undefined, undefined],
      ['after some seconds for what is looked up', 5_000, undefined],
      ['hours later', 3_600_000, 3_600_000],
    ])('is when it came due: %s', async (_, due, owedSince) => {
      const { store } = await open();
      await store.commit({
        alerts: [{ alert: sampleAlert(1), channels: [{ channel: 'pager', due }] }],
        now: 0,
      });
      const [delivery] = await claim(store, due ?? 0);
      expect(delivery).toMatchObject({ attempts: 0 });
      expect(delivery?.owedSince).toBe(owedSince);
    });

    it('is when it was replayed, for what was given up', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(1), channels: ['pager'] }], now: 0 });
      await settle(store, 0, { type: 'dead', reason: 'HTTP 400' });
      const [dead] = (await store.deadDeliveries({ limit: 1 })).deliveries;
      await store.handleDead([dead?.id ?? ''], { action: 'replayed', at: 5_000, by: 'jane' });
      expect(await claim(store, 5_000)).toMatchObject([{ attempts: 0, owedSince: 5_000 }]);
    });

    it('is when it comes due again, for what is postponed, and no attempt is counted', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(1), channels: ['pager'] }], now: 0 });
      await settle(store, 0, { type: 'postponed', at: 7_000, reason: 'snoozed' });
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { state: 'pending', due: 7_000, reason: 'snoozed' },
      ]);
      expect(await claim(store, 6_999)).toEqual([]);
      expect(await claim(store, 7_000)).toMatchObject([{ attempts: 0, owedSince: 7_000 }]);
    });
  });
}
