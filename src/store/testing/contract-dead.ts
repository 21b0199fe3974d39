import { describe, expect, it } from 'vitest';
import type { DeliveryCause } from '../../alert/delivery-cause.ts';
import { BadCursorError, type Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { forgetNow, hostileTexts, sampleAlert, sampleId } from './samples.ts';

const lease = { now: 100, leaseUntil: 200, limit: 10 };
const none = { pending: 0, delivered: 0, dead: 0, dropped: 0 };
const causes: readonly DeliveryCause[] = [
  { type: 'escalation', route: 'nights', step: 2, minutes: 15 },
  { type: 'fallback', route: '\0 \ud800', channels: ['slack'], minutes: 0.5 },
];

/** Owes and gives up one delivery after the other, at the times 1000, 1001 ... */
async function die(store: Store, channel: string, reasons: readonly string[], from = 1): Promise<void> {
  const alerts = reasons.map((_, n) => ({ alert: sampleAlert(from + n), channels: [channel] }));
  await store.commit({ alerts, now: 100 });
  const claimed = await store.claim(channel, { ...lease, limit: reasons.length });
  for (const [n, { id }] of claimed.entries())
    await store.settle(id, { type: 'dead', reason: reasons[n] ?? '' }, 1_000 + n);
}

/** What a delivery can be owed under, and what becomes of those that were given up. */
export function describeDead(open: Open): void {
  describe('what is owed for later or under a condition', () => {
    it('is not given before its time, and then with its cause', async () => {
      const { store } = await open();
      const [escalation, fallback] = causes;
      await store.commit({
        alerts: [
          {
            alert: sampleAlert(1),
            channels: [
              'slack',
              { channel: 'pager', due: 500, cause: escalation },
              { channel: 'mail', due: 50, cause: fallback },
              { channel: 'slack', due: 900 },
            ],
          },
        ],
        now: 100,
      });
      expect(await store.claim('slack', lease)).toHaveLength(1);
      expect(await store.claim('mail', lease)).toMatchObject([{ cause: fallback, attempts: 0 }]);
      expect(await store.claim('pager', { ...lease, now: 499 })).toEqual([]);
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { channel: 'mail', cause: fallback },
        { channel: 'pager', state: 'pending', due: 500, cause: escalation },
        { channel: 'slack' },
      ]);
      expect(await store.claim('pager', { ...lease, now: 500, leaseUntil: 600 })).toMatchObject([
        { cause: escalation },
      ]);
      expect(await store.owed()).toEqual({ slack: 1, pager: 1, mail: 1 });
    });

    it('is not hurried by a change of the alert', async () => {
      const { store } = await open();
      await store.commit({
        alerts: [{ alert: sampleAlert(1), channels: [{ channel: 'pager', due: 500 }] }],
        now: 100,
      });
      await store.oweFollowUps([sampleId(1)], ['pager'], { now: 150, at: 160 });
      expect(await store.claim('pager', { ...lease, now: 499 })).toEqual([]);
      expect(await store.claim('pager', { ...lease, now: 500, leaseUntil: 600 })).toHaveLength(1);
    });

    it('is dropped while it is held, counted apart, and given to nobody any more', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(1), channels: ['slack'] }], now: 100 });
      const [{ id } = { id: '' }] = await store.deliveries(sampleId(1));
      await store.settle(id, { type: 'dropped', reason: 'too early' }, 100);
      expect((await store.counts()).deliveries).toEqual({ ...none, pending: 1 });
      await store.claim('slack', lease);
      await store.settle(id, { type: 'dropped', reason: 'acknowledged' }, 110);
      expect(await store.claim('slack', { ...lease, now: 9_999, leaseUntil: 10_000 })).toEqual([]);
      expect(await store.deliveries(sampleId(1))).toEqual([
        { id, channel: 'slack', state: 'dropped', attempts: 1, reason: 'acknowledged' },
      ]);
      expect((await store.counts()).deliveries).toEqual({ ...none, dropped: 1 });
      expect(await store.owed()).toEqual({});
      expect(await forgetNow(store, [sampleId(1)])).toBe(1);
      expect((await store.counts()).deliveries).toEqual(none);
    });
  });

  describe('settle, of several at once', () => {
    it('settles those that are there, and counts each', async () => {
      const { store } = await open();
      const alerts = Array.from({ length: 2_000 }, (_, n) => ({
        alert: sampleAlert(n),
        channels: ['slack'],
      }));
      await store.commit({ alerts, now: 100 });
      const claimed = await store.claim('slack', { ...lease, limit: 2_000 });
      const ids = claimed.map(({ id }) => id);
      await store.settle(
        ['no such delivery', ...ids.slice(0, 2)],
        { type: 'retry', at: 300, reason: 'x' },
        110,
      );
      expect((await store.counts()).deliveries).toEqual({ ...none, pending: 2_000 });
      await store.settle(ids, { type: 'delivered' }, 120);
      expect((await store.counts()).deliveries).toEqual({ ...none, delivered: 2_000 });
      await store.settle([], { type: 'dead', reason: 'none' }, 130);
      expect(await store.owed()).toEqual({});
    });
  });

  describe('deadDeliveries', () => {
    it('lists what was given up with its alert, the last first, page by page', async () => {
      const { store } = await open();
      await die(store, 'slack', ['a', 'b', 'c', 'd', 'e']);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.deadDeliveries({ limit: 2, after });
        seen.push(...page.deliveries.map(({ reason }) => reason));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
      const { deliveries } = await store.deadDeliveries({ limit: 1 });
      expect(deliveries).toMatchObject([
        { channel: 'slack', alert: sampleAlert(5), attempts: 1, diedAt: 1_004, history: [] },
      ]);
    });

    it('asks for channel, time and reason, letter by letter', async () => {
      const { store } = await open();
      await die(store, 'slack', ['HTTP 400: no', 'HTTP 413: 100% too long']);
      await die(store, 'siem', ['HTTP 400: no'], 10);
      const found = async (query: Partial<Parameters<Store['deadDeliveries']>[0]>) =>
        (await store.deadDeliveries({ limit: 10, ...query })).deliveries.map(({ alert }) => alert.id);
      expect(await found({ channel: 'siem' })).toEqual([sampleId(10)]);
      expect(await found({ channel: 'slack', reason: '400' })).toEqual([sampleId(1)]);
      expect(await found({ reason: '% too' })).toEqual([sampleId(2)]);
      expect(await found({ reason: 'http' })).toEqual([]);
      expect(await found({ channel: 'slack', since: 1_001 })).toEqual([sampleId(2)]);
      expect(await found({ channel: 'slack', until: 1_001 })).toEqual([sampleId(1)]);
    });

    it('keeps whatever stands in a reason', async () => {
      const { store } = await open();
      const texts = hostileTexts.map(([, text]) => text).filter((text) => text.length < 1_000);
      await die(store, 'slack', texts);
      const { deliveries } = await store.deadDeliveries({ limit: 500 });
      expect(deliveries.map(({ reason }) => reason).reverse()).toEqual(texts);
      for (const text of texts)
        expect((await store.deadDeliveries({ limit: 500, reason: text })).deliveries.length).toBeGreaterThan(
          0,
        );
    });

    it('refuses cursors that are none, and limits out of range', async () => {
      const { store } = await open();
      await expect(store.deadDeliveries({ limit: 1, after: 'x' })).rejects.toThrow(BadCursorError);
      await expect(store.deadDeliveries({ limit: 0 })).rejects.toThrow(RangeError);
    });
  });

  describe('handleDead', () => {
    it('has a delivery tried anew under its old id, and writes down by whom', async () => {
      const { store } = await open();
      await die(store, 'slack', ['HTTP 400']);
      const [before] = await store.deliveries(sampleId(1));
      const handling = { action: 'replayed', at: 2_000, by: 'jane' } as const;
      expect(await store.handleDead([before?.id ?? '', 'nobody'], handling)).toEqual([before?.id]);
      expect(await store.handleDead([before?.id ?? ''], handling)).toEqual([]);
      expect((await store.counts()).deliveries).toEqual({ ...none, pending: 1 });
      const [again] = await store.claim('slack', { now: 2_000, leaseUntil: 3_000, limit: 5 });
      expect(again).toMatchObject({ id: before?.id, attempts: 0 });
      await store.settle(again?.id ?? '', { type: 'dead', reason: 'HTTP 400 again' }, 2_010);
      const { deliveries } = await store.deadDeliveries({ limit: 5 });
      expect(deliveries).toMatchObject([
        { reason: 'HTTP 400 again', diedAt: 2_010, history: [{ ...handling, after: 'HTTP 400' }] },
      ]);
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { state: 'dead', history: [{ by: 'jane' }] },
      ]);
    });

    it('keeps the order of the store among what is tried anew', async () => {
      const { store } = await open();
      await die(store, 'slack', ['a', 'b', 'c']);
      const { deliveries } = await store.deadDeliveries({ limit: 5 });
      await store.handleDead(
        deliveries.map(({ id }) => id),
        { action: 'replayed', at: 2_000, by: 'jane' },
      );
      const again = await store.claim('slack', { now: 2_000, leaseUntil: 3_000, limit: 5 });
      expect(again.map(({ alert }) => alert.id)).toEqual([1, 2, 3].map(sampleId));
    });

    it('drops for good, and leaves alone what is not given up', async () => {
      const { store } = await open();
      await die(store, 'slack', ['a']);
      await store.commit({ alerts: [{ alert: sampleAlert(7), channels: ['slack'] }], now: 100 });
      const ids = [...(await store.deliveries(sampleId(1))), ...(await store.deliveries(sampleId(7)))];
      const handling = { action: 'dropped', at: 2_000, by: 'jane' } as const;
      expect(
        await store.handleDead(
          ids.map(({ id }) => id),
          handling,
        ),
      ).toHaveLength(1);
      expect((await store.counts()).deliveries).toEqual({ ...none, pending: 1, dropped: 1 });
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { state: 'dropped', reason: 'a', history: [{ ...handling, after: 'a' }] },
      ]);
      expect((await store.deadDeliveries({ limit: 5 })).deliveries).toEqual([]);
    });

    it('remembers the last twenty times', async () => {
      const { store } = await open();
      await die(store, 'slack', ['x']);
      const [{ id } = { id: '' }] = await store.deliveries(sampleId(1));
      for (let n = 0; n < 22; n += 1) {
        await store.handleDead([id], { action: 'replayed', at: 2_000 + n, by: `${n}` });
        await store.claim('slack', { now: 2_000 + n, leaseUntil: 5_000, limit: 1 });
        await store.settle(id, { type: 'dead', reason: 'x' }, 2_000 + n);
      }
      const [state] = await store.deliveries(sampleId(1));
      expect(state?.history).toHaveLength(20);
      expect(state?.history?.at(-1)?.by).toBe('21');
    });
  });
}
