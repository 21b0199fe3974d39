import { fold } from './fold.ts';
import type { Pattern, PatternPart } from './rule.ts';

const anything: PatternPart = { wildcard: '*' };
const oneCharacter: PatternPart = { wildcard: '?' };

/**
 * Reads a Sigma string with its wildcards and escapes. A backslash takes the special sense from a following `*`, `?` or
 * backslash; before anything else, and at the end, it stands for itself.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#escape-character
 */
export function parsePattern(value: string): Pattern {
  const parts: PatternPart[] = [];
  let literal = '';
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    const next = value.charAt(i + 1);
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i++;
    } else if (char === '*' || char === '?') {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(char === '*' ? anything : oneCharacter);
    } else {
      literal += char;
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** The pattern with `*` before and after, where there is none yet. */
export function widen(pattern: Pattern, side: 'contains' | 'startswith' | 'endswith'): Pattern {
  const before = side !== 'startswith' && !isStar(pattern[0]) ? [anything] : [];
  const after = side !== 'endswith' && !isStar(pattern.at(-1)) ? [anything] : [];
  return [...before, ...pattern, ...after];
}

/** The text that a pattern without wildcards stands for; undefined where it has any. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return '';
  const only = pattern[0];
  return pattern.length === 1 && typeof only === 'string' ? only : undefined;
}

/** A test for whole texts. Linear in text length times pattern length at worst; no pattern makes it backtrack further. */
export function compilePattern(pattern: Pattern, cased: boolean): (text: string) => boolean {
  if (cased) return compileParts(pattern);
  const literal = literalOf(pattern);
  if (literal !== undefined) {
    const folded = fold(literal);
    // Folding leaves a text as long as it is, and most texts that are compared are not as long.
    return (text) => text.length === folded.length && (text === folded || fold(text) === folded);
  }
  const test = compileFoldedPattern(pattern);
  return (text) => test(fold(text));
}

/** A test without regard to case for texts that are folded already. */
export function compileFoldedPattern(pattern: Pattern): (folded: string) => boolean {
  return compileParts(pattern.map((part) => (typeof part === 'string' ? fold(part) : part)));
}

function compileParts(parts: Pattern): (text: string) => boolean {
  const literal = literalOf(parts);
  if (literal !== undefined) return (text) => text === literal;
  const [first, second, third] = parts;
  if (parts.length === 1 && isStar(first)) return () => true;
  if (parts.length === 2 && typeof first === 'string' && isStar(second))
    return (text) => text.startsWith(first);
  if (parts.length === 2 && isStar(first) && typeof second === 'string')
    return (text) => text.endsWith(second);
  if (parts.length === 3 && isStar(first) && typeof second === 'string' && isStar(third))
    return (text) => text.includes(second);
  return (text) => matchesGlob(parts, text);
}

/**
 * Matches greedily and returns only to the last `*`: quadratic at worst, never exponential. `?` takes one code point.
 */
function matchesGlob(parts: Pattern, text: string): boolean {
  let part = 0;
  let at = 0;
  let retryPart = -1;
  let retryAt = 0;
  for (;;) {
    const current = parts[part];
    if (current === undefined) {
      if (at === text.length) return true;
    } else if (isStar(current)) {
      retryPart = part++;
      retryAt = at;
      continue;
    } else {
      const width = widthAt(current, text, at);
      if (width >= 0) {
        part++;
        at += width;
        continue;
      }
    }
    if (retryPart < 0 || retryAt >= text.length) return false;
    retryAt += pointWidth(text, retryAt);
    part = retryPart + 1;
    at = retryAt;
  }
}

/** How much of the text the part takes at this place; -1 where it does not fit. */
function widthAt(part: PatternPart, text: string, at: number): number {
  if (typeof part === 'string') return text.startsWith(part, at) ? part.length : -1;
  return at < text.length ? pointWidth(text, at) : -1;
}

function pointWidth(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function isStar(part: PatternPart | undefined): boolean {
  return part !== undefined && typeof part !== 'string' && part.wildcard === '*';
}
