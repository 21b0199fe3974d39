import { describe, expect, it } from 'vitest';
import type { Lookup } from '../../alert/lookup.ts';
import type { Amendment, Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { hostileTexts, sampleAlert, sampleFinding, sampleId, sampleJoining } from './samples.ts';

const lookup = (parts: Partial<Lookup> = {}): Lookup => ({
  provider: 'AbuseIPDB',
  about: { type: 'address', value: '185.220.101.1' },
  verdict: 'malicious',
  summary: 'reported 40 times',
  at: 50,
  ...parts,
});

const amend = (store: Store, parts: Partial<Amendment> = {}) =>
  store.amend({ alertId: sampleId(0), lookups: [lookup()], now: 100, ...parts });

export function describeAmending(open: Open): void {
  describe('amending', () => {
    it('adds what became known, and leaves the rest of the alert as it was', async () => {
      const { store, reopen } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: ['slack'] }], now: 1 });
      const amended = { ...sampleAlert(0), context: { lookups: [lookup()] } };
      expect(await amend(store)).toEqual(amended);
      const again = await reopen();
      expect(await again.alert(sampleId(0))).toEqual(amended);
      expect((await again.alerts({ limit: 5 })).alerts).toEqual([amended]);
      expect((await again.counts()).alerts.high).toBe(1);
      expect((await again.life.history({ limit: 5 })).lines).toEqual([]);
      expect(
        await again.commit({ alerts: [{ alert: sampleAlert(0), channels: ['slack'] }], now: 200 }),
      ).toEqual({
        created: [],
        repeated: 1,
      });
      expect(await again.alert(sampleId(0))).toEqual(amended);
    });

    it('finds an alert by what was said of it', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: [] }], now: 1 });
      const find = async () => (await store.alerts({ text: 'abuseipdb=malicious', limit: 5 })).alerts.length;
      expect(await find()).toBe(0);
      await amend(store);
      expect(await find()).toBe(1);
    });

    it('keeps the same whatever order answers come in', async () => {
      const { store } = await open();
      await store.commit({
        alerts: [0, 1].map((n) => ({ alert: sampleAlert(n), channels: [] })),
        now: 1,
      });
      const answers = [
        lookup({ verdict: 'unanswered', summary: 'no answer', at: 90 }),
        lookup({ verdict: 'suspicious', at: 60 }),
        lookup({ verdict: 'benign', at: 70, provider: 'GreyNoise' }),
        lookup(),
      ];
      for (const one of answers) await amend(store, { lookups: [one] });
      for (const one of answers.toReversed()) await amend(store, { alertId: sampleId(1), lookups: [one] });
      const [first, second] = await Promise.all([store.alert(sampleId(0)), store.alert(sampleId(1))]);
      expect(first?.context?.lookups?.map(({ verdict }) => verdict)).toEqual(['suspicious', 'benign']);
      expect(second?.context).toEqual(first?.context);
    });

    it('knows nothing of an alert that is not there, nor of a finding that joined another', async () => {
      const { store } = await open();
      const joining = sampleJoining();
      for (const [number, minute] of [
        [0, 0],
        [1, 5],
      ] as const)
        await store.commit({
          alerts: [{ alert: sampleFinding(number, minute), channels: [] }],
          joining,
          now: 1,
        });
      expect(await amend(store, { alertId: sampleId(9) })).toBeUndefined();
      expect(await amend(store, { alertId: sampleId(1) })).toBeUndefined();
    });

    it('outlives a finding that joins', async () => {
      const { store } = await open();
      const joining = sampleJoining();
      await store.commit({ alerts: [{ alert: sampleFinding(0, 0), channels: [] }], joining, now: 1 });
      await amend(store);
      await store.commit({ alerts: [{ alert: sampleFinding(1, 5), channels: [] }], joining, now: 2 });
      const alert = await store.alert(sampleId(0));
      expect(alert?.occurrences?.count).toBe(2);
      expect(alert?.context?.lookups).toEqual([lookup()]);
    });

    it('lets go what only waited for it, once, with what became known', async () => {
      const { store } = await open();
      const channels = [
        { channel: 'slack', due: 1_501 },
        { channel: 'late', due: 90_000 },
        { channel: 'other', due: 1_501 },
        {
          channel: 'boss',
          due: 1_501,
          cause: { type: 'escalation' as const, route: 'r', step: 1, minutes: 1 },
        },
      ];
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels }], now: 1 });
      const release = { channels: ['slack', 'late', 'boss'], until: 2_000 };
      await amend(store, { release });
      const claim = (channel: string, now: number) =>
        store.claim(channel, { now, leaseUntil: now + 9, limit: 5 });
      const [delivery, ...more] = await claim('slack', 100);
      expect(delivery?.alert.context?.lookups).toEqual([lookup()]);
      expect(more).toEqual([]);
      for (const channel of ['late', 'boss', 'other']) expect(await claim(channel, 1_500)).toEqual([]);
      await store.settle(delivery?.id ?? '', { type: 'delivered', revision: 0 }, 101);
      await amend(store, { release, lookups: [lookup({ at: 60 })] });
      expect(await claim('slack', 5_000)).toEqual([]);
      expect(await claim('other', 1_501)).toHaveLength(1);
      expect(await store.owed()).toEqual({ late: 1, boss: 1, other: 1 });
    });

    it('does not hurry what failed and waits for its next attempt', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: ['slack'] }], now: 1 });
      const [delivery] = await store.claim('slack', { now: 1, leaseUntil: 9, limit: 5 });
      await store.settle(delivery?.id ?? '', { type: 'retry', at: 1_000, reason: 'HTTP 429' }, 2);
      await amend(store, { release: { channels: ['slack'], until: 2_000 } });
      expect(await store.claim('slack', { now: 999, leaseUntil: 2_000, limit: 5 })).toEqual([]);
    });

    it('tells channels that knew the alert, where something is new', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: ['slack'] }], now: 1 });
      const [first] = await store.claim('slack', { now: 1, leaseUntil: 5, limit: 5 });
      await store.settle(first?.id ?? '', { type: 'delivered', revision: 0 }, 2);
      await amend(store, { followUps: ['slack', 'siem'] });
      const [again] = await store.claim('slack', { now: 100, leaseUntil: 200, limit: 5 });
      expect(again).toMatchObject({ revision: 1, alert: { context: { lookups: [lookup()] } } });
      await store.settle(again?.id ?? '', { type: 'delivered', revision: 1 }, 101);
      await amend(store, { followUps: ['slack', 'siem'] });
      expect(await store.owed()).toEqual({});
    });

    it('keeps hostile texts unchanged in what others say', async () => {
      const { store } = await open();
      await store.commit({ alerts: [{ alert: sampleAlert(0), channels: [] }], now: 1 });
      const texts = hostileTexts.map(([, text]) => text);
      await amend(store, { lookups: texts.map((text, i) => lookup({ provider: `p${i}`, summary: text })) });
      const alert = await store.alert(sampleId(0));
      expect(new Set(alert?.context?.lookups?.map(({ summary }) => summary))).toEqual(new Set(texts));
    });
  });
}
