import { compileCidr } from './cidr.ts';
import { parsePattern, widen } from './pattern.ts';
import { RuleError } from './problem.ts';
import { compileRegex } from './regex.ts';
import type { Comparison, Detection, ValueTest } from './rule.ts';
import { WrittenNumber } from './written-number.ts';

type Place = readonly (string | number)[];

/**
 * Reads one search identifier: a map (all fields must match), a list of maps (one must), a list of texts or a single text
 * (keywords, looked for in every value).
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#detection
 * @throws {RuleError} at the key or value that cannot be read.
 */
export function parseDetection(value: unknown, at: Place): Detection {
  if (isMap(value)) return parseMap(value, at);
  if (!Array.isArray(value)) return parseKeywords([value], [], at);
  if (value.length === 0) throw new RuleError('an empty list can never match; remove it or add a value', at);
  if (value.every((item) => !isMap(item))) return parseKeywords(value, [], at);
  const of = value.map((item, i) =>
    isMap(item) ? parseMap(item, [...at, i]) : parseKeywords([item], [], [...at, i]),
  );
  return single(of) ?? { type: 'any', of };
}

function parseMap(map: Readonly<Record<string, unknown>>, at: Place): Detection {
  const entries = Object.entries(map);
  if (entries.length === 0) throw new RuleError('an empty map would match every event; add a field', at);
  const of = entries.map(([key, value]) => parseItem(key, value, [...at, key]));
  return single(of) ?? { type: 'all', of };
}

function parseItem(key: string, value: unknown, at: Place): Detection {
  const [field = '', ...modifiers] = key.split('|');
  if (field === '') return parseKeywords(Array.isArray(value) ? value : [value], modifiers, at);
  const chain = readChain(modifiers, at);
  const values = listOf(value, at);
  const tests = values.map((item, i) => parseValue(item, chain, values.length > 1 ? [...at, i] : at));
  return { type: 'field', field, quantifier: chain.all ? 'all' : 'any', negated: chain.negated, tests };
}

function parseKeywords(values: readonly unknown[], modifiers: readonly string[], at: Place): Detection {
  const chain = readChain(modifiers, at);
  if (
    chain.negated ||
    chain.type === 'exists' ||
    chain.type === 'fieldref' ||
    chain.type === 'compare' ||
    chain.type === 'cidr'
  )
    throw new RuleError(
      `the modifiers '${modifiers.join('|')}' need a field; keywords are looked for in the whole event`,
      at,
    );
  const tests = values.map((value) => {
    if (typeof value !== 'string' && !isNumber(value) && typeof value !== 'boolean')
      throw new RuleError('a keyword is a text or a number', at);
    const test = parseValue(String(value), chain, at);
    return test.type === 'text' ? { ...test, pattern: widen(test.pattern, 'contains') } : test;
  });
  return { type: 'keywords', quantifier: chain.all ? 'all' : 'any', tests };
}

/** What a chain of modifiers asks for. */
interface Chain {
  readonly type:
    'plain' | 'contains' | 'startswith' | 'endswith' | 'exists' | 're' | 'cidr' | 'compare' | 'fieldref';
  readonly all: boolean;
  readonly negated: boolean;
  readonly cased: boolean;
  readonly regexFlags: string;
  readonly comparison: Comparison | undefined;
  /** For `fieldref` with a place: `field|fieldref|endswith`. */
  readonly placed: 'equals' | 'contains' | 'startswith' | 'endswith';
}

const comparisons: readonly string[] = ['lt', 'lte', 'gt', 'gte'];
const places: readonly string[] = ['contains', 'startswith', 'endswith'];
const regexFlags: readonly string[] = ['i', 'm', 's'];
const known = [
  'all',
  'cased',
  'neq',
  'exists',
  're',
  'cidr',
  'fieldref',
  ...comparisons,
  ...places,
  ...regexFlags,
];
/** In the specification, but not in this version: a rule with one of them is refused and said so. */
const notYet = [
  'base64',
  'base64offset',
  'wide',
  'utf16',
  'utf16le',
  'utf16be',
  'windash',
  'expand',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
];

