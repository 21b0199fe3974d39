import { encodings, isEncoding, type Encoding } from './encode.ts';
import { RuleError } from './problem.ts';
import type { Comparison, TimePart } from './rule.ts';

/** What a chain of modifiers asks for. */
export interface Chain {
  readonly type: ChainType;
  /** The modifiers as they were written, for messages. */
  readonly written: string;
  readonly all: boolean;
  readonly negated: boolean;
  readonly cased: boolean;
  readonly regexFlags: string;
  readonly comparison: Comparison | undefined;
  readonly timePart: TimePart | undefined;
  /** Where the text stands; for `fieldref` where the other field's value stands. */
  readonly placed: 'equals' | Placed;
  /** What is done to a text before it is looked for, in this order. */
  readonly encodings: readonly Encoding[];
  /** Whether values are looked through for placeholders. */
  readonly expand: boolean;
}

type ChainType = 'text' | 'exists' | 're' | 'cidr' | 'compare' | 'fieldref' | 'time';
type Placed = 'contains' | 'startswith' | 'endswith';

export const comparisons: readonly string[] = ['lt', 'lte', 'gt', 'gte'];
export const places: readonly string[] = ['contains', 'startswith', 'endswith'];
const regexFlags: readonly string[] = ['i', 'm', 's'];
export const timeParts: readonly string[] = ['minute', 'hour', 'day', 'week', 'month', 'year'];
/** Every modifier that there is. */
export const modifierNames: readonly string[] = [
  'all',
  'cased',
  'neq',
  'exists',
  're',
  'cidr',
  'fieldref',
  'expand',
  ...comparisons,
  ...places,
  ...encodings,
  ...timeParts,
  ...regexFlags,
];

/**
 * Reads the modifiers behind a field name from left to right.
 * https://sigmahq.io/sigma-specification/specification/sigma-appendix-modifiers.html
 * @throws {RuleError} where a modifier is unknown, given twice, or has no sense at its place; the message says which and why.
 */
export function readChain(
  modifiers: readonly string[],
  at: readonly (string | number)[],
  target: 'field' | 'keywords' = 'field',
): Chain {
  const seen: string[] = [];
  const steps: Encoding[] = [];
  // Said so, as it is assigned in a closure, which the type checker does not follow.
  let type = 'text' as ChainType;
  let placed: Chain['placed'] = 'equals';
  let comparison: Comparison | undefined;
  let timePart: TimePart | undefined;
  let flags = '';
  const refuse = (message: string): never => {
    throw new RuleError(message, at);
  };
  const cannotFollow = (word: string, reason: string) =>
    refuse(`'${word}' cannot follow '${seen.join('|')}': ${reason}`);
  const claim = (next: ChainType, word: string) => {
    if (type !== 'text' || placed !== 'equals' || steps.length > 0)
      cannotFollow(word, `'${word}' reads the value in a way of its own`);
    type = next;
  };
  for (const word of modifiers) {
    if (seen.includes(word) && word !== 'base64') refuse(`'${word}' is given twice`);
    if (isPlace(word)) {
      if (type === 're' && word === 'contains') {
        // A regular expression is searched for anyway.
      } else if (type !== 'text' && type !== 'fieldref')
        cannotFollow(word, 'it is for texts and for the values of other fields');
      else if (placed !== 'equals') cannotFollow(word, 'a text has one place');
      else placed = word;
    } else if (isEncoding(word)) {
      if (type !== 'text') cannotFollow(word, 'it changes texts');
      const reason = whyNotEncoded(word, steps, placed);
      if (reason !== undefined) cannotFollow(word, reason);
      steps.push(word);
    } else if (isComparison(word)) {
      if (type !== 'time') claim('compare', word);
      else if (comparison !== undefined) cannotFollow(word, 'a number is compared in one way');
      comparison = word;
    } else if (isTimePart(word)) {
      if (type === 'compare') cannotFollow(word, `write '${word}|${comparison ?? ''}'`);
      claim('time', word);
      timePart = word;
    } else if (word === 'fieldref') {
      if (type !== 'text' || steps.length > 0) cannotFollow(word, 'it takes the plain name of a field');
      type = 'fieldref';
    } else if (word === 'exists' || word === 're' || word === 'cidr') {
      claim(word, word);
    } else if (regexFlags.includes(word)) {
      if (type !== 're') refuse(`'${word}' is only for regular expressions: write 're|${word}'`);
      flags += word;
    } else if (word !== 'all' && word !== 'cased' && word !== 'neq' && word !== 'expand') {
      refuse(unknownModifier(word));
    }
    seen.push(word);
  }
  const has = (word: string) => seen.includes(word);
  if (has('cased') && type !== 'text' && type !== 'fieldref' && (type !== 're' || flags.includes('i')))
    refuse(
      type === 're'
        ? "'cased' and 're|i' ask for opposite things"
        : `'cased' is for texts, not for '${type}'`,
    );
  if (has('expand') && type !== 'text' && type !== 're' && type !== 'cidr')
    refuse(`'expand' fills in texts, regular expressions and networks, not what '${seen.join('|')}' takes`);
  if (has('all') && type === 'exists') refuse("'exists' takes one value, and 'all' is for lists");
  if (has('base64offset') && placed !== 'contains' && target === 'field')
    refuse(
      "'base64offset' gives what a text looks like inside of encoded data: write 'base64offset|contains'",
    );
  if (steps.at(-1) === 'utf16')
    refuse("'utf16' begins with a byte order mark, which no text has: write 'utf16|base64'");
  return {
    type,
    written: seen.join('|'),
    placed,
    comparison,
    timePart,
    regexFlags: flags,
    encodings: steps,
    all: has('all'),
    negated: has('neq'),
    cased: has('cased'),
    expand: has('expand'),
  };
}

/** The reason why this encoding has no sense behind the others; undefined where it has. */
function whyNotEncoded(
  word: Encoding,
  before: readonly Encoding[],
  placed: Chain['placed'],
): string | undefined {
  const last = before.at(-1);
  if (last === 'base64offset')
    return "'base64offset' gives pieces of encoded data, so it is the last encoding";
  if (word === 'windash') return before.length > 0 ? 'flags are found in the plain text only' : undefined;
  if (word === 'base64' || word === 'base64offset')
    return placed === 'equals' ? undefined : `write '${[...before, word].join('|')}|${placed}'`;
  return last !== undefined && last !== 'windash' && last !== 'base64'
    ? 'the text is encoded as UTF-16 already'
    : undefined;
}

function unknownModifier(word: string): string {
  const near = modifierNames.find(
    (candidate) => candidate.startsWith(word.slice(0, 4)) || word.startsWith(candidate),
  );
  return `'${word}' is not a modifier${near === undefined || near.length < 2 ? `; known are ${modifierNames.join(', ')}` : `; did you mean '${near}'?`}`;
}

function isComparison(word: string): word is Comparison {
  return comparisons.includes(word);
}

function isPlace(word: string): word is Placed {
  return places.includes(word);
}

function isTimePart(word: string): word is TimePart {
  return timeParts.includes(word);
}
