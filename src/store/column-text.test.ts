import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromColumn, toColumn, toKey } from './column-text.ts';

/** Any string that JavaScript can hold, lone surrogates included. */
const anyText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0x5c, 0x75, 0x30, 0xd83d, 0xde00)), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units));

describe('toColumn', () => {
  it('gives well-formed text without NUL, from which fromColumn makes the string again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const column = toColumn(text);
        expect(column.isWellFormed()).toBe(true);
        expect(column).not.toContain('\0');
        expect(fromColumn(column)).toBe(text);
      }),
    );
  });

  it('leaves ordinary text readable', () => {
    expect(toColumn('s3://invoices/ü 🚨')).toBe('s3://invoices/ü 🚨');
  });
});

describe('toKey', () => {
  it('is short for every string', () => {
    for (const text of ['\\'.repeat(1_000_000), '\ud800'.repeat(501), '語'.repeat(500)]) {
      expect(Buffer.byteLength(toKey(text))).toBeLessThan(2_000);
    }
  });

  it('is another one for another string, however alike the beginnings are', () => {
    const long = 'x'.repeat(600);
    const texts = [long, `${long}x`, `${long}\ud800`, `${long}\udbff`, toKey(long), 'x'.repeat(200)];
    expect(new Set(texts.map(toKey)).size).toBe(texts.length);
  });
});