function readChain(modifiers: readonly string[], at: Place): Chain {
  let type: Chain['type'] = 'plain';
  let placed: Chain['placed'] = 'equals';
  let comparison: Comparison | undefined;
  let flags = '';
  const flagsSet = new Set<string>();
  const claim = (next: Chain['type'], word: string) => {
    if (type !== 'plain')
      throw new RuleError(
        `'${word}' cannot follow '${modifiers.slice(0, modifiers.indexOf(word)).join('|')}'`,
        at,
      );
    type = next;
  };
  for (const word of modifiers) {
    if (word === 'all' || word === 'cased' || word === 'neq') {
      if (flagsSet.has(word)) throw new RuleError(`'${word}' is given twice`, at);
      flagsSet.add(word);
    } else if (isPlace(word)) {
      if ((type as Chain['type']) === 'fieldref' && placed === 'equals') placed = word;
      else if (word === 'contains' && (type as Chain['type']) === 're') continue;
      else claim(word, word);
    } else if (isComparison(word)) {
      claim('compare', word);
      comparison = word;
    } else if (word === 'fieldref') {
      if (isPlace(type)) placed = type;
      else if (type !== 'plain') claim('fieldref', word);
      type = 'fieldref';
    } else if (word === 'exists' || word === 're' || word === 'cidr') {
      claim(word, word);
    } else if (regexFlags.includes(word)) {
      if ((type as Chain['type']) !== 're')
        throw new RuleError(`'${word}' is only for regular expressions: write 're|${word}'`, at);
      flags += word;
    } else {
      throw new RuleError(unknownModifier(word), at);
    }
  }
  return {
    type,
    placed,
    comparison,
    regexFlags: flags,
    all: flagsSet.has('all'),
    negated: flagsSet.has('neq'),
    cased: flagsSet.has('cased'),
  };
}

function parseValue(value: unknown, chain: Chain, at: Place): ValueTest {
  switch (chain.type) {
    case 'exists':
      if (typeof value !== 'boolean') throw new RuleError("'exists' takes true or false", at);
      return { type: 'exists', wanted: value };
    case 're':
      return parseRegex(value, chain.regexFlags, at);
    case 'cidr':
      return parseCidr(value, at);
    case 'compare':
      if (!isNumber(value) || chain.comparison === undefined)
        throw new RuleError(`'${chain.comparison}' takes a number`, at);
      return { type: 'compare', comparison: chain.comparison, value: numberOf(value) };
    case 'fieldref':
      if (typeof value !== 'string' || value === '')
        throw new RuleError("'fieldref' takes the name of another field", at);
      return { type: 'field', field: value, match: chain.placed, cased: chain.cased };
    case 'plain':
      return parsePlain(value, chain.cased, at);
    case 'contains':
    case 'startswith':
    case 'endswith': {
      if (typeof value !== 'string' && !isNumber(value))
        throw new RuleError(`'${chain.type}' takes a text`, at);
      return { type: 'text', pattern: widen(parsePattern(String(value)), chain.type), cased: chain.cased };
    }
  }
}

function parsePlain(value: unknown, cased: boolean, at: Place): ValueTest {
  if (value === null) return { type: 'null' };
  if (isNumber(value)) return { type: 'number', value: numberOf(value), text: String(value) };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value !== 'string') throw new RuleError('a value is a text, a number, true, false or null', at);
  const pattern = parsePattern(value);
  return { type: 'text', pattern, cased };
}

function parseRegex(value: unknown, flags: string, at: Place): ValueTest {
  if (typeof value !== 'string') throw new RuleError("'re' takes a regular expression as a text", at);
  try {
    compileRegex(value, flags);
  } catch (error) {
    throw new RuleError(
      `the regular expression ${value} cannot be run in linear time: ${error instanceof Error ? error.message : 'unknown reason'}; look-around and back-references are not allowed`,
      at,
    );
  }
  return { type: 'regex', source: value, flags };
}

function parseCidr(value: unknown, at: Place): ValueTest {
  try {
    compileCidr(String(value));
  } catch (error) {
    throw new RuleError(error instanceof Error ? error.message : 'not a network', at);
  }
  return { type: 'cidr', range: String(value) };
}

function listOf(value: unknown, at: Place): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  if (value.length === 0)
    throw new RuleError('an empty list can never match; remove the field or add a value', at);
  return value;
}

function unknownModifier(word: string): string {
  if (notYet.includes(word)) return `the modifier '${word}' is not supported by this version of Tocsin`;
  const near = known.find(
    (candidate) => candidate.startsWith(word.slice(0, 4)) || word.startsWith(candidate),
  );
  return `'${word}' is not a modifier${near === undefined || near.length < 2 ? `; known are ${known.join(', ')}` : `; did you mean '${near}'?`}`;
}

function isComparison(word: string): word is Comparison {
  return comparisons.includes(word);
}

function isPlace(word: string): word is 'contains' | 'startswith' | 'endswith' {
  return places.includes(word);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  );
}

function isNumber(value: unknown): value is number | WrittenNumber {
  return typeof value === 'number' || value instanceof WrittenNumber;
}

function numberOf(value: number | WrittenNumber): number {
  return typeof value === 'number' ? value : value.value;
}

function single(of: readonly Detection[]): Detection | undefined {
  return of.length === 1 ? of[0] : undefined;
}
