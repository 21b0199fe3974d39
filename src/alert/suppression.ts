import type { Json } from '../event/json.ts';

/** An exception that was made while Tocsin runs, and is kept in the store. Plain data. */
export interface Suppression {
  readonly id: string;
  /** What it is called in lists and in the alerts that fall under it. */
  readonly name: string;
  /** A Sigma search over what a policy can read: `{ "tocsin.rule.id": "...", "tocsin.actor.name": "deploy/*" }`. */
  readonly when: Json;
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Holds for event times from `from` up to `until`, in milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Who ended it before its time, and when. */
  readonly ended?: { readonly at: number; readonly by: string } | undefined;
}
