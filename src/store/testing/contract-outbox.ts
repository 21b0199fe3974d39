import { describe, expect, it } from 'vitest';
import type { Attendant } from '../attendant.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleId } from './samples.ts';
import type { Delivery, DeliveryOutcome } from '../delivery.ts';
import type { Store } from '../store.ts';

async function owe(store: Store, numbers: readonly number[], channels = ['slack']): Promise<void> {
  const alerts = numbers.map((number) => ({ alert: sampleAlert(number), channels }));
  await store.commit({ alerts, now: 100 });
}

function ids(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map((delivery) => delivery.alert.id);
}

async function claimOne(store: Store, now: number, leaseUntil: number): Promise<Delivery> {
  const [delivery] = await store.claim('slack', { now, leaseUntil, limit: 1 });
  if (!delivery) throw new Error(`nothing is due at ${now}`);
  return delivery;
}

const retry = (at: number): DeliveryOutcome => ({ type: 'retry', at, reason: 'try later' });

export function describeOutbox(open: Open): void {
  describe('owed', () => {
    it('counts what each channel is owed, whether ready, put off or held, and nothing that is over', async () => {
      const { store } = await open();
      expect(await store.owed()).toEqual({});
      await owe(store, [1, 2, 3, 4], ['slack', 'siem']);
      expect(await store.owed()).toEqual({ slack: 4, siem: 4 });
      const [first, second, third] = await store.claim('slack', { now: 100, leaseUntil: 200, limit: 3 });
      await store.settle(first?.id ?? '', { type: 'delivered' }, 110);
      await store.settle(second?.id ?? '', retry(400), 110);
      await store.settle(third?.id ?? '', { type: 'dead', reason: 'refused' }, 110);
      expect(await store.owed()).toEqual({ slack: 2, siem: 4 });
    });
  });

  describe('attend', () => {
    /** Takes up to so many, and keeps what it was given. */
    function attendantOf(limit: number) {
      const given: { readonly ids: readonly string[]; readonly isMore: boolean }[] = [];
      const deliveries: Delivery[] = [];
      const attendant: Attendant = {
        room: () => ({
          limit,
          leaseUntil: 200,
          take: (taken, isMore) => {
            given.push({ ids: ids(taken), isMore });
            deliveries.push(...taken);
          },
        }),
      };
      return { attendant, given, deliveries };
    }

    it('hands over what a commit owes at once, as a claim would give it, and leaves the rest to be claimed', async () => {
      const { store } = await open();
      const { attendant, given, deliveries } = attendantOf(2);
      const leave = store.attend?.('slack', attendant);
      // A store may have everything claimed.
      if (leave === undefined) return;
      await owe(store, [5, 3, 4], ['slack', 'siem']);
      await expect.poll(() => given).toEqual([{ ids: [5, 3].map(sampleId), isMore: true }]);
      const [siem] = await store.claim('siem', { now: 100, leaseUntil: 200, limit: 1 });
      expect({ ...deliveries[0], id: '', channel: '' }).toEqual({ ...siem, id: '', channel: '' });
      expect(ids(await store.claim('slack', { now: 100, leaseUntil: 200, limit: 9 }))).toEqual([sampleId(4)]);

      await store.settle(deliveries[0]?.id ?? '', { type: 'delivered' }, 110);
      expect(await store.owed()).toEqual({ slack: 2, siem: 3 });
      // Whoever took the other died.
      const again = await store.claim('slack', { now: 201, leaseUntil: 300, limit: 9 });
      expect(again.map(({ attempts }) => attempts)).toEqual([1, 1]);
      expect(ids(again)).toEqual([3, 4].map(sampleId));

      leave();
      await owe(store, [6]);
      expect(ids(await store.claim('slack', { now: 100, leaseUntil: 200, limit: 9 }))).toEqual([sampleId(6)]);
      expect(given).toHaveLength(1);
    });

    it('hands over nothing that is owed later, under a condition, again, or to another channel', async () => {
      const { store } = await open();
      const { attendant, given } = attendantOf(9);
      if (store.attend?.('slack', attendant) === undefined) return;
      const alert = sampleAlert(1);
      await store.commit({ alerts: [{ alert, channels: [{ channel: 'slack', due: 500 }] }], now: 100 });
      await owe(store, [2], ['siem']);
      expect(given).toEqual([]);
      const cause = { type: 'client' } as const;
      await store.commit({
        alerts: [{ alert: sampleAlert(3), channels: [{ channel: 'slack', cause }] }],
        now: 100,
      });
      await expect.poll(() => given).toEqual([{ ids: [], isMore: true }]);
      await owe(store, [1, 2, 3]);
      expect(given).toHaveLength(1);
    });

    it('hands over nothing of a commit that fails, and says so', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const { attendant, given } = attendantOf(9);
      if (store.attend?.('slack', attendant) === undefined) return;
      const { revision } = await store.assetChanges(Number.MAX_SAFE_INTEGER);
      const asset = {
        type: 'AWS::S3::Bucket',
        id: 'invoices',
        account: '111122223333',
        firstSeen: 1,
        lastSeen: 1,
        name: 'invoices',
        history: [],
        aspects: {},
      };
      await other.commit({ alerts: [], assets: [{ key: 'k', asset }], assetsFrom: revision, now: 1 });
      await expect(
        store.commit({
          alerts: [{ alert: sampleAlert(1), channels: ['slack'] }],
          assets: [{ key: 'k', asset }],
          assetsFrom: revision,
          now: 100,
        }),
      ).rejects.toMatchObject({ problem: 'stale' });
      expect(given).toEqual([{ ids: [], isMore: false }]);
      expect(await store.owed()).toEqual({});
      await other.close();
    });
  });

  describe('claim', () => {
    it('gives each channel its own deliveries, with the whole alert', async () => {
      const { store } = await open();
      await owe(store, [1], ['slack', 'siem']);
      const [slack] = await store.claim('slack', { now: 100, leaseUntil: 200, limit: 10 });
      const [siem] = await store.claim('siem', { now: 100, leaseUntil: 200, limit: 10 });
      expect(slack).toMatchObject({ channel: 'slack', alert: sampleAlert(1), attempts: 0 });
      expect(siem).toMatchObject({ channel: 'siem', alert: sampleAlert(1), attempts: 0 });
      expect(slack?.id).not.toBe(siem?.id);
      expect(await store.claim('mail', { now: 100, leaseUntil: 200, limit: 10 })).toEqual([]);
    });

    it('goes by the order in which alerts were stored, not by event time or id', async () => {
      const { store } = await open();
      await owe(store, [5, 3]);
      await owe(store, [4, 1, 2]);
      expect(ids(await store.claim('slack', { now: 100, leaseUntil: 200, limit: 3 }))).toEqual(
        [5, 3, 4].map(sampleId),
      );
      expect(ids(await store.claim('slack', { now: 100, leaseUntil: 200, limit: 3 }))).toEqual(
        [1, 2].map(sampleId),
      );
    });

    it('puts what comes due again back in its old place', async () => {
      const { store } = await open();
      await owe(store, [1, 2]);
      const first = await claimOne(store, 100, 200);
      await store.settle(first.id, retry(150), 110);
      expect(ids(await store.claim('slack', { now: 150, leaseUntil: 200, limit: 5 }))).toEqual(
        [1, 2].map(sampleId),
      );
    });

    it('holds what it gave until the lease ends, and lets it go then', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const first = await claimOne(store, 100, 200);
      expect(await store.claim('slack', { now: 199, leaseUntil: 300, limit: 5 })).toEqual([]);
      const again = await claimOne(store, 200, 300);
      expect(again).toEqual({ ...first, attempts: 1 });
    });

    it('gives two connections different deliveries, and all of them', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const numbers = Array.from({ length: 60 }, (_, n) => n);
      await owe(store, numbers);
      const claims = await Promise.all(
        Array.from({ length: 14 }, (_, n) =>
          (n % 2 === 0 ? store : other).claim('slack', { now: 100, leaseUntil: 200, limit: 5 }),
        ),
      );
      await other.close();
      expect(claims.flatMap(ids).sort()).toEqual(numbers.map(sampleId));
    });

    it('gives the same id to the same alert and channel in every store', async () => {
      const [one, two] = [(await open()).store, (await open()).store];
      await owe(one, [1, 2], ['slack', 'siem']);
      await owe(two, [2], ['slack']);
      const [there] = await two.deliveries(sampleId(2));
      const here = await one.deliveries(sampleId(2));
      expect(here.find((delivery) => delivery.channel === 'slack')?.id).toBe(there?.id);
      const all = [...here, ...(await one.deliveries(sampleId(1)))].map((delivery) => delivery.id);
      expect(new Set(all).size).toBe(4);
    });
  });

  describe('settle', () => {
    it('delivered: it is not given out again', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const delivery = await claimOne(store, 100, 200);
      await store.settle(delivery.id, { type: 'delivered' }, 110);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
      expect(await store.deliveries(sampleId(1))).toEqual([
        { id: delivery.id, channel: 'slack', state: 'delivered', attempts: 1, reason: undefined },
      ]);
    });

    it('retry: it is due again at the time given, with one more attempt and the reason', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const delivery = await claimOne(store, 100, 200);
      await store.settle(delivery.id, retry(500.5), 110);
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { state: 'pending', attempts: 1, reason: 'try later' },
      ]);
      expect(await store.claim('slack', { now: 500, leaseUntil: 600, limit: 5 })).toEqual([]);
      expect((await claimOne(store, 501, 600)).attempts).toBe(1);
    });

    it('dead: it is not given out again and keeps its reason', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const delivery = await claimOne(store, 100, 200);
      await store.settle(delivery.id, { type: 'dead', reason: 'channel_not_found' }, 110);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
      expect(await store.deliveries(sampleId(1))).toMatchObject([
        { state: 'dead', attempts: 1, reason: 'channel_not_found' },
      ]);
    });

    it('of an unknown id changes nothing', async () => {
      const { store } = await open();
      await owe(store, [1]);
      await store.settle('no such delivery', { type: 'delivered' }, 110);
      expect((await store.counts()).deliveries).toEqual({ pending: 1, delivered: 0, dead: 0, dropped: 0 });
    });

    it.each<[name: string, first: DeliveryOutcome, late: DeliveryOutcome, state: string]>([
      ['retry after delivered', { type: 'delivered' }, retry(1), 'delivered'],
      ['dead after delivered', { type: 'delivered' }, { type: 'dead', reason: 'late' }, 'delivered'],
      ['delivered after delivered', { type: 'delivered' }, { type: 'delivered' }, 'delivered'],
      ['retry after dead', { type: 'dead', reason: 'first' }, retry(1), 'dead'],
      ['dead after dead', { type: 'dead', reason: 'first' }, { type: 'dead', reason: 'late' }, 'dead'],
      ['delivered after dead', { type: 'dead', reason: 'first' }, { type: 'delivered' }, 'delivered'],
      ['retry after retry', retry(400), retry(1), 'pending'],
      ['dead after retry', retry(400), { type: 'dead', reason: 'late' }, 'pending'],
      ['delivered after retry', retry(400), { type: 'delivered' }, 'delivered'],
    ])('%s', async (_, first, late, state) => {
      const { store } = await open();
      await owe(store, [1]);
      const delivery = await claimOne(store, 100, 200);
      await store.settle(delivery.id, first, 110);
      const before = await store.deliveries(sampleId(1));
      await store.settle(delivery.id, late, 120);
      const after = await store.deliveries(sampleId(1));
      expect(after).toMatchObject([{ state, attempts: 1 }]);
      // What comes late changes nothing at all, except that it was delivered after all.
      expect(after).toEqual(
        late.type === 'delivered' ? [{ ...before[0], state, reason: undefined, due: undefined }] : before,
      );
      expect(await store.claim('slack', { now: 300, leaseUntil: 350, limit: 5 })).toEqual([]);
    });

    it('of what has never been claimed counts only as delivered', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const [{ id } = { id: '' }] = await store.deliveries(sampleId(1));
      await store.settle(id, { type: 'dead', reason: 'too early' }, 100);
      await store.settle(id, retry(9_999), 100);
      expect((await claimOne(store, 100, 200)).attempts).toBe(0);
      await store.settle(id, { type: 'delivered' }, 150);
      expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, dropped: 0 });
    });
  });

  describe('oweFollowUps', () => {
    const told = {
      standing: { status: 'open', severity: 'high', count: 1 },
      receipt: { ts: '1.2', odd: '\0\ud800' },
    } as const;
    const later = (at: number) => ({ now: at, at });

    async function tell(store: Store): Promise<Delivery> {
      const delivery = await claimOne(store, 100, 200);
      await store.settle(delivery.id, { type: 'delivered', told }, 110);
      return delivery;
    }

    it('gives a delivery again that was made, with what was told and a fresh count of attempts', async () => {
      const { store } = await open();
      await owe(store, [1], ['slack', 'siem']);
      const first = await tell(store);
      expect(first).toMatchObject({ revision: 0, told: undefined, owedSince: undefined });
      await store.oweFollowUps([sampleId(1)], ['slack'], later(300));
      expect(await store.owed()).toEqual({ slack: 1, siem: 1 });
      expect((await store.counts()).deliveries).toEqual({ pending: 2, delivered: 0, dead: 0, dropped: 0 });
      expect(await store.claim('slack', { now: 299, leaseUntil: 400, limit: 5 })).toEqual([]);
      const again = await claimOne(store, 300, 400);
      expect(again).toMatchObject({ id: first.id, attempts: 0, revision: 1, told, owedSince: 300 });
      await store.settle(again.id, { type: 'delivered', revision: 1 }, 310);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
      await store.oweFollowUps([sampleId(1)], ['slack'], later(500));
      expect((await claimOne(store, 500, 600)).told).toEqual(told);
    });

    it('makes one message of several changes, due at the earliest time', async () => {
      const { store } = await open();
      await owe(store, [1]);
      await tell(store);
      await store.oweFollowUps([sampleId(1)], ['slack'], { now: 300, at: 900 });
      await store.oweFollowUps([sampleId(1)], ['slack'], { now: 310, at: 320 });
      await store.oweFollowUps([sampleId(1)], ['slack'], { now: 315, at: 990 });
      const again = await claimOne(store, 320, 400);
      expect(again).toMatchObject({ revision: 3, owedSince: 315 });
      await store.settle(again.id, { type: 'delivered', revision: 3, told }, 330);
      expect((await store.counts()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, dropped: 0 });
    });

    it('tells a change of the time during which the first message was sent, and nothing twice', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const first = await claimOne(store, 100, 200);
      await store.oweFollowUps([sampleId(1)], ['slack'], later(105));
      await store.settle(first.id, { type: 'delivered', revision: first.revision, told }, 110);
      const again = await claimOne(store, 110, 200);
      expect(again).toMatchObject({ revision: 1, told });
      await store.settle(again.id, { type: 'delivered', revision: 1, told }, 120);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
    });

    it('tells what was not told yet once, as it stands then', async () => {
      const { store } = await open();
      await owe(store, [1]);
      await store.oweFollowUps([sampleId(1)], ['slack'], later(90));
      const first = await claimOne(store, 100, 200);
      expect(first).toMatchObject({ revision: 1, told: undefined });
      await store.settle(first.id, { type: 'delivered', revision: 1, told }, 110);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
    });

    it('leaves a failed attempt its wait', async () => {
      const { store } = await open();
      await owe(store, [1]);
      const first = await claimOne(store, 100, 200);
      await store.settle(first.id, retry(500), 110);
      await store.oweFollowUps([sampleId(1)], ['slack'], later(120));
      expect(await store.claim('slack', { now: 499, leaseUntil: 600, limit: 5 })).toEqual([]);
      expect((await claimOne(store, 500, 600)).attempts).toBe(1);
    });

    it('leaves alone what was given up before it was told, and tries anew what was given up after', async () => {
      const { store } = await open();
      await owe(store, [1, 2]);
      await tell(store);
      const second = await claimOne(store, 100, 200);
      await store.settle(second.id, { type: 'dead', reason: 'no' }, 110);
      await store.oweFollowUps([sampleId(1), sampleId(2)], ['slack'], later(300));
      const again = await claimOne(store, 300, 400);
      expect(again.alert.id).toBe(sampleId(1));
      await store.settle(again.id, { type: 'dead', reason: 'message_not_found' }, 310);
      expect(await store.claim('slack', { now: 9_999, leaseUntil: 10_000, limit: 5 })).toEqual([]);
      await store.oweFollowUps([sampleId(1), sampleId(2)], ['slack'], later(400));
      expect(ids(await store.claim('slack', { now: 400, leaseUntil: 500, limit: 5 }))).toEqual([sampleId(1)]);
    });

    it('comes behind first messages, also of newer alerts', async () => {
      const { store } = await open();
      await owe(store, [1]);
      await tell(store);
      await store.oweFollowUps([sampleId(1)], ['slack'], later(300));
      await owe(store, [2, 3]);
      expect(ids(await store.claim('slack', { now: 300, leaseUntil: 400, limit: 5 }))).toEqual(
        [2, 3, 1].map(sampleId),
      );
    });

    it('changes nothing for alerts and channels that owe nothing', async () => {
      const { store } = await open();
      await owe(store, [1]);
      await tell(store);
      await store.oweFollowUps(['no such alert'], ['slack'], later(300));
      await store.oweFollowUps([sampleId(1)], ['siem'], later(300));
      await store.oweFollowUps([sampleId(1)], [], later(300));
      expect(await store.owed()).toEqual({});
    });
  });
}
