import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';

describe('folding', () => {
  it.each([
    ['ASCII', 'DeleteTrail', 'deletetrail'],
    ['letters with marks', 'ÄÉ', 'äé'],
    ['every form of sigma', 'Σσς', 'σσσ'],
    ['the long s and the Kelvin sign', 'ſK', 'sk'],
    ['letters outside the first plane', '𐐀', '𐐨'],
  ])('takes %s for the same letter', (_, text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it.each([
    ['the sharp s and two s', 'ß', 'ss'],
    ['the dotless i and i', 'ı', 'i'],
    ['the capital i with a dot and i', 'İ', 'i'],
  ])('keeps %s apart', (_, one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  // A regular expression with the flags i and u compares by Unicode simple folding.
  it('agrees with Unicode simple folding on every letter that has a case', () => {
    const wrong: string[] = [];
    for (let point = 0; point <= 0x1ffff; point++) {
      const char = String.fromCodePoint(point);
      if (char.toLowerCase() === char && char.toUpperCase() === char) continue;
      const same = new RegExp(`^\\u{${point.toString(16)}}$`, 'iu');
      if (!same.test(fold(char))) wrong.push(`${char} is not ${fold(char)}`);
      for (const other of [char.toLowerCase(), char.toUpperCase()])
        if (same.test(other) && fold(other) !== fold(char)) wrong.push(`${char} is ${other}`);
    }
    expect(wrong).toEqual([]);
  });

  it('leaves every character as long as it is', () => {
    const wrong: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      const char = String.fromCodePoint(point);
      if (fold(char).length !== char.length) wrong.push(point.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});
