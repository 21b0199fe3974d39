import type { RE2JS } from 're2js';
import { readChain, type Chain } from '../modifiers.ts';
import { parsePattern, widen } from '../pattern.ts';
import type { Pattern, PatternPart } from '../rule.ts';
import type { SearchItem } from '../search.ts';
import { WrittenNumber } from '../written-number.ts';

/** How an item's values are read. @throws {RuleError} where its modifiers have no sense. */
export function chainOf(item: SearchItem): Chain {
  return readChain(item.modifiers, item.at, item.field === undefined ? 'keywords' : 'field');
}

/** The pattern that a text or number stands for, with the `*` of `contains` and the like; undefined for everything else. */
export function patternOf(value: unknown, chain: Chain): Pattern | undefined {
  if (chain.type !== 'text' || chain.encodings.length > 0) return undefined;
  if (typeof value !== 'string' && !isNumber(value)) return undefined;
  const pattern = parsePattern(String(value));
  return chain.placed === 'equals' ? pattern : widen(pattern, chain.placed);
}

export function isNumber(value: unknown): value is number | WrittenNumber {
  return typeof value === 'number' || value instanceof WrittenNumber;
}

/** As pySigma shows a value to regular expressions: backslashes as they are, one before a `*` or `?` that means itself. */
export function plainOf(pattern: Pattern): string {
  return pattern.map((part) => unitsOf(part).map(plainUnit).join('')).join('');
}

function unitsOf(part: PatternPart): readonly PatternPart[] {
  return typeof part === 'string' ? part.split('') : [part];
}

function plainUnit(unit: PatternPart): string {
  if (typeof unit !== 'string') return unit.wildcard;
  return unit === '*' || unit === '?' ? `\\${unit}` : unit;
}

/** As a rule writes it, so that reading it gives the same pattern. */
export function writtenOf(pattern: Pattern): string {
  return pattern
    .map((part) => (typeof part === 'string' ? part.replace(/[\\*?]/g, '\\$&') : part.wildcard))
    .join('');
}

export interface Replacing {
  /** With `\1`, `\g<1>` and `\g<name>` for groups, as in Python. */
  readonly replacement: string;
  readonly skip_special: boolean;
  readonly interpret_special: boolean;
}

/** The pattern with every match replaced; undefined where nothing matches. */
export function replaceIn(pattern: Pattern, regex: RE2JS, replacing: Replacing): Pattern | undefined {
  let found = false;
  if (replacing.skip_special) {
    const parts = pattern.flatMap((part): Pattern => {
      if (typeof part !== 'string') return [part];
      const pieces = replacedPieces(part, regex, replacing.replacement);
      if (pieces.length === 1 && pieces[0]?.replaced === false) return [part];
      found = true;
      return pieces.flatMap(({ text, replaced }): Pattern =>
        replaced && replacing.interpret_special ? readReplacement(text) : [text],
      );
    });
    return found ? joined(parts) : undefined;
  }
  // What is not replaced keeps its sense: in the plain text a backslash before a wildcard could be either.
  const units = pattern.flatMap(unitsOf);
  const starts: number[] = [];
  let plain = '';
  for (const unit of units) {
    starts.push(plain.length);
    plain += plainUnit(unit);
  }
  const parts: PatternPart[] = [];
  let unit = 0;
  let at = 0;
  for (const { text, replaced, length } of replacedPieces(plain, regex, replacing.replacement)) {
    if (replaced) {
      found = true;
      parts.push(...readReplacement(text));
    } else
      for (; unit < units.length && (starts[unit] ?? 0) < at + length; unit++) {
        const here = units[unit];
        if (here !== undefined && (starts[unit] ?? 0) >= at) parts.push(here);
      }
    at += length;
    while (unit < units.length && (starts[unit] ?? 0) < at) unit++;
  }
  return found ? joined(parts) : undefined;
}

interface Piece {
  readonly text: string;
  readonly replaced: boolean;
  /** Of what stood there before. */
  readonly length: number;
}

function replacedPieces(text: string, regex: RE2JS, replacement: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const matcher = regex.matcher(text);
  let at = 0;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start > at) pieces.push({ text: text.slice(at, start), replaced: false, length: start - at });
    pieces.push({ text: expand(replacement, matcher), replaced: true, length: end - start });
    at = end;
  }
  if (at < text.length || pieces.length === 0)
    pieces.push({ text: text.slice(at), replaced: false, length: text.length - at });
  return pieces;
}

function expand(replacement: string, matcher: ReturnType<RE2JS['matcher']>): string {
  return replacement.replace(
    /\\(?:(\d{1,2})|g<(\w+)>|(.))/gs,
    (whole, number?: string, name?: string, sign?: string) => {
      if (sign !== undefined) return sign === '\\' ? '\\' : whole;
      const group = number ?? name ?? '';
      return matcher.group(/^\d+$/.test(group) ? Number(group) : group) ?? '';
    },
  );
}

/** A backslash in a replacement means itself unless a wildcard stands behind it. */
function readReplacement(text: string): Pattern {
  return parsePattern(text.replace(/\\(?![*?])/g, '\\\\'));
}

function joined(parts: readonly PatternPart[]): Pattern {
  const result: PatternPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else if (part !== '') result.push(part);
  }
  return result;
}
