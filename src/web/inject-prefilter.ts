import type { Escaping, Requests } from '../event/requests.ts';
import type { Rule } from '../sigma/rule.ts';
import type { Requirement } from '../sigma/required.ts';
import { cheapestTrigger } from '../sigma/trigger.ts';
import { byteLiterals, chanceOf, type ByteLiterals } from './byte-literals.ts';
import { createDecoder, longestText, trickBit, tricks } from './inject-decode.ts';
import {
  escapingIn,
  escapingOf,
  searchedColumns,
  streamsOf,
  type Form,
  type SearchedColumn,
  type Stream,
} from './inject-view.ts';
import { both, harmless, textVerdicts, type TextVerdicts, type Verdict } from './inject-verdicts.ts';
import { perText, type NumberedTexts } from './numbered-texts.ts';
import type { TextTable } from './text-table.ts';

/** A test of rows by their bytes alone. */
export interface RowFilter {
  /** False only where no rule matches the row. Decodes only what has something in it to decode. */
  readonly mayMatch: (requests: Requests, row: number) => boolean;
  /**
   * The same for all rows of a batch: 1 for each that a rule may match, 0 for the others. A text is looked at once, however many rows have it.
   * Valid until the next call. Undefined where a rule may match none of them.
   */
  readonly suspects: (requests: Requests, texts: TextTable) => Uint8Array | undefined;
  /**
   * What the texts of a row tell, of the batch for which `suspects` was asked last: `undefined` where they tell nothing, because a rule has no text
   * to look for. Each text is judged once, however many rows have it. For rows that `suspects` has marked.
   */
  readonly verdictOf: (row: number) => Verdict | undefined;
  /** The rules that may match the row, by their numbers in order; all others do not. */
  readonly candidates: (requests: Requests, row: number) => readonly number[];
  /** Rules without a text to look for: because of them every row is looked at. */
  readonly always: readonly Rule[];
}

/** What is looked for in one column. */
interface Needs {
  readonly raw: Map<string, number[]>;
  /** Also what is looked for without quoting: mostly there is none, and then the text is the same. */
  readonly decoded: Map<string, number[]>;
  unquoted: boolean;
  /** Bits of tricks that are enough to have a look, with who looks for them. */
  readonly tricks: { readonly bits: number; readonly owner: number }[];
}

interface ColumnFilter {
  readonly column: SearchedColumn;
  readonly raw: ByteLiterals | undefined;
  readonly decoded: ByteLiterals | undefined;
  readonly unquoted: boolean;
  readonly tricks: number;
  readonly owners: Needs['tricks'];
  /** 1 for each text of this column that has something in it. */
  readonly suspicious: (texts: NumberedTexts) => Uint32Array;
  /** Whether any of the texts is. */
  readonly hasAny: (texts: NumberedTexts, marks: Uint32Array) => boolean;
  /** Judges those. */
  readonly verdicts: TextVerdicts;
  /** Of the batch that is looked at, where any of its texts is suspicious. */
  current: { readonly held: NumberedTexts; readonly isMarked: Uint32Array } | undefined;
}

