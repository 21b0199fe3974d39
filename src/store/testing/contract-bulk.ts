import { describe, expect, it } from 'vitest';
import { bulkTargets, changeInBulk } from '../bulk.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { sampleAlert, sampleId as id } from './samples.ts';

async function opened(open: Open, alerts: number): Promise<Store> {
  const { store } = await open();
  await store.commit({
    alerts: Array.from({ length: alerts }, (_, n) => ({
      alert: sampleAlert(n + 1, { ruleId: n % 2 === 0 ? 'even' : 'odd' }),
      channels: [],
    })),
    now: 1,
  });
  return store;
}

const who = { by: 'jane', via: 'cli', now: 10 } as const;

/** Many alerts changed at once. */
export function describeBulk(open: Open): void {
  describe('what a search finds', () => {
    it('is counted up to a number, and it is said whether that is all', async () => {
      const store = await opened(open, 12);
      for (const [ruleId, most, count, isAll] of [
        ['odd', 3, 3, false],
        ['odd', 5, 5, false],
        ['odd', 6, 6, true],
        ['odd', 10_000, 6, true],
        [undefined, 10_000, 12, true],
        ['none', 1, 0, true],
      ] as const) {
        const found = await bulkTargets(store, { ruleId }, most);
        expect([ruleId, found.isAll, found.targets.length]).toEqual([ruleId, isAll, count]);
      }
    });
  });

  describe('many alerts', () => {
    it('are changed each once, and what somebody else decided meanwhile is left', async () => {
      const store = await opened(open, 4);
      const { targets } = await bulkTargets(store, {}, 10);
      const change = { type: 'status', status: 'acknowledged' } as const;
      await store.life.change({ alertId: id(2), change, by: 'bob', via: 'api', now: 5 });
      const result = await changeInBulk(store, undefined, [...targets, ...targets, { id: 'none' }], {
        ...who,
        status: 'resolved',
        reason: 'done',
      });
      expect(result).toMatchObject({
        changed: 3,
        unchanged: 0,
        conflicts: [{ id: id(2), lifecycle: { status: 'acknowledged', by: 'bob' } }],
        unknown: ['none'],
        refused: [],
        passedOn: 0,
      });
      const { lines } = await store.life.history({ alertId: id(1), limit: 5 });
      expect(lines).toMatchObject([{ by: 'jane', detail: 'from open to resolved: done' }]);
      expect(
        await changeInBulk(store, undefined, [{ id: id(1) }], { ...who, status: 'resolved' }),
      ).toMatchObject({
        changed: 0,
        unchanged: 1,
      });
    });

    it('are refused each by itself', async () => {
      const store = await opened(open, 1);
      const result = await changeInBulk(store, undefined, [{ id: id(1) }], {
        ...who,
        status: 'false-positive',
      });
      expect(result.refused).toMatchObject([
        { id: id(1), reason: expect.stringContaining('reason') as unknown },
      ]);
    });

    it('of which two people decide at once are decided by one of them', async () => {
      const store = await opened(open, 20);
      const { targets } = await bulkTargets(store, {}, 100);
      const results = await Promise.all(
        (['resolved', 'acknowledged'] as const).map((status) =>
          changeInBulk(store, undefined, targets, { ...who, status }),
        ),
      );
      for (const { changed, conflicts } of results) expect(changed + conflicts.length).toBe(20);
      expect(results.reduce((sum, { changed }) => sum + changed, 0)).toBe(20);
    });
  });
}
