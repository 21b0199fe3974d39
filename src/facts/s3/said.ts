import type { Event } from '../../event/event.ts';
import { codeOf, isAttempt } from '../gate.ts';

/** A sentence about what a call did; where it failed, that it was only tried. */
export function said(event: Event, sentence: string): string {
  return isAttempt(event) ? `tried this, but the call failed${codeOf(event)}: ${sentence}` : sentence;
}

/** What a call leaves unknown: nothing where it failed; and first of all whether it succeeded, where the record doesn't say. */
export function left(event: Event, unknowns: readonly string[]): readonly string[] {
  if (isAttempt(event)) return [];
  return event.outcome.result === 'unknown'
    ? ['whether the call succeeded: the record does not say', ...unknowns]
    : unknowns;
}
