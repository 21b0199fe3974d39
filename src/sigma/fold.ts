/**
 * Case folding for Sigma's case-insensitive comparison: two strings are equal without regard to case exactly where
 * their folds are the same string. It is Unicode *simple* folding (one code point to one), so it never
 * depends on neighbours as `toLowerCase` does for the Greek final sigma, and never changes how many code points there are, nor their units.
 */
export function fold(value: string): string {
  return isAscii(value) ? value.toLowerCase() : foldUnicode(value);
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return false;
  return true;
}

function foldUnicode(value: string): string {
  const units: number[] = [];
  let folded = '';
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < firstFolds.length) units.push(firstFolds[unit] ?? unit);
    else if (hasNoCase(unit)) units.push(unit);
    else {
      const point = String.fromCodePoint(value.codePointAt(i) ?? unit);
      const one = foldPoint(point);
      for (let k = 0; k < one.length; k++) units.push(one.charCodeAt(k));
      i += point.length - 1;
    }
    if (units.length < chunk) continue;
    folded += String.fromCharCode(...units);
    units.length = 0;
  }
  return folded + String.fromCharCode(...units);
}

/** Few enough to be arguments of one call. */
const chunk = 4096;

/** Units of ideographs, syllables and the like, which Unicode knows no cases of: U+2E80 to U+A63F and U+AC00 to U+D7FF. */
function hasNoCase(unit: number): boolean {
  return (unit >= 0x2e80 && unit < 0xa640) || (unit >= 0xac00 && unit < 0xd800);
}

/** Its capital is I, but it is no form of i: only Turkish folding takes it for one. */
const dotlessI = '\u0131';

function foldPoint(point: string): string {
  if (point === dotlessI) return point;
  const upper = point.toUpperCase();
  const base = isOnePoint(upper) ? upper : point;
  const lower = base.toLowerCase();
  return isOnePoint(lower) ? lower : base;
}

function isOnePoint(value: string): boolean {
  return value.length === 1 || (value.length === 2 && (value.codePointAt(0) ?? 0) > 0xffff);
}

/** The folds of what stands first in Unicode, by code: Latin, Greek, Cyrillic and their neighbours, each of one unit. */
export const firstFolds = Uint16Array.from({ length: 0x600 }, (_, unit) =>
  foldPoint(String.fromCharCode(unit)).charCodeAt(0),
);
