import { literalOf } from './pattern.ts';
import type { Pattern, PatternPart } from './rule.ts';

export const encodings = [
  'windash',
  'base64',
  'base64offset',
  'wide',
  'utf16',
  'utf16le',
  'utf16be',
] as const;
export type Encoding = (typeof encodings)[number];

export function isEncoding(word: string): word is Encoding {
  return (encodings as readonly string[]).includes(word);
}

/** So many ways to write one value; with five dashes it is a value of four flags. */
const mostVariants = 625;

/**
 * The patterns of which one must match in place of the given one.
 * @throws {Error} with the reason where the value cannot be encoded so.
 */
export function encodePattern(pattern: Pattern, steps: readonly Encoding[]): readonly Pattern[] {
  let variants: readonly Pattern[] = [pattern];
  let rest = steps;
  if (rest[0] === 'windash') {
    variants = withAllDashes(pattern);
    rest = rest.slice(1);
  }
  if (rest.length === 0) return variants;
  if (!rest.some((step) => step.startsWith('base64'))) {
    const order = rest[0] === 'utf16be' ? 'big' : 'little';
    return variants.map((variant) => variant.map((part) => (isText(part) ? wideText(part, order) : part)));
  }
  return variants.flatMap((variant) => {
    const text = literalOf(variant);
    if (text === undefined)
      throw new Error(
        "a text with wildcards cannot be encoded with base64; write the part that is fixed, or '\\*' for the sign itself",
      );
    if (text === '') throw new Error('an empty text cannot be encoded');
    return encodeBytes(text, rest).map((encoded) => [encoded]);
  });
}

/** Encodes step by step; ends in base64 text, or in the bytes of UTF-16 of such text where that is the last step. */
function encodeBytes(text: string, steps: readonly Encoding[]): readonly string[] {
  let bytes = Buffer.from(text, 'utf8');
  for (const step of steps) {
    if (step === 'base64offset') return shifted(bytes);
    if (step === 'base64') bytes = Buffer.from(bytes.toString('base64'), 'latin1');
    // A step of UTF-16 stands behind the value or behind base64, so the bytes are text here.
    else bytes = utf16(bytes.toString('utf8'), step);
  }
  return [bytes.toString('latin1')];
}

function utf16(text: string, step: Encoding): Buffer<ArrayBuffer> {
  const little = Buffer.from(step === 'utf16' ? `\ufeff${text}` : text, 'utf16le');
  return step === 'utf16be' ? little.swap16() : little;
}

/**
 * What of the base64 of data that holds these bytes is the same whatever stands around them, for the three places that they can
 * begin at: characters that hold a bit of a neighbour are left out.
 */
function shifted(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const bits = (shift + bytes.length) * 8;
    const piece = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
    if (piece === '') throw new Error('the text is too short to be found inside of base64');
    return piece;
  });
}

/** UTF-16 seen as text one byte a character: so only where each byte is a character by itself. */
function wideText(text: string, order: 'little' | 'big'): string {
  let wide = '';
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127)
      throw new Error('the UTF-16 of characters outside of ASCII is no text; encode it further with base64');
    wide += order === 'little' ? `${text.charAt(i)}\0` : `\0${text.charAt(i)}`;
  }
  return wide;
}

/** Hyphen, slash, en dash, em dash, horizontal bar: each may begin a flag on Windows. */
const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;
const flag = /(?<![\p{L}\p{N}_])[-/\u2013\u2014\u2015](?=[\p{L}\p{N}_])/gu;

/**
 * Every way to write the flags of a text. Only a dash that begins a word counts, as in pySigma: not one inside of
 * `well-known`, nor one before a space, a quotation mark or a wildcard.
 */
function withAllDashes(pattern: Pattern): readonly Pattern[] {
  let variants: readonly PatternPart[][] = [[]];
  for (const part of pattern) {
    const ways = isText(part) ? dashWays(part) : [part];
    if (variants.length * ways.length > mostVariants) throw tooMany();
    variants = variants.flatMap((before) => ways.map((way) => [...before, way]));
  }
  return variants;
}

function dashWays(text: string): readonly string[] {
  const pieces = text.split(flag);
  if (dashes.length ** (pieces.length - 1) > mostVariants) throw tooMany();
  // The dash as it is written is one of the five, so nothing is lost by dropping it.
  const [first = '', ...others] = pieces;
  return others.reduce<readonly string[]>(
    (ways, piece) => ways.flatMap((way) => dashes.map((dash) => `${way}${dash}${piece}`)),
    [first],
  );
}

function tooMany(): Error {
  return new Error(
    `'windash' would make more than ${mostVariants} texts of this one; split it into several with 'contains|all'`,
  );
}

function isText(part: PatternPart): part is string {
  return typeof part === 'string';
}
