import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteHash } from './byte-hash.ts';
import { heavyHitters } from './heavy-hitters.ts';

function counted(texts: readonly string[], capacity: number) {
  const hash = byteHash(7);
  const held = heavyHitters({ capacity, textBytes: 8, sums: 1 });
  for (const text of texts) {
    const bytes = Buffer.from(text);
    hash.take(bytes, 0, bytes.length);
    const key = held.add(hash.low, hash.high);
    if (held.wasNew()) held.keepText(key, bytes, 0, bytes.length, 'none');
    const [sum] = held.sums;
    if (sum !== undefined) sum[key] = (sum[key] ?? 0) + 1;
  }
  const keys = held.keys().map((key) => ({ ...key, text: Buffer.from(key.text).toString() }));
  return { held, keys };
}

function truth(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

describe('the most frequent keys', () => {
  it('are exact while everything fits', () => {
    const { held, keys } = counted(['a', 'b', 'a', '', 'a', ''], 16);
    expect(held.floor()).toBe(0);
    expect(Object.fromEntries(keys.map(({ text, count }) => [text, count]))).toEqual({ a: 3, b: 1, '': 2 });
  });

  it('keep the beginning of a long text and say that it was cut', () => {
    expect(counted(['123456789'], 16).keys).toMatchObject([{ text: '12345678', isCut: true }]);
    expect(counted(['12345678'], 16).keys).toMatchObject([{ text: '12345678', isCut: false }]);
  });

  it('are never counted too low, and never more than `error` too high; what is not held came at most `floor` times', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.nat({ max: 400 }).map((n) => `k${Math.floor(n * (n / 400) ** 3)}`),
          { maxLength: 2_000 },
        ),
        (texts) => {
          const { held, keys } = counted(texts, 32);
          const real = truth(texts);
          expect(keys.length).toBeLessThanOrEqual(32);
          for (const { text, count, error, sums } of keys) {
            const came = real.get(text) ?? 0;
            expect(count).toBeGreaterThanOrEqual(came);
            expect(count - error).toBeLessThanOrEqual(came);
            expect(sums).toEqual([count - error]);
            real.delete(text);
          }
          for (const came of real.values()) expect(came).toBeLessThanOrEqual(held.floor());
        },
      ),
    );
  });

  it('find what is frequent in a flood of keys that each come once', () => {
    const texts = Array.from({ length: 60_000 }, (_, i) => (i % 10 === 0 ? 'often' : `once${i}`));
    const { held, keys } = counted(texts, 1_024);
    const often = keys.find(({ text }) => text === 'often');
    expect(often?.count).toBe(6_000);
    expect(often?.error).toBe(0);
    expect(held.floor()).toBeLessThanOrEqual((2 * 60_000) / 1_024);
  });
});