/** Derives from the rules the texts that each of them needs. */
export function rowFilter(rules: readonly Rule[]): RowFilter {
  const needs = new Map<SearchedColumn, Needs>();
  const needsOf = (column: SearchedColumn): Needs => {
    let known = needs.get(column);
    if (known === undefined)
      needs.set(column, (known = { raw: new Map(), decoded: new Map(), unquoted: false, tricks: [] }));
    return known;
  };
  const always: number[] = [];
  for (const [number, rule] of rules.entries()) {
    const trigger = cheapestTrigger(rule, costOf);
    let shows = trigger !== undefined;
    for (const need of trigger?.requirements ?? []) {
      const streams = need.kind === 'anywhere' ? everyColumn : streamsOf(need.field);
      if (need.kind === 'exists' || streams.length === 0) shows = false;
      else
        for (const text of need.texts)
          for (const stream of streams)
            shows = addNeed(needsOf(stream.column), stream, text, number) && shows;
    }
    if (!shows) always.push(number);
  }
  const verdictsFor = textVerdicts(rules);
  const filters = [...needs].map(([column, wanted]): ColumnFilter => {
    const isAgent = column === 'agent';
    const hasDecoded = wanted.decoded.size > 0 || wanted.tricks.length > 0;
    const filter: ColumnFilter = {
      column,
      raw: wanted.raw.size > 0 ? byteLiterals(wanted.raw, false, isAgent) : undefined,
      decoded: hasDecoded ? byteLiterals(wanted.decoded, wanted.unquoted, isAgent) : undefined,
      unquoted: wanted.unquoted,
      tricks: wanted.tricks.reduce((all, { bits }) => all | bits, 0),
      owners: wanted.tricks,
      hasAny: anyMarked(),
      verdicts: verdictsFor(column, (alone) => {
        const owners = new Set<number>();
        collectFrom(filter, alone, 0, owners);
        return owners;
      }),
      current: undefined,
      suspicious: perText((bytes, start, end, escaping) =>
        isSuspicious(filter, bytes, start, end, escaping) ? 1 : 0,
      ),
    };
    return filter;
  });
  const decoder = createDecoder();

  const isClean = (
    filter: ColumnFilter,
    bytes: Uint8Array,
    start: number,
    end: number,
    logEscaping: Escaping,
  ): boolean => {
    const { raw, decoded } = filter;
    const escaping = escapingIn(logEscaping, filter.column);
    if (raw !== undefined) {
      const length = decoder.unescape(bytes, start, end, escaping);
      if (foldsIntoAscii(decoder.unescaped, length) || raw.has(decoder.unescaped, 0, length)) return false;
    }
    if (decoded === undefined) return true;
    const scanned = decoded.scan(bytes, start, end);
    if (scanned !== 'undecided') return scanned === 'clean';
    const length = decoder.decode(bytes, start, end, escaping);
    if ((decoder.tricks() & filter.tricks) !== 0 || decoded.has(decoder.out, 0, length)) return false;
    if (!filter.unquoted) return true;
    const unquoted = decoder.unquote(length);
    return unquoted === -1 || !decoded.has(decoder.unquoted, 0, unquoted);
  };

  const isSuspicious = (
    filter: ColumnFilter,
    bytes: Uint8Array,
    start: number,
    end: number,
    escaping: Escaping,
  ): boolean => {
    const to = Math.min(end, start + longestText);
    return to > start && !isClean(filter, bytes, start, to, escaping);
  };
  let marks = new Uint8Array(0);

  const collectFrom = (filter: ColumnFilter, requests: Requests, row: number, found: Set<number>): void => {
    const { bytes, text } = requests;
    const start = text[filter.column].start[row] ?? 0;
    const end = Math.min(text[filter.column].end[row] ?? 0, start + longestText);
    if (end <= start) return;
    const add = (owner: number) => found.add(owner);
    const escaping = escapingOf(requests, filter.column);
    if (filter.raw !== undefined) {
      const length = decoder.unescape(bytes, start, end, escaping);
      // Rare: everybody has a look.
      if (foldsIntoAscii(decoder.unescaped, length)) rules.forEach((_rule, number) => found.add(number));
      filter.raw.collect(decoder.unescaped, 0, length, add);
    }
    if (filter.decoded === undefined) return;
    const length = decoder.decode(bytes, start, end, escaping);
    const tricksSeen = decoder.tricks();
    for (const { bits, owner } of filter.owners) if ((bits & tricksSeen) !== 0) found.add(owner);
    filter.decoded.collect(decoder.out, 0, length, add);
    const unquoted = filter.unquoted ? decoder.unquote(length) : -1;
    if (unquoted >= 0) filter.decoded.collect(decoder.unquoted, 0, unquoted, add);
  };

  return {
    always: always.flatMap((number) => rules[number] ?? []),
    candidates: (requests, row) => {
      const found = new Set(always);
      for (const filter of filters) collectFrom(filter, requests, row, found);
      return [...found].sort((a, b) => a - b);
    },
    mayMatch: (requests, row) => {
      if (always.length > 0) return true;
      for (const filter of filters) {
        const { start, end } = requests.text[filter.column];
        const { bytes, escaping } = requests;
        if (isSuspicious(filter, bytes, start[row] ?? 0, end[row] ?? 0, escaping)) return true;
      }
      return false;
    },
    suspects: (requests, texts) => {
      const { count } = requests;
      if (marks.length < count) marks = new Uint8Array(Math.max(count, requests.position.length));
      marks.fill(always.length > 0 ? 1 : 0, 0, count);
      let isAny = always.length > 0;
      for (const filter of isAny ? [] : filters) {
        const held = texts.of(requests, filter.column);
        const { ids } = held;
        const isMarked = filter.suspicious(held);
        filter.current = undefined;
        if (!filter.hasAny(held, isMarked)) continue;
        filter.current = { held, isMarked };
        if (markRows(ids, count, isMarked, marks)) isAny = true;
      }
      return isAny ? marks : undefined;
    },
    verdictOf: (row) => {
      if (always.length > 0) return undefined;
      let verdict = harmless;
      for (const { current, verdicts } of filters) {
        if (current === undefined) continue;
        const id = current.held.ids[row] ?? 0;
        if (current.isMarked[id] === 1) verdict = both(verdict, verdicts(current.held, id));
      }
      return verdict;
    },
  };
}

