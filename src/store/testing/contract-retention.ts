import { describe, expect, it } from 'vitest';
import { markedAlert } from '../alert-mark.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleFinding, sampleId, sampleJoining } from './samples.ts';

/** Alert `n` is stored at time `n`. */
async function put(
  store: Store,
  numbers: readonly number[],
  channels: readonly string[] = [],
): Promise<void> {
  for (const n of numbers)
    await store.commit({ alerts: [{ alert: sampleAlert(n, { title: `alert-${n}` }), channels }], now: n });
}

async function old(store: Store, before: number, limit = 2): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: number | undefined;
  do {
    const page = await store.oldAlerts({ before, after, limit });
    ids.push(...page.alerts.map(({ alert }) => alert.id));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

export function describeRetention(open: Open): void {
  describe('old alerts', () => {
    it('are those stored before a time, in that order, with how their deliveries stand', async () => {
      const { store } = await open();
      await put(store, [5, 1]);
      await put(store, [7, 8, 9], ['slack']);
      expect(await old(store, 8)).toEqual([5, 1, 7].map(sampleId));
      expect(await old(store, 100)).toEqual([5, 1, 7, 8, 9].map(sampleId));
      expect(await old(store, 0)).toEqual([]);
      const { alerts } = await store.oldAlerts({ before: 8, limit: 9 });
      expect(alerts[2]).toEqual({
        alert: sampleAlert(7, { title: 'alert-7' }),
        storedAt: 7,
        deliveries: await store.deliveries(sampleId(7)),
      });
      await expect(store.oldAlerts({ before: 1, limit: 0 })).rejects.toThrow(RangeError);
    });

    it('can be followed behind the last one, as more are stored', async () => {
      const { store } = await open();
      const page = (after?: number) => store.oldAlerts({ before: Number.MAX_SAFE_INTEGER, after, limit: 2 });
      expect(await page()).toEqual({ alerts: [], next: undefined, last: undefined });
      await put(store, [5]);
      const first = await page();
      expect(first.alerts).toHaveLength(1);
      expect(await page(first.last)).toMatchObject({ alerts: [], last: undefined });
      await put(store, [1, 2, 3]);
      const second = await page(first.last);
      expect(second.alerts.map(({ alert }) => alert.id)).toEqual([1, 2].map(sampleId));
      expect(second.last).toBe(second.next);
      expect((await page(second.last)).alerts.map(({ alert }) => alert.id)).toEqual([sampleId(3)]);
    });

    it('can be forgotten, with all that belongs to them, but not while a delivery is owed', async () => {
      const { store } = await open();
      await put(store, [1, 2, 3], ['slack']);
      await put(store, [4]);
      const [first, second] = await store.claim('slack', { now: 10, leaseUntil: 20, limit: 2 });
      await store.settle(first?.id ?? '', { type: 'delivered' }, 11);
      await store.settle(second?.id ?? '', { type: 'dead', reason: 'no' }, 11);
      const { alerts } = await store.oldAlerts({ before: 100, limit: 9 });
      const read = alerts.map(({ alert }) => markedAlert(alert));
      expect(await store.forget([...read, markedAlert(sampleAlert(99))])).toBe(3);
      expect(await old(store, 100)).toEqual([sampleId(3)]);
      expect((await store.alerts({ limit: 9 })).alerts.map(({ id }) => id)).toEqual([sampleId(3)]);
      expect(await store.alert(sampleId(1))).toBeUndefined();
      expect(await store.deliveries(sampleId(1))).toEqual([]);
      expect((await store.alerts({ text: 'alert-1', limit: 9 })).alerts).toEqual([]);
      expect((await store.alerts({ text: 'alert-3', limit: 9 })).alerts).toHaveLength(1);
      expect(await store.counts()).toMatchObject({
        alerts: { high: 1 },
        deliveries: { pending: 1, delivered: 0, dead: 0, dropped: 0 },
      });
      expect(await store.forget([])).toBe(0);
    });

    it.each<[name: string, change: (store: Store) => Promise<unknown>]>([
      [
        'something joined',
        (store) =>
          store.commit({
            alerts: [{ alert: sampleFinding(2, 1), channels: [] }],
            joining: sampleJoining(),
            now: 2,
          }),
      ],
      [
        'somebody decided on',
        (store) =>
          store.life.change({
            alertId: sampleId(1),
            change: { type: 'status', status: 'acknowledged' },
            by: 'jane',
            via: 'api',
            now: 2,
          }),
      ],
    ])('stay where %s them since they were read', async (_, change) => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleFinding(1, 0), channels: [] }], now: 1 });
      await put(store, [7]);
      const { alerts } = await store.oldAlerts({ before: 100, limit: 9 });
      await change(store);
      expect(await store.forget(alerts.map(({ alert }) => markedAlert(alert)))).toBe(1);
      expect(await old(store, 100)).toEqual([sampleId(1)]);
      const again = await store.oldAlerts({ before: 100, limit: 9 });
      expect(await store.forget(again.alerts.map(({ alert }) => markedAlert(alert)))).toBe(1);
    });
  });
}
