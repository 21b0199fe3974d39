import { fold } from './fold.ts';

/**
 * Folded texts without which a regular expression of RE2's language matches nowhere: of each returned set, every matching text has one in it.
 * Empty where there are none, or where the expression has something in it that this reader does not know: it never guesses.
 * https://github.com/google/re2/wiki/Syntax
 */
export function literalsOfRegex(source: string, flags: string): readonly ReadonlySet<string>[] {
  const reader: Reader = { points: Array.from(source), at: 0, depth: 0 };
  const found = readAlternatives(reader, flags.includes('i'));
  if (found === undefined || reader.at < reader.points.length) return [];
  return needsOf(found).filter((set) => !set.has(''));
}

interface Reader {
  readonly points: readonly string[];
  at: number;
  depth: number;
}

/** What a part of an expression says about the texts that it matches. */
interface Part {
  /** Every text that it can match, folded; undefined where they are too many. */
  readonly exact: readonly string[] | undefined;
  /** Of each set, what it matches has one in it. */
  readonly needs: readonly ReadonlySet<string>[];
}

const nothing: Part = { exact: [''], needs: [] };
const anything: Part = { exact: undefined, needs: [] };
/** More texts than this say too little to be worth looking for. */
const mostTexts = 32;
/** Nor does a longer text say more. */
const longestText = 64;
const deepest = 100;

function needsOf({ exact, needs }: Part): readonly ReadonlySet<string>[] {
  return exact === undefined || exact.includes('') ? needs : [...needs, new Set(exact)];
}

/** Up to the end or the closing bracket; undefined where something is unknown. */
function readAlternatives(reader: Reader, given: boolean): Part | undefined {
  if (++reader.depth > deepest) return undefined;
  const branches: Part[] = [];
  // A flag that is set in one alternative holds in those behind it.
  const state = { ignoreCase: given };
  for (;;) {
    const branch = readSequence(reader, state);
    if (branch === undefined) return undefined;
    branches.push(branch);
    if (reader.points[reader.at] !== '|') break;
    reader.at++;
  }
  reader.depth--;
  const [only] = branches;
  if (branches.length === 1) return only;
  const exact = branches.flatMap((branch) => branch.exact ?? []);
  if (branches.every((branch) => branch.exact !== undefined) && exact.length <= mostTexts)
    return { exact: [...new Set(exact)], needs: [] };
  const texts = new Set<string>();
  for (const branch of branches) {
    const strongest = strongestOf(needsOf(branch));
    if (strongest === undefined) return anything;
    for (const text of strongest) texts.add(text);
  }
  return { exact: undefined, needs: [texts] };
}

