import { firstFolds, fold } from './fold.ts';

/** Where a scan tells what it finds. */
export interface ScanSink {
  /** The text after folding, where somebody has needed it. */
  folded: string | undefined;
  /** The number of a literal that the text has in it; once for each literal and each `epoch`. */
  found(literal: number): void;
}

/** Looks for many literals in one pass. `epoch` is over zero and different for each event; literals of one epoch are told once. */
export type LiteralScanner = (text: string, sink: ScanSink, epoch: number) => void;

/** Units in a gram: four of them fill one integer. */
const gramLength = 4;
const largestTable = 1 << 22;

/**
 * A scanner for folded literals in texts that need not be folded. From each literal it takes the four neighbouring units that are rarest among all
 * of them, and keeps these in a table in which no two share a place: one look for each unit of the text says whether a
 * literal may be here, and only then it is compared. Time is linear in the text; how often a comparison is needed depends on the literals.
 * Hot; see bench/matching.ts.
 */
export function compileScanner(literals: readonly string[]): LiteralScanner {
  const long: number[] = [];
  const short: number[] = [];
  const beyondAscii: number[] = [];
  for (const [i, literal] of literals.entries())
    (isAscii(literal) ? (literal.length >= gramLength ? long : short) : beyondAscii).push(i);
  const { table, unplaced } = placeGrams(literals, long);
  const { keys, heads, next, ends, shift } = table;
  // There are few of them, and the engine's own search is quick.
  const searched = [...short, ...unplaced];
  const byUnit = placeUnits(literals, beyondAscii);
  const told = new Int32Array(literals.length);

  const tell = (i: number, sink: ScanSink, epoch: number) => {
    told[i] = epoch;
    sink.found(i);
  };
  const compare = (place: number, end: number, folded: string, sink: ScanSink, epoch: number) => {
    for (let i = heads[place] ?? -1; i >= 0; i = next[i] ?? -1) {
      const start = end - (ends[i] ?? 0);
      if (told[i] !== epoch && start >= 0 && folded.startsWith(literals[i] ?? '', start))
        tell(i, sink, epoch);
    }
  };

  const compareAt = (unit: number, at: number, folded: string, sink: ScanSink, epoch: number) => {
    for (const { literal, before } of byUnit.get(unit) ?? none)
      if (told[literal] !== epoch && at >= before && folded.startsWith(literals[literal] ?? '', at - before))
        tell(literal, sink, epoch);
  };

  /** Folds as it goes along. False where the text has letters for which that is not so easy, and needs folding first. */
  const scanPlain = (text: string, sink: ScanSink, epoch: number): boolean => {
    let gram = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= firstFolds.length) return false;
      // By a table, for every unit: on mixed text a branch for capital letters would be guessed wrong every other time.
      const small = firstFolds[unit] ?? 0;
      gram = (gram << 8) | (small & 0xff);
      const place = Math.imul(gram, multiplier) >>> shift;
      if (keys[place] === gram && gram !== 0)
        compare(place, i + 1, (sink.folded ??= fold(text)), sink, epoch);
      if (small > lastAscii && byUnit.size > 0)
        compareAt(small, i, (sink.folded ??= fold(text)), sink, epoch);
    }
    return true;
  };

  const scanFolded = (folded: string, sink: ScanSink, epoch: number) => {
    let gram = 0;
    for (let i = 0; i < folded.length; i++) {
      const unit = folded.charCodeAt(i);
      gram = (gram << 8) | (unit & 0xff);
      const place = Math.imul(gram, multiplier) >>> shift;
      if (keys[place] === gram && gram !== 0) compare(place, i + 1, folded, sink, epoch);
      if (unit > lastAscii) compareAt(unit, i, folded, sink, epoch);
    }
  };

  return (text, sink, epoch) => {
    if (!scanPlain(text, sink, epoch)) scanFolded((sink.folded ??= fold(text)), sink, epoch);
    for (const i of searched)
      if (told[i] !== epoch && (sink.folded ??= fold(text)).includes(literals[i] ?? '')) tell(i, sink, epoch);
  };
}

const lastAscii = 127;

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > lastAscii) return false;
  return true;
}

