import type { Event, Origin } from '../event/event.ts';
import { remembered } from '../event/remembered.ts';
import { warningsOf, type Feed, type Warning } from './intel/intel.ts';
import { ownNetworks, type OwnNetwork } from './own-networks.ts';
import { peopleBook, type KnownPerson } from './people.ts';
import { personOf, type Person } from './person.ts';
import type { Usual } from './usual/usual.ts';
import { kindOfAddress, locateNothing, placeOf, type Locate, type Place } from './place.ts';

/** What is known around events besides what they say. Asked only where a rule asks or an alert is made. */
export interface Context {
  readonly placeOf: (origin: Origin) => Place;
  readonly personOf: (event: Event) => Person;
  /** What feeds of indicators warn of in it. */
  readonly warningsOf: (event: Event) => readonly Warning[];
  /** The person whom the configuration calls so. */
  readonly personNamed: (name: string) => KnownPerson | undefined;
  /** How the event stands beside what its actor did before; undefined where nobody learns that, or nothing is known of the actor. */
  readonly usualOf: (event: Event, place: () => Place) => Usual | undefined;
}

/** What the configuration tells of it: plain data. */
export interface ContextSetting {
  readonly networks: readonly OwnNetwork[];
  readonly people: readonly KnownPerson[];
}

/** Without a setting and without data nothing is known but what addresses tell by themselves. */
export function createContext(
  { networks, people }: ContextSetting = { networks: [], people: [] },
  locate: Locate = locateNothing,
  usualOf: Context['usualOf'] = () => undefined,
  feeds: () => readonly Feed[] = () => [],
): Context {
  const own = ownNetworks(networks);
  const book = peopleBook(people);
  const kindOf = remembered(kindOfAddress);
  const byName = new Map(people.map((person) => [person.name, person]));
  return {
    placeOf: (origin) => placeOf(origin, own, locate, kindOf),
    personOf: (event) => personOf(event, book),
    warningsOf: (event) => warningsOf(event, feeds()),
    personNamed: (name) => byName.get(name),
    usualOf,
  };
}

/** Nothing is known. */
export const noContext: Context = createContext();
