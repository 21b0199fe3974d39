import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../alert/alert.ts';
import type { Json } from '../../event/json.ts';
import type { Open } from './opened-store.ts';
import {
  hostileFields,
  hostileTexts,
  sampleAlert,
  sampleGrowing,
  sampleId,
  sampleRejection,
} from './samples.ts';
import type { Commit } from '../store.ts';

const nothing = { alerts: [], now: 1 };

export function describeCommit(open: Open): void {
  describe('commit', () => {
    it('returns an alert as it was given, all members included', async () => {
      const { store } = await open();
      const alert = sampleAlert(1);
      expect(await store.commit({ alerts: [{ alert, channels: [] }], now: 1 })).toEqual({
        created: [alert.id],
        repeated: 0,
      });
      expect(await store.alert(alert.id)).toEqual(alert);
      expect(await store.alert(sampleId(2))).toBeUndefined();
      expect(await store.alert('\0\ud800')).toBeUndefined();
    });

    it('creates nothing for a repeated id, in the batch or later, and keeps the first content', async () => {
      const { store } = await open();
      const first = { alert: sampleAlert(1, { title: 'first' }), channels: ['slack'] };
      const second = { alert: sampleAlert(1, { title: 'second' }), channels: ['slack', 'siem'] };
      expect(await store.commit({ alerts: [first, second], now: 1 })).toEqual({
        created: [sampleId(1)],
        repeated: 1,
      });
      expect(await store.commit({ alerts: [second], now: 2 })).toEqual({ created: [], repeated: 1 });
      expect((await store.alert(sampleId(1)))?.title).toBe('first');
      expect((await store.deliveries(sampleId(1))).map((delivery) => delivery.channel)).toEqual(['slack']);
    });

    it('lets an alert that is said to grow take over what is new, tells nobody again, and never shrinks', async () => {
      const { store } = await open();
      const grown = (value: number, end: number, grows = true) => ({
        alert: sampleGrowing(1, value, end),
        channels: ['slack'],
        grows,
      });
      expect(await store.commit({ alerts: [grown(50, 10), grown(70, 20)], now: 1 })).toEqual({
        created: [sampleId(1)],
        repeated: 1,
      });
      const stored = async () => (await store.alert(sampleId(1)))?.correlation;
      expect(await stored()).toMatchObject({ value: 70, start: 0, end: 20 });
      await store.commit({ alerts: [grown(60, 15)], now: 2 });
      await store.commit({ alerts: [grown(90, 90, false)], now: 2 });
      expect(await stored()).toMatchObject({ value: 70, end: 20 });
      await store.commit({ alerts: [grown(60, 30)], now: 3 });
      expect(await stored()).toMatchObject({ value: 70, end: 30 });
      expect(await store.deliveries(sampleId(1))).toHaveLength(1);
      expect((await store.alerts({ limit: 10 })).alerts).toHaveLength(1);
    });

    it('takes an empty batch', async () => {
      const { store } = await open();
      expect(await store.commit(nothing)).toEqual({ created: [], repeated: 0 });
    });

    it('takes a batch of 1,000 alerts with two channels each', async () => {
      const { store } = await open();
      const alerts = Array.from({ length: 1_000 }, (_, n) => ({
        alert: sampleAlert(n),
        channels: ['a', 'b'],
      }));
      const { created } = await store.commit({ alerts, now: 1 });
      expect(created).toEqual(alerts.map(({ alert }) => alert.id));
      expect((await store.counts()).deliveries.pending).toBe(2_000);
    });

    it('stores nothing of a batch that holds an alert which cannot be stored', async () => {
      const { store } = await open();
      const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as Json;
      const bad = sampleAlert(2, { fields: { deep } });
      const batch: Commit = {
        alerts: [
          { alert: sampleAlert(1), channels: ['slack'] },
          { alert: bad, channels: ['slack'] },
        ],
        rejections: [sampleRejection(1)],
        positions: [{ source: 's', position: 'p' }],
        state: [{ key: 'k', value: 1 }],
        now: 1,
      };
      const neighbour = store.commit({ alerts: [{ alert: sampleAlert(3), channels: [] }], now: 1 });
      await expect(store.commit(batch)).rejects.toMatchObject({ name: 'StoreError', problem: 'unfit' });
      await expect(
        store.commit({ alerts: [{ alert: sampleAlert(2, { time: NaN }), channels: [] }], now: 1 }),
      ).rejects.toMatchObject({ name: 'StoreError', problem: 'unfit' });
      expect((await neighbour).created).toEqual([sampleId(3)]);
      expect(await store.alert(sampleId(1))).toBeUndefined();
      expect(await store.position('s')).toBeUndefined();
      expect(await store.state()).toEqual([]);
      expect(await store.rejections(10)).toEqual([]);
      expect((await store.counts()).alerts.high).toBe(1);
    });

    it.each(hostileTexts)('keeps %s unchanged wherever it stands', async (_, text) => {
      const { store } = await open();
      const plain = sampleAlert(1, { title: text, ruleId: text, account: text, fields: hostileFields(text) });
      const alert: Alert = { ...plain, who: { ...plain.who, name: text, chain: [text] } };
      await store.commit({
        alerts: [{ alert, channels: [text] }],
        rejections: [sampleRejection(1, { reason: text })],
        positions: [{ source: text, position: text }],
        state: [{ key: text.slice(0, 200), value: { [text]: [text] } }],
        now: 1,
      });
      const stored = await store.alert(alert.id);
      // Compared as text too: a `__proto__` key that became a prototype would be lost on `toEqual`.
      expect(JSON.stringify(stored)).toBe(JSON.stringify(alert));
      expect(stored).toEqual(alert);
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
      expect((await store.alerts({ limit: 1, account: text, ruleId: text })).alerts).toEqual([alert]);
      expect(await store.position(text)).toBe(text);
      expect((await store.rejections(1))[0]?.reason).toBe(text);
      expect(JSON.stringify(await store.state())).toBe(
        JSON.stringify([{ key: text.slice(0, 200), value: { [text]: [text] } }]),
      );
      const [claimed] = await store.claim(text, { now: 1, leaseUntil: 2, limit: 1 });
      expect(claimed).toMatchObject({ channel: text, alert: { title: text } });
      await store.settle(claimed?.id ?? '', { type: 'dead', reason: text }, 1);
      expect(await store.deliveries(alert.id)).toMatchObject([
        { channel: text, reason: text, state: 'dead' },
      ]);
    });

    it('tells two hostile account names apart that look alike in UTF-8', async () => {
      const { store } = await open();
      const accounts = ['\ud800', '\udbff', '\ufffd', '\\ud800', 'a', 'a\0', 'a\0b'];
      const alerts = accounts.map((account, n) => ({ alert: sampleAlert(n, { account }), channels: [] }));
      await store.commit({ alerts, now: 1 });
      for (const [n, account] of accounts.entries()) {
        const page = await store.alerts({ limit: 10, account });
        expect(page.alerts.map((alert) => alert.id)).toEqual([sampleId(n)]);
      }
    });

    it('keeps the last word on each key of the state', async () => {
      const { store } = await open();
      const inOrder = async () => (await store.state()).toSorted((a, b) => (a.key < b.key ? -1 : 1));
      await store.commit({
        ...nothing,
        state: [
          { key: 'a', value: { n: 1 } },
          { key: 'b', value: [null, 'x'] },
          { key: 'c', value: false },
          { key: 'c', value: undefined },
          { key: 'a', value: { n: 2 } },
        ],
      });
      expect(await inOrder()).toEqual([
        { key: 'a', value: { n: 2 } },
        { key: 'b', value: [null, 'x'] },
      ]);
      await Promise.all([
        store.commit({ ...nothing, state: [{ key: 'a', value: undefined }] }),
        store.commit({ ...nothing, state: [{ key: 'b', value: undefined }] }),
        store.commit({ ...nothing, state: [{ key: 'b', value: 7 }] }),
      ]);
      expect(await inOrder()).toEqual([{ key: 'b', value: 7 }]);
      const many = Array.from({ length: 1_000 }, (_, n) => ({ key: `many ${n}`, value: n }));
      await store.commit({ ...nothing, state: many });
      expect(await store.state()).toHaveLength(1_001);
      expect(await store.state('nothing/')).toEqual([]);
      await store.commit({ ...nothing, state: many.map(({ key }) => ({ key, value: undefined })) });
      expect(await inOrder()).toEqual([{ key: 'b', value: 7 }]);
    });

    it('keeps the last position of each source', async () => {
      const { store } = await open();
      expect(await store.position('a')).toBeUndefined();
      await store.commit({
        ...nothing,
        positions: [
          { source: 'a', position: '1' },
          { source: 'b', position: '9' },
          { source: 'a', position: '2' },
        ],
      });
      expect(await store.position('a')).toBe('2');
      await Promise.all(
        ['3', '4', '5'].map((position) =>
          store.commit({ ...nothing, positions: [{ source: 'a', position }] }),
        ),
      );
      expect([await store.position('a'), await store.position('b')]).toEqual(['5', '9']);
    });

    it('holds the same alerts as a Map, whatever is repeated, shuffled or sent at the same time', async () => {
      const { store } = await open();
      const oracle = new Map<string, { title: string; channels: readonly string[] }>();
      const entry = fc.record({
        number: fc.nat(40),
        title: fc.string(),
        channels: fc.subarray(['slack', 'siem', 'mail']),
      });
      const rounds = fc.array(fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 5 }), {
        maxLength: 4,
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(rounds, async (batchesOfRounds) => {
          run += 1;
          for (const batches of batchesOfRounds) {
            const results = batches.map((batch) =>
              store.commit({
                alerts: batch.map(({ number, title, channels }) => ({
                  alert: sampleAlert(run * 100 + number, { title }),
                  channels,
                })),
                now: run,
              }),
            );
            for (const [index, batch] of batches.entries()) {
              const created: string[] = [];
              for (const { number, title, channels } of batch) {
                const id = sampleId(run * 100 + number);
                if (oracle.has(id)) continue;
                oracle.set(id, { title, channels });
                created.push(id);
              }
              expect(await results[index]).toEqual({ created, repeated: batch.length - created.length });
            }
          }
        }),
        { numRuns: 40 },
      );
      for (const [id, { title, channels }] of oracle) {
        expect((await store.alert(id))?.title).toBe(title);
        const stored = await store.deliveries(id);
        expect(stored.map((delivery) => delivery.channel)).toEqual([...channels].sort());
      }
      const counts = await store.counts();
      expect(counts.alerts.high).toBe(oracle.size);
      const owed = [...oracle.values()].reduce((sum, { channels }) => sum + channels.length, 0);
      expect(counts.deliveries.pending).toBe(owed);
    });
  });

  describe('rejections', () => {
    it('come back newest first, bytes and provenance unchanged', async () => {
      const { store } = await open();
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const given = [
        sampleRejection(1, { bytes }),
        sampleRejection(2, { bytes: new Uint8Array(0), length: 0 }),
      ];
      await store.commit({ ...nothing, rejections: given });
      const stored = await store.rejections(10);
      expect(stored).toEqual(
        given.toReversed().map((rejection) => ({
          ...rejection,
          bytes: Uint8Array.from(rejection.bytes),
          id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        })),
      );
      expect((await store.rejections(1)).map((rejection) => rejection.id)).toEqual([stored[0]?.id]);
      expect((await store.counts()).rejections).toBe(2);
    });

    it('do not grow when the same bad record is sent again', async () => {
      const { store } = await open();
      const rejection = sampleRejection(1);
      const later = { ...rejection, provenance: { ...rejection.provenance, receivedAt: 99 } };
      await store.commit({ ...nothing, rejections: [rejection, rejection] });
      await store.commit({ ...nothing, rejections: [later] });
      expect(await store.rejections(10)).toHaveLength(1);
      await store.commit({ ...nothing, rejections: [{ ...rejection, reason: 'another' }] });
      await store.commit({ ...nothing, rejections: [{ ...rejection, length: 1_000 }] });
      expect((await store.counts()).rejections).toBe(3);
    });

    it('are gone through oldest first, taken out, and stay counted', async () => {
      const { store } = await open();
      await store.commit({ ...nothing, rejections: [1, 2, 3].map((n) => sampleRejection(n)) });
      const first = await store.ledger.page({ limit: 2 });
      const second = await store.ledger.page({ after: first.next, limit: 2 });
      const all = [...first.rejections, ...second.rejections];
      expect(all.toReversed()).toEqual(await store.rejections(10));
      expect(await store.ledger.page({ after: second.next, limit: 2 })).toEqual({
        rejections: [],
        next: undefined,
      });
      const ids = all.slice(0, 2).map(({ id }) => id);
      expect(await store.ledger.forget([...ids, 'unknown'])).toBe(2);
      expect(await store.ledger.forget(ids)).toBe(0);
      expect(await store.rejections(10)).toEqual(all.slice(2));
      expect((await store.counts()).rejections).toBe(1);
      await expect(store.ledger.page({ limit: 501 })).rejects.toThrow(RangeError);
    });

    it('keep the beginning of what is too long, and say how long it was', async () => {
      const { store } = await open();
      const bytes = new Uint8Array(300 * 1024).fill(65);
      await store.commit({ ...nothing, rejections: [sampleRejection(1, { bytes, length: 50_000_000 })] });
      const [stored] = await store.rejections(1);
      expect(stored?.length).toBe(50_000_000);
      expect(stored?.bytes).toEqual(bytes.slice(0, 256 * 1024));
    });

    it.each([0, -1, 501, 1.5, NaN])('are not read with a limit of %s', async (limit) => {
      const { store } = await open();
      await expect(store.rejections(limit)).rejects.toThrow(RangeError);
    });
  });
}
