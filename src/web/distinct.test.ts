import { describe, expect, it } from 'vitest';
import { byteHash } from './byte-hash.ts';
import { distinct } from './distinct.ts';

function seen(count: number, precision = 14) {
  const hash = byteHash(3);
  const things = distinct(precision);
  const word = new Uint32Array(1);
  for (let i = 0; i < count; i++) {
    word[0] = i;
    hash.takeWords(word, 0, 1);
    things.add(hash.low, hash.high);
    things.add(hash.low, hash.high);
  }
  return things;
}

describe('counting different things', () => {
  it('says nothing of nothing', () => expect(distinct(12).estimate()).toBe(0));

  it.each([1, 10, 1_000, 20_000, 50_000, 1_000_000])('is within four standard errors at %d', (count) => {
    expect(Math.abs(seen(count).estimate() - count) / count).toBeLessThan(4 * 0.0081);
  });

  it('goes on from its registers', () => {
    const before = seen(5_000, 12);
    const again = distinct(12, new Uint8Array(before.registers));
    expect(again.estimate()).toBe(before.estimate());
  });
});
