import { withFound, type FoundEstate } from '../context/estate/found-estate.ts';
import type { KnownPerson } from '../context/people.ts';
import type { Known } from '../facts/known.ts';
import { openEstate, readKeptEstate } from '../source/estate/kept-estate.ts';
import type { SourceLog } from '../source/source.ts';
import { estateFolder, estateSources, knownOf } from './config-estate.ts';
import type { Config } from './config-schema.ts';

type EstateConfig = Pick<Config, 'data' | 'estate'>;

/** What is known of the estate at each moment. */
export interface LiveEstate {
  /** Reads as what is known when somebody looks, so that who holds it need not be told when that changes. */
  readonly known: Known;
  /** Who is known beside those in the configuration. The same list until somebody else is known. */
  readonly people: () => readonly KnownPerson[];
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Follows the file, AWS Organizations and IAM Identity Center, as the configuration asks. */
export async function openLiveEstate(
  config: EstateConfig,
  clock: () => number,
  log: SourceLog,
): Promise<LiveEstate> {
  const own = knownOf(config.estate);
  let current = own;
  let people: readonly KnownPerson[] = [];
  const kept = await openEstate({
    sources: estateSources(config.estate),
    folder: estateFolder(config),
    clock,
    log,
    changed: (found) => {
      current = withFound(own, found);
      people = peopleIn(found);
    },
  });
  return {
    known: {
      get accounts() {
        return current.accounts;
      },
      get organisations() {
        return current.organisations;
      },
    },
    people: () => people,
    trouble: kept.trouble,
    stop: kept.stop,
  };
}

/** The same as far as it can be told without asking AWS, as plain data. */
export async function keptEstate(
  config: EstateConfig,
  onProblem: (problem: string) => void,
): Promise<{ readonly known: Known; readonly people: readonly KnownPerson[] }> {
  const found = await readKeptEstate(estateSources(config.estate), estateFolder(config), onProblem);
  return { known: withFound(knownOf(config.estate), found), people: peopleIn(found) };
}

function peopleIn(found: readonly FoundEstate[]): readonly KnownPerson[] {
  return found.flatMap((one) => one.people);
}