/**
 * Marks the rows that have one of the texts, and says whether any has. By itself, because it is all that is done with most rows: so little is soon
 * optimized, and stays so whatever becomes of the rest.
 */
function markRows(ids: Int32Array, count: number, isMarked: Uint32Array, marks: Uint8Array): boolean {
  let isAny = false;
  for (let row = 0; row < count; row++)
    if (isMarked[ids[row] ?? 0] === 1) {
      marks[row] = 1;
      isAny = true;
    }
  return isAny;
}

/** Says whether any of the texts has a 1. Each is looked at once, as mostly none has: then no row need be. */
function anyMarked(): (texts: NumberedTexts, marks: Uint32Array) => boolean {
  let from: NumberedTexts | undefined;
  let generation = -1;
  let seen = 0;
  let isAny = false;
  return (texts, marks) => {
    if (texts !== from || texts.generation !== generation) {
      from = texts;
      generation = texts.generation;
      seen = 0;
      isAny = false;
    }
    for (; seen < texts.size && !isAny; seen++) isAny = marks[seen] === 1;
    return isAny;
  };
}

/** How many of a hundred rows, about, keep the requirement. */
function costOf(need: Requirement): number {
  const streams = need.kind === 'anywhere' ? everyColumn : streamsOf(need.field);
  if (need.kind === 'exists' || streams.length === 0) return 1e6;
  let cost = 0;
  for (const text of need.texts)
    for (const { column, form } of streams)
      cost += form === 'tricks' ? 0.01 : chanceOf(asciiPart(text, form), column === 'agent');
  return cost;
}

const everyColumn: readonly Stream[] = searchedColumns.map((column) => ({ column, form: 'raw' }));

/** False where the text shows in no bytes. */
function addNeed(needs: Needs, { form }: Stream, text: string, owner: number): boolean {
  if (form === 'tricks') {
    // What is no trick is never found.
    for (const name of tricks) if (name.includes(text)) needs.tricks.push({ bits: trickBit[name], owner });
    return true;
  }
  const part = asciiPart(text, form);
  if (part === '') return false;
  const literals = needs[form === 'raw' ? 'raw' : 'decoded'];
  const owners = literals.get(part);
  if (owners === undefined) literals.set(part, [owner]);
  else if (owners.at(-1) !== owner) owners.push(owner);
  if (form === 'unquoted') needs.unquoted = true;
  return true;
}

/**
 * The longest stretch of ASCII in a folded text: of other letters the bytes differ between capital and small. Where path and query are read
 * together, a question mark stands between them that is in neither.
 */
function asciiPart(text: string, form: Form): string {
  let best = '';
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && text.charCodeAt(i) < 0x80 && (form !== 'raw' || text[i] !== '?')) continue;
    if (i - from > best.length) best = text.slice(from, i);
    from = i + 1;
  }
  return best;
}

/** Whether a text has one of the two letters beyond ASCII that fold into it: the long s and the sign for kelvin. */
function foldsIntoAscii(bytes: Uint8Array, length: number): boolean {
  for (let i = 0; i + 1 < length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0xc5) continue;
    if ((byte === 0xc5 && bytes[i + 1] === 0xbf) || (byte === 0xe2 && bytes[i + 1] === 0x84)) return true;
  }
  return false;
}
