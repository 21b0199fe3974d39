import type { Json } from '../event/json.ts';
import { compileDetection } from '../sigma/compile.ts';
import type { EventView } from '../sigma/event-view.ts';
import { readSelection, type Selection } from '../sigma/selection.ts';
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

const longestAhead = 366 * 86_400_000;
/** The furthest point in time that a date can hold: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const furthest = 8.64e15;

/** Why a suppression cannot hold from one time to another; undefined where it can. All in milliseconds since the epoch. */
export function periodProblem(
  { from, until }: Pick<Suppression, 'from' | 'until'>,
  now: number,
): string | undefined {
  if (!(Math.abs(from) <= furthest)) return 'from: is no point in time, in milliseconds since the epoch';
  if (!(until > Math.max(from, now))) return 'until: must be a time in the future, and behind `from`';
  return until - now > longestAhead
    ? 'until: is more than a year away; what holds for longer belongs into `alerts.exceptions` of the configuration'
    : undefined;
}

/**
 * Why a search keeps more quiet than anybody means to; undefined where it does not. One that holds where no field is there at all, such as one for
 * the absence of a field with a slip of the pen in its name, holds for nearly everything.
 */
export function breadthProblem(when: Selection): string | undefined {
  return compileDetection(when, nothingThere)(undefined)
    ? 'holds for an event without any fields, so that it would keep nearly everything quiet; name something that must be there as well, such as `tocsin.rule.id` or `eventName`'
    : undefined;
}

const nothingThere: EventView<undefined> = { field: () => () => undefined, whole: () => ({}) };

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
