import { describe, expect, it } from 'vitest';
import { rememberSpent } from './spent.ts';

const signature = (n: number): Buffer => Buffer.alloc(32, n);

describe('a signature', () => {
  it.each<[string, number, number, boolean]>([
    ['is known at once', 0, 0, true],
    ['is known as long as it was meant to be', 1000, 0, true],
    ['is forgotten after that, when another one comes', 1001, 0, false],
    ['is known where there is room for those behind it', 0, 1, true],
    ['is the first to be forgotten where there is none', 0, 2, false],
  ])('%s', (_, later, others, known) => {
    let now = 0;
    const spent = rememberSpent(() => now, { forMs: 1000, most: 3 });
    expect(spent.has(signature(1))).toBe(false);
    expect(spent.add(signature(1))).toBe(true);
    expect(spent.add(signature(1))).toBe(false);
    now = later;
    for (let n = 0; n <= others; n += 1) expect(spent.add(signature(n + 2))).toBe(true);
    expect(spent.has(signature(1))).toBe(known);
  });
});
