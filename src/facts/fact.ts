import type { Event, EventKind } from '../event/event.ts';
import type { JsonObject } from '../event/json.ts';
import type { DiffLine } from './assets/diff.ts';
import type { Known } from './known.ts';

/** Who can use what a change opened, widest first. */
export type Audience =
  | 'public'
  | 'any-aws-account'
  /** Anyone, signed in or not, who calls from fixed address ranges, VPCs or VPC endpoints. */
  | 'network'
  | 'organisation'
  | 'external-account'
  /** Every account of an organisation that is known as one's own. */
  | 'own-organisation'
  /** Other accounts that are known as one's own or as trusted. */
  | 'known-account'
  /** Whom an identity provider that the account trusts signs in, tied by a claim of the token. */
  | 'federated'
  | 'service'
  | 'own-account'
  | 'nobody'
  | 'unknown';

/**
 * What a change means, derived from one event. Rules see it as `tocsin.<subject>.<key of fields>`;
 * several facts of one subject are members of an array there.
 */
export interface Fact {
  /** The name under `tocsin.`: `exposure`. */
  readonly subject: string;
  /** One sentence a person can check: "anyone on the internet can now read every object in `invoices`". */
  readonly explanation: string;
  /** What the event alone can't tell and what would decide it; empty where nothing is open. */
  readonly unknowns: readonly string[];
  readonly fields: JsonObject;
  /** What changed, line by line, or what stands there now; shown below the explanation. */
  readonly diff?: readonly DiffLine[] | undefined;
}

/**
 * What shows in a record's bytes that an analyser may derive something from it: a key anywhere in it, in small or capital letters, or
 * different accounts under `accountId` and `recipientAccountId`.
 */
export type Sign = { readonly key: string } | 'two accounts';

/** Derives facts. Pure; asked only about the actions that it names. */
export interface Analyser {
  readonly name: string;
  /** `service:action` pairs, such as `s3.amazonaws.com:PutBucketPolicy`. */
  readonly actions: readonly string[];
  /** Kinds of events that are no calls, all of which it is asked about. */
  readonly kinds?: readonly EventKind[];
  /** The subjects of the facts that it can derive. */
  readonly subjects: readonly string[];
  readonly analyse: (event: Event, known: Known) => readonly Fact[];
  /**
   * For actions that accounts log by the million and that seldom mean anything: the signs without any of which it derives nothing, so
   * that such records need not be parsed. Held by a test.
   */
  readonly signs?: ReadonlyMap<string, readonly Sign[]>;
}
