import type { KnownPerson } from '../context/people.ts';
import type { AlertPerson } from './alert.ts';

/** What an alert says of a person: not by what they are recognised. */
export function alertPerson(known: KnownPerson | undefined): AlertPerson | undefined {
  return known && { name: known.name, team: known.team, contact: known.contact };
}
