import type { Json } from '../event/json.ts';
import { readSelection } from '../sigma/selection.ts';
import type { AlertException } from './policy.ts';

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

/**
 * A suppression as a policy has it. One that was ended holds for nothing that happened later.
 * @throws {RuleError} where `when` is no search
 */
export function exceptionOf({ name, when, reason, owner, from, until, ended }: Suppression): AlertException {
  return {
    name,
    when: readSelection(when),
    reason,
    owner,
    from,
    until: ended === undefined ? until : Math.min(until, ended.at),
  };
}
