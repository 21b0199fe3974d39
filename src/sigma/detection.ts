import { compileCidr } from './cidr.ts';
import { encodePattern } from './encode.ts';
import { readChain, type Chain } from './modifiers.ts';
import { parsePattern, widen } from './pattern.ts';
import { splitPlaceholders, withoutEscapedPercents } from './placeholder.ts';
import { RuleError } from './problem.ts';
import { compileRegex } from './regex.ts';
import type { Detection, ValueTest } from './rule.ts';
import type { Place, Search, SearchItem } from './search.ts';
import { timeRanges } from './time-part.ts';
import { WrittenNumber } from './written-number.ts';

export interface DetectionOptions {
  /** `later`: the search is only tried, and its placeholders have no values yet. */
  readonly placeholders?: 'refused' | 'later';
}

/**
 * What runs of a search: modifiers are read, and values are made tests.
 * @throws {RuleError} at the key or value that cannot be read.
 */
export function detectionOf(search: Search, options: DetectionOptions = {}): Detection {
  switch (search.type) {
    case 'all':
    case 'any':
      return { type: search.type, of: search.of.map((part) => detectionOf(part, options)) };
    case 'item':
      return search.field === undefined
        ? keywordsOf(search, options)
        : fieldOf(search, search.field, options);
    case 'element': {
      const { type, field, quantifier, condition } = search;
      const detections = Object.fromEntries(
        Object.entries(search.searches).map(([name, inner]) => [name, detectionOf(inner, options)]),
      );
      return { type, field, quantifier, detections, condition };
    }
  }
}

function fieldOf({ modifiers, values, at }: SearchItem, field: string, options: DetectionOptions): Detection {
  const chain = readChain(modifiers, at);
  const { negated } = chain;
  const variants = values.map((one) => parseValue(one.value, chain, one.at, options));
  return joined(variants, chain, (quantifier, tests) => ({
    type: 'field',
    field,
    quantifier,
    negated,
    tests,
  }));
}

function keywordsOf({ modifiers, values, at }: SearchItem, options: DetectionOptions): Detection {
  const chain = readChain(modifiers, at, 'keywords');
  if (chain.negated || (chain.type !== 'text' && chain.type !== 're'))
    throw new RuleError(
      `the modifiers '${chain.written}' need a field; keywords are looked for in the whole event`,
      at,
    );
  const variants = values.map((one) => {
    if (typeof one.value !== 'string' && !isNumber(one.value) && typeof one.value !== 'boolean')
      throw new RuleError('a keyword is a text or a number', one.at);
    return parseValue(String(one.value), chain, one.at, options).map((test): ValueTest =>
      test.type === 'text' ? { ...test, pattern: widen(test.pattern, 'contains') } : test,
    );
  });
  return joined(variants, chain, (quantifier, tests) => ({ type: 'keywords', quantifier, tests }));
}

/**
 * The tests of all values joined. A value may have become several texts of which one is enough; where every value must match, those
 * texts stay together in a detection of their own.
 */
function joined(
  variants: readonly (readonly ValueTest[])[],
  chain: Chain,
  make: (quantifier: 'any' | 'all', tests: readonly ValueTest[]) => Detection,
): Detection {
  if (!chain.all || variants.every((tests) => tests.length === 1))
    return make(chain.all ? 'all' : 'any', variants.flat());
  const of = variants.map((tests) => make('any', tests));
  // Not every one of them: as soon as one does not.
  return single(of) ?? { type: chain.negated ? 'any' : 'all', of };
}

/** The tests of one value: any of them. */
function parseValue(
  written: unknown,
  chain: Chain,
  at: Place,
  { placeholders = 'refused' }: DetectionOptions,
): readonly ValueTest[] {
  let value = written;
  if (chain.expand && typeof written === 'string') {
    if (placeholders === 'refused') refusePlaceholders(written, at);
    else if (splitPlaceholders(written).some((part) => typeof part !== 'string')) return [];
    value = withoutEscapedPercents(written);
  }
  switch (chain.type) {
    case 'exists':
      if (typeof value !== 'boolean') throw new RuleError("'exists' takes true or false", at);
      return [{ type: 'exists', wanted: value }];
    case 're':
      return [parseRegex(value, chain.regexFlags, at)];
    case 'cidr':
      return [parseCidr(value, at)];
    case 'compare':
      if (!isNumber(value) || chain.comparison === undefined)
        throw new RuleError(`'${chain.comparison}' takes a number`, at);
      return [{ type: 'compare', comparison: chain.comparison, value: numberOf(value) }];
    case 'time':
      return [parseTime(value, chain, at)];
    case 'fieldref':
      if (typeof value !== 'string' || value === '')
        throw new RuleError("'fieldref' takes the name of another field", at);
      return [{ type: 'field', field: value, match: chain.placed, cased: chain.cased }];
    case 'text':
      if (chain.placed === 'equals' && chain.encodings.length === 0)
        return [parsePlain(value, chain.cased, at)];
      return parseText(value, chain, at);
  }
}

function parseText(value: unknown, chain: Chain, at: Place): readonly ValueTest[] {
  if (typeof value !== 'string' && !isNumber(value))
    throw new RuleError(`'${chain.written}' takes a text`, at);
  const { placed, cased } = chain;
  try {
    return encodePattern(parsePattern(String(value)), chain.encodings).map((pattern) => ({
      type: 'text',
      pattern: placed === 'equals' ? pattern : widen(pattern, placed),
      cased,
    }));
  } catch (error) {
    throw new RuleError(
      `'${chain.written}': ${error instanceof Error ? error.message : 'cannot be applied'}`,
      at,
    );
  }
}

function parseTime(value: unknown, chain: Chain, at: Place): ValueTest {
  const { timePart: part, comparison = 'eq' } = chain;
  if (part === undefined || !isNumber(value) || !Number.isInteger(numberOf(value)))
    throw new RuleError(`'${chain.written}' takes a whole number`, at);
  const number = numberOf(value);
  const [low, high] = timeRanges[part];
  if (number < low || number > high)
    throw new RuleError(`'${part}' lies between ${low} and ${high}; ${number} never comes`, at);
  return { type: 'time', part, comparison, value: number };
}

/** A rule whose placeholders have no values would look for the wrong thing. */
function refusePlaceholders(value: string, at: Place): void {
  for (const part of splitPlaceholders(value))
    if (typeof part !== 'string')
      throw new RuleError(
        `the placeholder '%${part.placeholder}%' has no values; give it some with 'rules.placeholders' in the configuration, or with 'vars' and the transformation 'value_placeholders' in a pipeline`,
        at,
      );
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

function isNumber(value: unknown): value is number | WrittenNumber {
  return typeof value === 'number' || value instanceof WrittenNumber;
}

function numberOf(value: number | WrittenNumber): number {
  return typeof value === 'number' ? value : value.value;
}

function single(of: readonly Detection[]): Detection | undefined {
  return of.length === 1 ? of[0] : undefined;
}
