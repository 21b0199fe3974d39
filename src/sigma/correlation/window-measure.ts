import type { Held } from './entry.ts';

/** What is known of the entries of one group in one window. Entries come in the order of time and go in the same. */
export interface Measure {
  readonly add: (held: Held) => void;
  /** Takes out the oldest, which is this. */
  readonly remove: (held: Held) => void;
  /** The number that bounds are set for, of entries since `start`; undefined where there is none. */
  readonly value: (time: number, start: number) => number | undefined;
  /** Which value it is that has this number. */
  readonly note?: () => string | undefined;
}
