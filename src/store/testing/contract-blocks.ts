import { describe, expect, it } from 'vitest';
import { endBlock, type Block } from '../../web/block.ts';
import type { Approval, BlockQuestion } from '../block-store.ts';
import { StoreError } from '../error.ts';
import type { Store } from '../store.ts';
import type { Open } from './opened-store.ts';
import { hostileTexts } from './samples.ts';

let made = 0;

function block(subject: string, change: Partial<Block> = {}): Block {
  return {
    id: String((made += 1)).padStart(32, '0'),
    subject,
    rule: 'scanner',
    reason: 'many bad answers',
    evidence: [],
    first: 1,
    last: 2,
    count: 60,
    offences: [],
    decidedAt: 100,
    decidedBy: 'rule scanner',
    expiresAt: 1_000,
    times: 1,
    state: 'active',
    ...change,
  };
}

const removed = (each: Block) =>
  endBlock(each, 'removed', { at: 150, by: 'operator jane', reason: 'a mistake' });

const write = (store: Store, ...blocks: readonly Block[]) =>
  store.blocks.change({}, 100, () => ({ blocks, result: undefined }));

const known = (store: Store, question: BlockQuestion) =>
  store.blocks.change(question, 100, (result) => ({ result }));

const subjects = (blocks: readonly Block[]) => blocks.map(({ subject }) => subject);

function approval(network: string, change: Partial<Approval> = {}): Approval {
  return {
    network,
    kind: 'approved',
    source: 'operator',
    reason: 'the office',
    by: 'jane',
    at: 5,
    ...change,
  };
}

