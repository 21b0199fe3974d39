import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { changeFieldNames, changesOf } from './change.ts';
import { danglingFieldNames, danglingOf } from './dangling.ts';
import { assetFieldNames, historyOf } from './history.ts';
import type { AssetMemory } from './memory.ts';
import { actionsWithSightings, intendedSightings } from './sightings.ts';

/** The subjects of the facts that come from what is remembered. */
export const recalledSubjects: ReadonlySet<string> = new Set(['asset', 'change', 'dangling']);

export const recalledFieldNames: readonly FieldName[] = [
  ...changeFieldNames,
  ...assetFieldNames,
  ...danglingFieldNames,
];

/** The calls that can give facts of a subject from memory, without their service; undefined where it is no such subject. */
export function actionsRecalled(subject: string): ReadonlySet<string> | undefined {
  return recalledSubjects.has(subject) ? actionsWithSightings : undefined;
}

const none: readonly Fact[] = [];

/**
 * What is known of the things that a call is about from events before it: what has changed, who made them, what it leaves behind.
 * Without a memory only what the call itself shows, and that the rest is not known.
 */
export function recall(event: Event, memory: AssetMemory | undefined): readonly Fact[] {
  const sightings = intendedSightings(event);
  if (sightings.length === 0) return none;
  const changes = changesOf(event, sightings, memory);
  if (memory === undefined) return changes;
  return [...danglingOf(event, sightings, memory), ...changes, ...historyOf(event, sightings, memory)];
}
