import { describe, expect, it } from 'vitest';
import type { Open } from './opened-store.ts';
import { batchSize, crashSource, killAfter } from './crash.ts';
import { sampleAlert, sampleId, sampleRejection } from './samples.ts';
import type { Store } from '../store.ts';

async function allIds(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await store.alerts({ limit: 500, after });
    ids.push(...page.alerts.map((alert) => alert.id));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

export function describeDurability(open: Open): void {
  describe('what has been stored', () => {
    it('is there after closing and opening again', async () => {
      const { store, reopen } = await open();
      await store.commit({
        alerts: [
          { alert: sampleAlert(1), channels: ['slack', 'siem'] },
          { alert: sampleAlert(2), channels: ['slack'] },
        ],
        rejections: [sampleRejection(1)],
        positions: [{ source: 's', position: '7' }],
        state: [{ key: 'k', value: ['v'] }],
        now: 100,
      });
      const [held] = await store.claim('slack', { now: 100, leaseUntil: 200, limit: 1 });
      await store.settle(held?.id ?? '', { type: 'retry', at: 300, reason: 'later' }, 110);
      const before = [
        await store.alerts({ limit: 10 }),
        await store.deliveries(sampleId(1)),
        await store.rejections(10),
        await store.position('s'),
        await store.state(),
        await store.counts(),
      ];
      const again = await reopen();
      expect([
        await again.alerts({ limit: 10 }),
        await again.deliveries(sampleId(1)),
        await again.rejections(10),
        await again.position('s'),
        await again.state(),
        await again.counts(),
      ]).toEqual(before);
      const due = await again.claim('slack', { now: 299, leaseUntil: 400, limit: 10 });
      expect(due.map((delivery) => delivery.alert.id)).toEqual([sampleId(2)]);
    });

    it('is there, each once and each batch whole, after the process was killed at any moment', async () => {
      const { store, reopen, child } = await open();
      await store.close();
      const acknowledged = new Set<number>();
      let current: Store = store;
      for (const [round, lines] of [1, 5, 23, 60, 150].entries()) {
        const printed = await killAfter(lines, [...child, String(round * 100_000)]);
        expect(printed.length).toBeGreaterThanOrEqual(lines);
        for (const line of printed) acknowledged.add(Number(line));

        current = await reopen();
        const ids = await allIds(current);
        expect(new Set(ids).size).toBe(ids.length);
        const batches = Map.groupBy(ids, (id) => Math.floor(parseInt(id, 16) / batchSize));
        for (const batch of acknowledged) expect(batches.has(batch)).toBe(true);
        for (const [batch, members] of batches) {
          expect(members).toHaveLength(batchSize);
          expect(await current.position(`${crashSource}-${batch}`)).toBe(String(batch));
        }
        // The state of each batch says what it holds, so that it can be neither ahead of its alerts nor behind them.
        const state = (await current.state()).map(({ key, value }) => [key, value]);
        expect(Object.fromEntries(state)).toEqual(
          Object.fromEntries([...batches.keys()].map((batch) => [`${crashSource}-${batch}`, { batch }])),
        );
        const counts = await current.counts();
        expect(counts.alerts.high).toBe(ids.length);
        expect(counts.deliveries.pending).toBe(ids.length * 2);
        for (const id of ids.slice(0, 50)) {
          expect((await current.deliveries(id)).map((delivery) => delivery.channel)).toEqual([
            'siem',
            'slack',
          ]);
        }
        await current.close();
      }
    }, 120_000);

    it('is the sum of what two processes stored at the same time', async () => {
      const { store, child } = await open();
      const mine: string[] = [];
      const other = { ended: false };
      const killed = killAfter(40, [...child, '100000']).finally(() => {
        other.ended = true;
      });
      for (let number = 0; !other.ended; number += 1) {
        const { created } = await store.commit({
          alerts: [{ alert: sampleAlert(number), channels: ['slack'] }],
          now: 1,
        });
        mine.push(...created);
      }
      const theirs = (await killed).flatMap((line) =>
        Array.from({ length: batchSize }, (_, index) => sampleId(Number(line) * batchSize + index)),
      );
      const stored = new Set(await allIds(store));
      expect([...mine, ...theirs].filter((id) => !stored.has(id))).toEqual([]);
      expect((await store.counts()).alerts.high).toBe(stored.size);
    }, 180_000);
  });

  describe('close', () => {
    it('waits for what is under way, may be called twice, and refuses what comes after', async () => {
      const { store, reopen } = await open();
      const commit = store.commit({ alerts: [{ alert: sampleAlert(1), channels: [] }], now: 1 });
      await Promise.all([store.close(), store.close()]);
      expect((await commit).created).toEqual([sampleId(1)]);
      await expect(store.counts()).rejects.toMatchObject({ name: 'StoreError', problem: 'closed' });
      await expect(store.commit({ alerts: [], now: 1 })).rejects.toMatchObject({ problem: 'closed' });
      expect(await (await reopen()).alert(sampleId(1))).toBeDefined();
    });
  });
}
