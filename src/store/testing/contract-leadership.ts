import { describe, expect, it } from 'vitest';
import { killAfter } from './crash.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleId } from './samples.ts';
import type { Commit } from '../store.ts';

function one(number: number): Commit {
  return { alerts: [{ alert: sampleAlert(number), channels: [] }], now: 1 };
}

export function describeLeadership(open: Open): void {
  describe('leading', () => {
    it('is one process’s at a time, until it lets go', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const first = await store.lead();
      expect(first).toBeDefined();
      expect(await other.lead()).toBeUndefined();
      expect(await store.lead()).toBeUndefined();
      await first?.release();
      const second = await other.lead();
      expect(second).toBeDefined();
      expect(await store.lead()).toBeUndefined();
      await second?.release();
      await other.close();
    });

    it('ends where another leads: what the leader before still has under way is refused, and nothing of it kept', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const first = await store.lead();
      expect(await first?.commit(one(1))).toEqual({ created: [sampleId(1)], repeated: 0 });
      await first?.release();
      const second = await other.lead();
      const batch = { ...one(2), state: [{ key: 'k', value: 'old' }] };
      await expect(first?.commit(batch)).rejects.toMatchObject({ name: 'StoreError', problem: 'superseded' });
      await second?.commit({ ...one(3), state: [{ key: 'k', value: 'new' }] });
      await expect(first?.commit(batch)).rejects.toMatchObject({ problem: 'superseded' });
      expect(await store.alert(sampleId(2))).toBeUndefined();
      expect(await store.state()).toEqual([{ key: 'k', value: 'new' }]);
      // What no leader decided is anybody's to write, in the same moment as well.
      const [refused, taken] = await Promise.allSettled([first?.commit(batch), store.commit(one(4))]);
      expect([refused.status, taken.status]).toEqual(['rejected', 'fulfilled']);
      await second?.release();
      await other.close();
    });

    it('passes on when the leader is killed', async () => {
      const { store, leader } = await open();
      await killAfter(1, leader);
      let next = await store.lead();
      // The other side hears of the end of a connection a moment later.
      while (next === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        next = await store.lead();
      }
      expect((await next.commit(one(1))).created).toEqual([sampleId(1)]);
      await next.release();
    });
  });
}