/** The set whose shortest text is longest. */
function strongestOf(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> | undefined {
  let best: ReadonlySet<string> | undefined;
  let bestLength = -1;
  for (const set of sets) {
    let shortest = Number.POSITIVE_INFINITY;
    for (const text of set) shortest = Math.min(shortest, text.length);
    if (shortest <= bestLength) continue;
    best = set;
    bestLength = shortest;
  }
  return best;
}

function readSequence(reader: Reader, state: { ignoreCase: boolean }): Part | undefined {
  const needs: ReadonlySet<string>[] = [];
  let exact = [''];
  let whole = true;
  const breakOff = () => {
    if (!exact.includes('')) needs.push(new Set(exact));
    exact = [''];
    whole = false;
  };
  for (;;) {
    const point = reader.points[reader.at];
    if (point === undefined || point === '|' || point === ')') break;
    const atom = readAtom(reader, state);
    if (atom === undefined) return undefined;
    const part = readQuantifier(reader, atom);
    if (part === undefined) return undefined;
    if (
      part.exact !== undefined &&
      part.exact.length * exact.length <= mostTexts &&
      exact.every((text) => text.length <= longestText)
    ) {
      const before = exact;
      exact = [...new Set(part.exact.flatMap((text) => before.map((start) => start + text)))];
      needs.push(...part.needs);
    } else {
      breakOff();
      needs.push(...needsOf(part));
    }
  }
  if (whole) return { exact, needs };
  breakOff();
  return { exact: undefined, needs };
}

function readQuantifier(reader: Reader, atom: Part): Part | undefined {
  let part = atom;
  for (;;) {
    const bounds = readBounds(reader);
    if (bounds === undefined) return part;
    if (reader.points[reader.at] === '?') reader.at++;
    const [least, most] = bounds;
    if (least === 1 && most === 1) continue;
    if (most === 0) part = nothing;
    else if (least === 0 && most === 1)
      part = part.exact === undefined ? anything : { exact: [...new Set(['', ...part.exact])], needs: [] };
    else if (least === 0) part = anything;
    else part = { exact: undefined, needs: needsOf(part) };
  }
}

/** How often the part before may come, and goes behind it; undefined where it is not said. */
function readBounds(reader: Reader): readonly [least: number, most: number] | undefined {
  const { points } = reader;
  switch (points[reader.at]) {
    case '*':
      reader.at++;
      return [0, Number.POSITIVE_INFINITY];
    case '+':
      reader.at++;
      return [1, Number.POSITIVE_INFINITY];
    case '?':
      reader.at++;
      return [0, 1];
    case '{': {
      const written = /^\{(\d+)(,(\d*))?\}/.exec(points.slice(reader.at, reader.at + 16).join(''));
      // RE2 takes other braces for themselves; `readAtom` comes to them next.
      if (written === null) return undefined;
      reader.at += written[0].length;
      const least = Number(written[1]);
      if (written[2] === undefined) return [least, least];
      return [least, written[3] === '' ? Number.POSITIVE_INFINITY : Number(written[3])];
    }
    default:
      return undefined;
  }
}

function readAtom(reader: Reader, state: { ignoreCase: boolean }): Part | undefined {
  const point = reader.points[reader.at++] ?? '';
  switch (point) {
    case '(':
      return readGroup(reader, state);
    case '[':
      return readClass(reader, state.ignoreCase);
    case '.':
      return anything;
    case '^':
    case '$':
      return nothing;
    case '\\':
      return readEscape(reader, state.ignoreCase);
    case '*':
    case '+':
    case '?':
      return undefined;
    default:
      return literal(point, state.ignoreCase);
  }
}

function literal(point: string, ignoreCase: boolean): Part {
  // Which other letters count as the same one outside of ASCII may differ between RE2's tables and ours; halves of pairs are in no whole text.
  if (!point.isWellFormed() || (ignoreCase && point > '\u007f')) return anything;
  return { exact: [fold(point)], needs: [] };
}

function readGroup(reader: Reader, state: { ignoreCase: boolean }): Part | undefined {
  let { ignoreCase } = state;
  if (reader.points[reader.at] === '?') {
    const opening = /^\?(?:P?<\w+>|([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)]))/.exec(
      reader.points.slice(reader.at, reader.at + 64).join(''),
    );
    if (opening === null) return undefined;
    const [written, on = '', off = '', end] = opening;
    if (/[^imsU]/.test(on + off)) return undefined;
    reader.at += Array.from(written).length;
    if (on.includes('i')) ignoreCase = true;
    if (off.includes('i')) ignoreCase = false;
    if (end === ')') {
      state.ignoreCase = ignoreCase;
      return nothing;
    }
  }
  const inner = readAlternatives(reader, ignoreCase);
  if (inner === undefined || reader.points[reader.at] !== ')') return undefined;
  reader.at++;
  return inner;
}

const controls: Readonly<Record<string, string>> = {
  a: '\u0007',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function readEscape(reader: Reader, ignoreCase: boolean): Part | undefined {
  const point = reader.points[reader.at++] ?? '';
  if ('dDwWsS'.includes(point) && point !== '') return anything;
  if ('bBAz'.includes(point) && point !== '') return nothing;
  const control = controls[point];
  if (control !== undefined) return literal(control, ignoreCase);
  if (point === 'x') {
    const written = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
      reader.points.slice(reader.at, reader.at + 8).join(''),
    );
    const code = Number.parseInt(written?.[1] ?? written?.[2] ?? '', 16);
    if (written === null || code > 0x10ffff) return undefined;
    reader.at += written[0].length;
    return literal(String.fromCodePoint(code), ignoreCase);
  }
  return /^[!-/:-@[-`{-~]$/.test(point) ? literal(point, ignoreCase) : undefined;
}

/** Behind the opening bracket. A class of a few single characters is as good as alternatives. */
function readClass(reader: Reader, ignoreCase: boolean): Part | undefined {
  const { points } = reader;
  const negated = points[reader.at] === '^';
  if (negated) reader.at++;
  const texts: string[] = [];
  let isFew = !negated;
  for (let first = true; ; first = false) {
    const point = points[reader.at];
    if (point === undefined) return undefined;
    if (point === ']' && !first) break;
    reader.at++;
    if (point === '[' && points[reader.at] === ':') {
      const end = points.indexOf(']', reader.at);
      if (end < 0) return undefined;
      reader.at = end + 1;
      isFew = false;
      continue;
    }
    const part = point === '\\' ? readEscape(reader, ignoreCase) : literal(point, ignoreCase);
    if (part === undefined || part === nothing) return undefined;
    if (points[reader.at] === '-' && points[reader.at + 1] !== ']') {
      // A range; where it ends is read as the next member.
      reader.at++;
      isFew = false;
    }
    if (part.exact === undefined) isFew = false;
    else texts.push(...part.exact);
  }
  reader.at++;
  return isFew && texts.length <= mostTexts ? { exact: [...new Set(texts)], needs: [] } : anything;
}
