import type { Standing } from '../alert/standing.ts';

/** By what a receiver knows a message again, in its own words: `{ channel: 'C0123', ts: '1700000000.000100' }`. A few short texts. */
export type Receipt = Readonly<Record<string, string>>;

/** What a channel was told of an alert, last. */
export interface Told {
  readonly standing: Standing;
  /** Empty where the receiver gave none. */
  readonly receipt: Receipt;
}
