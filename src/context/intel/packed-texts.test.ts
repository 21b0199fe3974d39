import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findText, packTexts, sortedTexts, textAt } from './packed-texts.ts';

const texts = fc.uniqueArray(
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.webUrl(), fc.ipV4(), fc.constant('\uFEFFx')),
  {
    maxLength: 60,
  },
);

describe('packed texts', () => {
  it('are found each where it stands, and no others', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.string()), (given, others) => {
        const sorted = sortedTexts(given);
        expect(sorted.toSorted()).toEqual(given.toSorted());
        const packed = packTexts(sorted);
        for (const [index, text] of sorted.entries()) {
          expect(textAt(packed, index)).toBe(text);
          expect(findText(packed, text)).toBe(index);
        }
        for (const other of others)
          expect(sorted[findText(packed, other)] === other).toBe(given.includes(other));
      }),
    );
  });

  it('are found where several share a hash', () => {
    // Both have the FNV-1a hash 0x5e4daa9d.
    const same = ['costarring', 'liquid'];
    const packed = packTexts(sortedTexts([...same, 'declinate', 'macallums']));
    expect(packed.hashes.filter((hash, i, all) => all.indexOf(hash) !== i)).toHaveLength(2);
    for (const text of [...same, 'declinate', 'macallums'])
      expect(textAt(packed, findText(packed, text))).toBe(text);
    expect(findText(packed, 'altarage')).toBe(-1);
  });

  it('may be none', () => {
    expect(findText(packTexts([]), '')).toBe(-1);
    expect(findText(packTexts(['']), '')).toBe(0);
  });
});
