import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { falling, keyPart, risen, rising } from './keys.ts';

const number = fc.double({ noNaN: true });
const sign = (value: number): number => Math.sign(value);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

describe('numbers in keys', () => {
  it('sort as numbers do, and the other way round', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = a === b ? 0 : a < b ? -1 : 1;
        expect(compare(rising(a), rising(b))).toBe(order);
        expect(sign(compare(falling(b), falling(a)))).toBe(order);
      }),
    );
  });

  it('come out as they went in', () => {
    fc.assert(
      fc.property(number, (value) => {
        expect(risen(rising(value))).toBe(value + 0);
      }),
    );
  });
});

describe('texts in keys', () => {
  it('are short, never empty, hold no separator but at the beginning, and are as different as the texts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '#', 'é', '\ud800', '~', ' ', '\0'),
      maxLength: 250,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const part = keyPart(a);
        expect(Buffer.byteLength(part)).toBeLessThanOrEqual(200);
        expect(part.length).toBeGreaterThan(0);
        expect(part.lastIndexOf('#')).toBeLessThanOrEqual(0);
        expect(keyPart(b) === part).toBe(a === b);
      }),
    );
  });
});
