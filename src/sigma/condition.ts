import type { Condition, PatternPart } from './rule.ts';
import { compilePattern } from './pattern.ts';
import { RuleError } from './problem.ts';

/**
 * Parses a Sigma condition over the given detection names. `not` binds tighter than `and`, `and` tighter than `or`.
 * Quantified parts (`1 of sel*`, `all of them`) are written out here, so that what comes after knows only names.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#condition
 * @throws {RuleError} with the word at fault.
 */
export function parseCondition(
  source: string,
  names: readonly string[],
  place: readonly (string | number)[] = ['detection', 'condition'],
): Condition {
  const words = source.match(/\(|\)|[^\s()]+/g) ?? [];
  const parser = { words, at: 0, names, source, place, depth: 0, parts: 0 };
  const condition = parseOr(parser);
  const rest = parser.words[parser.at];
  if (rest !== undefined) throw problem(parser, `'${rest}' is not expected here`);
  return condition;
}

interface Parser {
  readonly words: readonly string[];
  readonly names: readonly string[];
  readonly source: string;
  /** Where the condition stands in its document. */
  readonly place: readonly (string | number)[];
  at: number;
  depth: number;
  /** How many names the quantified parts have been written out to. */
  parts: number;
}

const maximumDepth = 100;
const maximumParts = 20_000;

function parseOr(parser: Parser): Condition {
  const of = [parseAnd(parser)];
  while (takeKeyword(parser, 'or')) of.push(parseAnd(parser));
  return one(of) ?? { type: 'or', of };
}

function parseAnd(parser: Parser): Condition {
  const of = [parseNot(parser)];
  while (takeKeyword(parser, 'and')) of.push(parseNot(parser));
  return one(of) ?? { type: 'and', of };
}

function parseNot(parser: Parser): Condition {
  if (++parser.depth > maximumDepth) throw problem(parser, `is nested more than ${maximumDepth} deep`);
  const condition: Condition = takeKeyword(parser, 'not')
    ? { type: 'not', of: parseNot(parser) }
    : parseTerm(parser);
  parser.depth--;
  return condition;
}

function parseTerm(parser: Parser): Condition {
  const word = parser.words[parser.at++];
  if (word === undefined) throw problem(parser, 'ends where a detection name is expected');
  if (word === '(') {
    const inner = parseOr(parser);
    if (parser.words[parser.at++] !== ')') throw problem(parser, "lacks a ')'");
    return inner;
  }
  if (word === ')' || isKeyword(word))
    throw problem(parser, `'${word}' stands where a detection name is expected`);
  if (parser.words[parser.at]?.toLowerCase() === 'of' && /^(\d+|all|any)$/i.test(word)) {
    parser.at++;
    return parseQuantified(parser, word.toLowerCase());
  }
  if (!parser.names.includes(word)) throw problem(parser, unknownName(parser, word));
  return { type: 'detection', name: word };
}

function parseQuantified(parser: Parser, quantity: string): Condition {
  const pattern = parser.words[parser.at++];
  if (pattern === undefined || pattern === '(' || pattern === ')')
    throw problem(parser, `'${quantity} of' needs 'them' or a name such as selection_*`);
  const matching =
    pattern === 'them'
      ? parser.names.filter((name) => !name.startsWith('_'))
      : matchingNames(parser, pattern);
  if (matching.length === 0) throw problem(parser, `no detection is called '${pattern}'`);
  parser.parts += matching.length;
  if (parser.parts > maximumParts)
    throw problem(parser, `stands for more than ${maximumParts} parts when written out; ask for fewer`);
  const of = matching.map((name): Condition => ({ type: 'detection', name }));
  const single = one(of);
  if (quantity === 'all') return single ?? { type: 'and', of };
  const count = quantity === 'any' ? 1 : Number(quantity);
  if (count < 1) throw problem(parser, `'${quantity} of' can never fail; ask for at least 1`);
  if (count > of.length)
    throw problem(
      parser,
      `'${quantity} of ${pattern}' can never hold: only ${of.length} detections are called so`,
    );
  return count === 1 ? (single ?? { type: 'or', of }) : { type: 'atLeast', count, of };
}

function matchingNames(parser: Parser, pattern: string): string[] {
  const parts = pattern
    .split(/(\*)/)
    .filter((part) => part !== '')
    .map((part): PatternPart => (part === '*' ? { wildcard: '*' } : part));
  return parser.names.filter(compilePattern(parts, true));
}

function takeKeyword(parser: Parser, keyword: string): boolean {
  if (parser.words[parser.at]?.toLowerCase() !== keyword) return false;
  parser.at++;
  return true;
}

function isKeyword(word: string): boolean {
  return /^(and|or|not|of|\|)$/i.test(word);
}

function unknownName(parser: Parser, word: string): string {
  return `no detection is called '${word}'; there is ${parser.names.map((name) => `'${name}'`).join(', ')}`;
}

function one(of: readonly Condition[]): Condition | undefined {
  return of.length === 1 ? of[0] : undefined;
}

function problem(parser: Parser, reason: string): RuleError {
  return new RuleError(`condition '${parser.source}': ${reason}`, parser.place);
}
