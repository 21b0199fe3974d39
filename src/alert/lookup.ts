import type { Warning } from '../context/intel/intel.ts';
import type { Observable } from '../context/observable.ts';

/** What is known around an alert besides what its events say. */
export interface AlertContext {
  /** What feeds of indicators warn of in its event; known when it was raised. */
  readonly warnings?: readonly Warning[] | undefined;
  /** What others said of what it names; added after it was stored. */
  readonly lookups?: readonly Lookup[] | undefined;
}

/** `none`: what was said tells neither of good nor of bad. `unanswered`: nothing was said, and `summary` is why. */
export const lookupVerdicts = ['malicious', 'suspicious', 'benign', 'none', 'unanswered'] as const;

export type LookupVerdict = (typeof lookupVerdicts)[number];

/** What one provider said of one thing. Its strings are as hostile as whoever answered. */
export interface Lookup {
  /** As its owner spells it: `AbuseIPDB`. */
  readonly provider: string;
  readonly about: Observable;
  readonly verdict: LookupVerdict;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** A page of the provider about it. */
  readonly link?: string | undefined;
  /** When that was asked, in milliseconds since the epoch. */
  readonly at: number;
}
