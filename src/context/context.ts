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
  /** People who were found elsewhere; those of the configuration come first. */
  readonly found?: readonly KnownPerson[] | undefined;
}

/** What is known at each moment, where somebody keeps that. */
export interface Around {
  readonly usualOf?: Context['usualOf'] | undefined;
  /** The same list until somebody else is known. */
  readonly people?: (() => readonly KnownPerson[]) | undefined;
  /** Feeds of indicators. */
  readonly feeds?: (() => readonly Feed[]) | undefined;
}

/** Without a setting and without data nothing is known but what addresses tell by themselves. */
export function createContext(
  { networks, people, found = [] }: ContextSetting = { networks: [], people: [] },
  locate: Locate = locateNothing,
  { usualOf = () => undefined, people: foundNow = () => found, feeds = () => [] }: Around = {},
): Context {
  const own = ownNetworks(networks);
  const told = bookOf(people);
  let others = bookOf([]);
  const othersNow = (): Book => {
    const now = foundNow();
    if (now !== others.people) others = bookOf(now);
    return others;
  };
  const kindOf = remembered(kindOfAddress);
  return {
    placeOf: (origin) => placeOf(origin, own, locate, kindOf),
    personOf: (event) =>
      personOf(event, (identities) => told.find(identities) ?? othersNow().find(identities)),
    warningsOf: (event) => warningsOf(event, feeds()),
    personNamed: (name) => told.byName.get(name) ?? othersNow().byName.get(name),
    usualOf,
  };
}

interface Book {
  readonly people: readonly KnownPerson[];
  readonly find: ReturnType<typeof peopleBook>;
  readonly byName: ReadonlyMap<string, KnownPerson>;
}

function bookOf(people: readonly KnownPerson[]): Book {
  const byName = new Map(people.map((person) => [person.name, person]));
  return { people, find: peopleBook(people), byName };
}

/** Nothing is known. */
export const noContext: Context = createContext();