/** A literal and how many of its units lie before the one by which it is found. */
interface PlacedAtUnit {
  readonly literal: number;
  readonly before: number;
}

const none: readonly PlacedAtUnit[] = [];

/** Literals by the rarest of their units that are not ASCII, as no ASCII text has them: half a surrogate pair may be common to a thousand of them. */
function placeUnits(
  literals: readonly string[],
  beyondAscii: readonly number[],
): ReadonlyMap<number, readonly PlacedAtUnit[]> {
  const counts = new Map<number, number>();
  const unitsOf = (literal: number) =>
    Array.from({ length: literals[literal]?.length ?? 0 }, (_, i) => literals[literal]?.charCodeAt(i) ?? 0);
  for (const literal of beyondAscii)
    for (const unit of unitsOf(literal)) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  const placed = new Map<number, PlacedAtUnit[]>();
  for (const literal of beyondAscii) {
    const [rarest] = [...unitsOf(literal).entries()]
      .filter(([, unit]) => unit > lastAscii)
      .sort(([, a], [, b]) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
    if (rarest === undefined) continue;
    const [before, unit] = rarest;
    const known = placed.get(unit);
    if (known === undefined) placed.set(unit, [{ literal, before }]);
    else known.push({ literal, before });
  }
  return placed;
}

/** Spreads grams over the table: the golden ratio as a fraction of 2^32. */
const multiplier = 0x9e3779b1;

interface GramTable {
  /** The gram at each place; 0 where there is none. */
  readonly keys: Int32Array;
  /** The first literal of each place, and the next one of each literal; -1 where there is none. */
  readonly heads: Int32Array;
  readonly next: Int32Array;
  /** For each literal, how many units of it lie before the end of its gram. */
  readonly ends: Uint32Array;
  readonly shift: number;
}

/** Gives each literal a gram whose place no other gram has, in the smallest table where that works out. */
function placeGrams(
  literals: readonly string[],
  long: readonly number[],
): { readonly table: GramTable; readonly unplaced: readonly number[] } {
  const counts = new Map<number, number>();
  for (const i of long)
    for (const gram of new Set(gramsOf(literals[i] ?? ''))) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  // Those with the least choice first.
  const sorted = [...long].sort((a, b) => (literals[a]?.length ?? 0) - (literals[b]?.length ?? 0));
  let size = 64;
  while (size < long.length * 4) size *= 2;
  for (; ; size *= 2) {
    const placed = placeIn(size, literals, sorted, counts);
    if (placed.unplaced.length === 0 || size >= largestTable) return placed;
  }
}

function placeIn(
  size: number,
  literals: readonly string[],
  sorted: readonly number[],
  counts: ReadonlyMap<number, number>,
): { readonly table: GramTable; readonly unplaced: readonly number[] } {
  const shift = 1 + Math.clz32(size);
  const keys = new Int32Array(size);
  const heads = new Int32Array(size).fill(-1);
  const next = new Int32Array(literals.length).fill(-1);
  const ends = new Uint32Array(literals.length);
  const unplaced: number[] = [];
  for (const i of sorted) {
    let best:
      | { readonly place: number; readonly gram: number; readonly end: number; readonly count: number }
      | undefined;
    for (const [start, gram] of gramsOf(literals[i] ?? '').entries()) {
      const place = Math.imul(gram, multiplier) >>> shift;
      const count = counts.get(gram) ?? 0;
      if (gram === 0 || (keys[place] !== 0 && keys[place] !== gram)) continue;
      if (best === undefined || count < best.count) best = { place, gram, end: start + gramLength, count };
    }
    if (best === undefined) {
      unplaced.push(i);
      continue;
    }
    keys[best.place] = best.gram;
    next[i] = heads[best.place] ?? -1;
    heads[best.place] = i;
    ends[i] = best.end;
  }
  return { table: { keys, heads, next, ends, shift }, unplaced };
}

/** Each four neighbouring units as one integer, of every unit the low byte. */
function gramsOf(literal: string): number[] {
  const grams: number[] = [];
  let gram = 0;
  for (let i = 0; i < literal.length; i++) {
    gram = (gram << 8) | (literal.charCodeAt(i) & 0xff);
    if (i >= gramLength - 1) grams.push(gram);
  }
  return grams;
}
