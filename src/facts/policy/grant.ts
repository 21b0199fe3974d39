import type { Audience } from '../fact.ts';
import type { AccessClass } from './access.ts';

/** What a policy lets one audience do, after its Deny statements. Lists are sorted and hold each value once. */
export interface Grant {
  readonly audience: Audience;
  /** As the document names them; `*` for everyone. */
  readonly principals: readonly string[];
  /** Ids of accounts other than the owner's that are let in by name. */
  readonly accounts: readonly string[];
  readonly organisations: readonly string[];
  /** For a service: whether a condition ties it to a source (no confused deputy). True for other audiences. */
  readonly guarded: boolean;
  readonly access: readonly AccessClass[];
  /** Action patterns in lower case; those of a NotAction as `all but s3:deletebucket`. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Every condition on it, narrowing or not, for people. */
  readonly conditions: readonly string[];
  /** What the document alone can't decide about this grant. */
  readonly doubts: readonly string[];
}

/** Widest first; `unknown` last, as nobody can say how wide it is. */
export const audiencesByWidth: readonly Audience[] = [
  'public',
  'any-aws-account',
  'network',
  'organisation',
  'external-account',
  'own-organisation',
  'known-account',
  'federated',
  'service',
  'own-account',
  'nobody',
  'unknown',
];
