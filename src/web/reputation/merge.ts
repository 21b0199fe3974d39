import type { Range } from './range.ts';

/** The same addresses in as few ranges as possible, in order. `next` is the value after one. */
export function merged<T extends number | bigint>(
  ranges: readonly Range<T>[],
  next: (value: T) => T,
): Range<T>[] {
  const out: { first: T; last: T }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) =>
    a.first < b.first ? -1 : a.first > b.first ? 1 : 0,
  )) {
    const open = out.at(-1);
    if (open !== undefined && first <= next(open.last)) {
      if (last > open.last) open.last = last;
    } else out.push({ first, last });
  }
  return out;
}

/** A stretch in which the same sets hold every value, from `first` until the next segment begins. */
export interface Segment<T extends number | bigint> {
  readonly first: T;
  /** One bit for each set: 1 for the first, 2 for the second ... */
  readonly mask: number;
}

/** Lays sets over one another, each of them merged. Values before the first segment are in none. */
export function segmentsOf<T extends number | bigint>(
  sets: readonly (readonly Range<T>[])[],
  next: (value: T) => T,
): Segment<T>[] {
  const turns = sets.flatMap((ranges, set) =>
    ranges.flatMap(({ first, last }) => [
      { at: first, flip: 2 ** set },
      { at: next(last), flip: 2 ** set },
    ]),
  );
  turns.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const segments: { first: T; mask: number }[] = [];
  let mask = 0;
  for (const { at, flip } of turns) {
    mask ^= flip;
    const open = segments.at(-1);
    if (open?.first === at) open.mask = mask;
    else segments.push({ first: at, mask });
  }
  return segments.filter((segment, i) => segment.mask !== (segments[i - 1]?.mask ?? 0));
}