export function describeBlocks(open: Open): void {
  describe('blocks', () => {
    it('come back as they were given, whatever texts they hold', async () => {
      const { store } = await open();
      const odd = hostileTexts.map(([, text], i) =>
        block(`198.51.100.${i}`, { reason: text, decidedBy: text, rule: text.slice(0, 300) }),
      );
      await write(store, ...odd);
      const active = await store.blocks.active(100);
      expect(active).toEqual(odd.map((each, i) => ({ ...each, sequence: i + 1 })));
      const { latest } = await known(store, { subjects: ['198.51.100.0', '198.51.100.200'] });
      expect([...latest.values()]).toEqual([odd[0]]);
    });

    it('are active by the clock alone', async () => {
      const { store } = await open();
      await write(store, block('198.51.100.1'), block('198.51.100.2', { expiresAt: 2_000 }));
      expect(subjects(await store.blocks.active(999))).toEqual(['198.51.100.1', '198.51.100.2']);
      expect(subjects(await store.blocks.active(1_000))).toEqual(['198.51.100.2']);
      expect(subjects((await known(store, { active: true })).active)).toEqual([
        '198.51.100.1',
        '198.51.100.2',
      ]);
      const listed = async (state: Block['state'], now: number) =>
        subjects((await store.blocks.list({ state, now, limit: 9 })).blocks);
      expect(await listed('active', 1_000)).toEqual(['198.51.100.2']);
      expect(await listed('expired', 1_000)).toEqual(['198.51.100.1']);
      expect(await listed('removed', 1_000)).toEqual([]);
    });

    it('that ended before their time are told until it is over', async () => {
      const { store } = await open();
      const one = block('198.51.100.1');
      await write(store, one, block('198.51.100.2'));
      await write(store, removed(one));
      expect(subjects(await store.blocks.endedEarly(999))).toEqual(['198.51.100.1']);
      expect(await store.blocks.endedEarly(1_000)).toEqual([]);
      expect(subjects(await store.blocks.active(500))).toEqual(['198.51.100.2']);
    });

    it('of one subject follow one another and are kept; the newest is known', async () => {
      const { store } = await open();
      const [first, second] = [block('198.51.100.1'), block('198.51.100.1', { times: 2 })];
      await write(store, first);
      await expect(write(store, second)).rejects.toThrow(StoreError);
      await write(store, removed(first), second);
      const { latest } = await known(store, { subjects: ['198.51.100.1'] });
      expect(latest.get('198.51.100.1')).toEqual(second);
      const { blocks } = await store.blocks.list({ subject: '198.51.100.1', now: 1, limit: 9 });
      expect(blocks.map(({ id, state }) => [id, state])).toEqual([
        [second.id, 'active'],
        [first.id, 'removed'],
      ]);
    });

    it('are counted where rules led to them, from a time on', async () => {
      const { store } = await open();
      await write(
        store,
        block('198.51.100.1', { decidedAt: 10 }),
        block('198.51.100.2', { decidedAt: 20 }),
        block('198.51.100.3', { decidedAt: 30 }),
        block('198.51.100.4', { decidedAt: 30, rule: 'operator' }),
      );
      expect((await known(store, { since: 20 })).byRules).toBe(2);
    });

    it('are listed page by page, the newest first', async () => {
      const { store } = await open();
      await write(store, ...Array.from({ length: 7 }, (_, i) => block(`198.51.100.${i}`)));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.blocks.list({ now: 1, limit: 3, after });
        seen.push(...subjects(page.blocks));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `198.51.100.${i}`));
      await expect(store.blocks.list({ now: 1, limit: 0 })).rejects.toThrow(RangeError);
      await expect(store.blocks.list({ now: 1, limit: 1, after: 'x' })).rejects.toThrow('not a cursor');
    });

    it('are written whole or not at all', async () => {
      const { store } = await open();
      await expect(
        store.blocks.change({}, 100, () => ({
          blocks: [block('198.51.100.1'), block('198.51.100.1')],
          audit: [{ action: 'block', by: 'x', subject: 'y', detail: 'z' }],
          result: undefined,
        })),
      ).rejects.toThrow(StoreError);
      expect(await store.blocks.active(1)).toEqual([]);
      expect((await store.blocks.audit({ limit: 9 })).lines).toEqual([]);
    });

    it('are decided one after the other, however many decide at once', async () => {
      const { store, connect } = await open();
      const others = await Promise.all([connect(), connect()]);
      const decide = (each: Store) =>
        each.blocks.change({ subjects: ['198.51.100.1'] }, 100, ({ latest }) => {
          const before = latest.get('198.51.100.1');
          const next = before === undefined ? block('198.51.100.1') : { ...before, count: before.count + 1 };
          return { blocks: [next], result: undefined };
        });
      await Promise.all(Array.from({ length: 30 }, (_, i) => decide([store, ...others][i % 3] ?? store)));
      expect(await store.blocks.active(1)).toMatchObject([{ count: 60 + 29 }]);
      await Promise.all(others.map((each) => each.close()));
    });
  });

  describe('approvals', () => {
    it('of one source are replaced as a whole, and those of others stay', async () => {
      const { store } = await open();
      const set = (source: string, ...approvals: readonly Approval[]) =>
        store.blocks.change({}, 1, () => ({ approvals: { source, approvals }, result: undefined }));
      const many = Array.from({ length: 250 }, (_, i) =>
        approval(`198.51.${i}.0/24`, { source: 's3://b/k', kind: 'shared', reason: undefined }),
      );
      await set('operator', approval('198.51.100.1/32', { reason: hostileTexts[0]?.[1] }));
      await set('s3://b/k', ...many);
      expect(await store.blocks.approvals()).toHaveLength(251);
      await set('s3://b/k', approval('203.0.113.0/24', { source: 's3://b/k' }));
      expect(await store.blocks.approvals()).toEqual([
        approval('198.51.100.1/32', { reason: hostileTexts[0]?.[1] }),
        approval('203.0.113.0/24', { source: 's3://b/k' }),
      ]);
      expect((await known(store, {})).approvals).toHaveLength(2);
    });
  });

  describe('the audit log', () => {
    it('keeps what it is told, the newest first, page by page and by subject', async () => {
      const { store } = await open();
      for (const [i, [, text]] of hostileTexts.entries())
        await store.blocks.change({}, i, () => ({
          audit: [{ action: 'block', by: text, subject: `198.51.100.${i % 2}`, detail: text, block: 'b' }],
          result: undefined,
        }));
      const first = await store.blocks.audit({ limit: 3 });
      const second = await store.blocks.audit({ limit: 500, after: first.next });
      const lines = [...first.lines, ...second.lines].toReversed();
      expect(lines.map(({ by, detail, time, phase }) => [by, detail, time, phase])).toEqual(
        hostileTexts.map(([, text], i) => [text, text, i, 'done']),
      );
      const mine = await store.blocks.audit({ subject: '198.51.100.1', limit: 500 });
      expect(mine.lines).toHaveLength(Math.floor(hostileTexts.length / 2));
    });
  });

  describe('enforcement', () => {
    const intent = (add: readonly string[], now = 1) => ({
      target: 't',
      by: 'tocsin',
      detail: 'd',
      add,
      now,
    });

    it('is written down before it is done, and what is added counts as ours from then on', async () => {
      const { store } = await open();
      const number = await store.blocks.intend(intent(['198.51.100.1/32']));
      expect(await store.blocks.targets()).toEqual([
        { name: 't', held: ['198.51.100.1/32'], leftOut: [], triedAt: 1, confirmedAt: undefined },
      ]);
      expect((await store.blocks.audit({ limit: 1 })).lines).toMatchObject([
        { action: 'enforce', subject: 't', phase: 'intended' },
      ]);
      const outcome = { type: 'confirmed', held: ['198.51.100.1/32'], leftOut: ['198.51.100.9'] } as const;
      await store.blocks.settle(number, 't', outcome, 2);
      expect(await store.blocks.targets()).toMatchObject([{ leftOut: ['198.51.100.9'], confirmedAt: 2 }]);
      expect((await store.blocks.audit({ limit: 1 })).lines).toMatchObject([
        { phase: 'confirmed', settledAt: 2 },
      ]);
    });

    it('that failed leaves what may have come through as ours, and says why', async () => {
      const { store } = await open();
      const first = await store.blocks.intend(intent(['198.51.100.1/32']));
      await store.blocks.settle(first, 't', { type: 'confirmed', held: ['198.51.100.1/32'], leftOut: [] }, 1);
      const second = await store.blocks.intend(intent(['198.51.100.2/32']));
      await store.blocks.settle(second, 't', { type: 'failed', reason: 'no answer' }, 2);
      expect(await store.blocks.targets()).toMatchObject([{ held: ['198.51.100.1/32', '198.51.100.2/32'] }]);
      expect((await store.blocks.audit({ limit: 1 })).lines).toMatchObject([
        { phase: 'failed', outcome: 'no answer' },
      ]);
    });

    it('that was cut off is told as such when the next one of the same target ends', async () => {
      const { store } = await open();
      await store.blocks.intend(intent(['198.51.100.1/32']));
      await store.blocks.intend({ ...intent([]), target: 'other' });
      const next = await store.blocks.intend(intent([]));
      await store.blocks.settle(next, 't', { type: 'confirmed', held: [], leftOut: [] }, 3);
      const { lines } = await store.blocks.audit({ limit: 3 });
      expect(lines.map(({ phase }) => phase)).toEqual(['confirmed', 'intended', 'failed']);
      expect(lines[2]?.outcome).toContain('cut off');
    });

    it('is one holder’s at a time, until it lets go or its time is over', async () => {
      const { store, connect } = await open();
      const other = await connect();
      const take = (each: Store, holder: string, now: number) =>
        each.blocks.lease('waf', { holder, now, until: now + 10 });
      expect(await take(store, 'a', 0)).toBe(true);
      expect(await take(other, 'b', 9)).toBe(false);
      expect(await take(store, 'a', 9)).toBe(true);
      expect(await take(other, 'b', 18)).toBe(false);
      expect(await take(other, 'b', 19)).toBe(true);
      await store.blocks.release('waf', 'a');
      expect(await take(store, 'a', 20)).toBe(false);
      await other.blocks.release('waf', 'b');
      expect(await take(store, 'a', 20)).toBe(true);
      await other.close();
    });
  });
}
