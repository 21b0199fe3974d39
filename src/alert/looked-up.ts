import { addressIn, isPublic, observablesIn, type Observable } from '../context/observable.ts';
import type { Alert } from './alert.ts';
import { lookupVerdicts, type Lookup } from './lookup.ts';

/** An alert that thousands of addresses lead to must not have them all looked up. */
const mostObservables = 4;
const mostLookups = 24;

/**
 * What of an alert may be looked up, what it is about most first: the address that the call came from, addresses of its newest events, and
 * what a security service's finding names. Nothing private, reserved or inner is among it.
 */
export function observablesOf({ where, correlation, occurrences, evidence }: Alert): readonly Observable[] {
  const found = new Map<string, Observable>();
  const add = (observable: Observable): void => {
    if (found.size < mostObservables && isPublic(observable))
      found.set(`${observable.type} ${observable.value}`, observable);
  };
  const addAddress = (text: string): void => {
    const value = addressIn(text);
    if (value !== undefined) add({ type: 'address', value });
  };
  if (where.origin.type === 'address') addAddress(where.origin.address);
  for (const observable of observablesIn(evidence.fields)) add(observable);
  for (const { origin } of correlation?.events.toReversed() ?? [])
    if (origin.type === 'address') addAddress(origin.address);
  for (const address of occurrences?.varied.address ?? []) addAddress(address);
  return [...found.values()];
}

/**
 * An alert with what was said about it; undefined where it says all that already. What was answered is never replaced by what was not, nor a
 * later answer by an earlier one, so that the order in which they come makes no difference.
 */
export function withLookups(alert: Alert, more: readonly Lookup[]): Alert | undefined {
  const known = new Map((alert.context?.lookups ?? []).map((lookup) => [keyOf(lookup), lookup]));
  let isNew = false;
  for (const lookup of more) {
    const before = known.get(keyOf(lookup));
    if (before === undefined ? known.size >= mostLookups : !replaces(lookup, before)) continue;
    known.set(keyOf(lookup), lookup);
    isNew = true;
  }
  if (!isNew) return undefined;
  const lookups = [...known.values()].toSorted((a, b) => rank(a) - rank(b) || compare(keyOf(a), keyOf(b)));
  return { ...alert, context: { ...alert.context, lookups } };
}

function replaces(lookup: Lookup, before: Lookup): boolean {
  const [isAnswer, wasAnswer] = [lookup, before].map(({ verdict }) => verdict !== 'unanswered');
  return isAnswer === wasAnswer ? lookup.at > before.at : isAnswer === true;
}

/** What matters most first. */
function rank({ verdict }: Lookup): number {
  return lookupVerdicts.indexOf(verdict);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf({ provider, about }: Lookup): string {
  return `${about.type} ${about.value} ${provider}`;
}
