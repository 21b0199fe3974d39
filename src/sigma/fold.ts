/**
 * Case folding for Sigma's case-insensitive comparison: two strings are equal without regard to case exactly where
 * their folds are the same string. It is Unicode *simple* folding (one code point to one), so it never
 * depends on neighbours as `toLowerCase` does for the Greek final sigma, and never changes how many code points there are.
 */
export function fold(value: string): string {
  return isAscii(value) ? value.toLowerCase() : foldUnicode(value);
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 127) return false;
  return true;
}

function foldUnicode(value: string): string {
  let folded = '';
  for (const point of value) folded += foldPoint(point);
  return folded;
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
