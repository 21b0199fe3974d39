import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSeenIds } from './seen-ids.ts';

function idOf(number: number): string {
  return createHash('sha256').update(String(number)).digest('hex').slice(0, 32);
}

describe('ids that were seen', () => {
  it('are told from those that were not', () => {
    const seen = createSeenIds();
    const ids = Array.from({ length: 20_000 }, (_, i) => idOf(i));
    expect(ids.filter((id) => !seen.add(id))).toEqual([]);
    expect(ids.filter((id) => seen.add(id))).toEqual([]);
    expect(seen.add(idOf(20_000))).toBe(true);
    expect(seen.forgotten()).toBe(0);
  });

  it.each([
    ['the first word', '00000001'.padEnd(32, '0')],
    ['the last word', '1'.padStart(32, '0')],
    ['the third word', '0000000000000000ffffffff00000000'],
    ['nothing from zeros', '0'.repeat(32)],
  ])('are told apart by %s', (_, id) => {
    const seen = createSeenIds();
    const others = ['2'.padStart(32, '0'), '00000002'.padEnd(32, '0'), '0000000000000000fffffffe00000000'];
    for (const other of others) expect(seen.add(other)).toBe(true);
    expect(seen.add(id)).toBe(true);
    expect(seen.add(id)).toBe(false);
  });

  it('are forgotten after so many others, which is counted', () => {
    const seen = createSeenIds(100);
    for (let i = 0; i < 1_000; i++) {
      expect(seen.add(idOf(i))).toBe(true);
      // The last hundred are remembered whatever came before.
      expect(seen.add(idOf(Math.max(0, i - 99)))).toBe(false);
    }
    expect(seen.forgotten()).toBe(900);
    expect(seen.add(idOf(0))).toBe(true);
  });
});
