import type { WholeList } from '../facts/assets/snapshot/gone.ts';
import type { Seen } from '../facts/assets/snapshot/learn.ts';
import { callerOf, type Caller } from '../source/snapshot/caller.ts';
import { inParallel, type Look, type Trouble } from '../source/snapshot/look.ts';
import { regionalServices, serviceReaders, type SnapshotService } from '../source/snapshot/services.ts';

export interface SnapshotOptions {
  readonly profile?: string | undefined;
  /** Undefined: all that are enabled. */
  readonly regions: readonly string[] | undefined;
  readonly services: readonly SnapshotService[];
  readonly clock: () => number;
  /** Told of each service and region before it is read. */
  readonly onPart?: (service: SnapshotService, region: string | undefined) => void;
}

export interface Snapshot {
  readonly caller: Caller;
  readonly regions: readonly string[];
  readonly seen: readonly Seen[];
  readonly lists: readonly WholeList[];
  /** What could not be read; the rest was. */
  readonly troubles: readonly Trouble[];
}

interface Part {
  readonly service: SnapshotService;
  readonly region?: string;
}

/** So many services and regions are read at a time. */
const atOnce = 4;

/**
 * Reads what exists in the account of the credentials. Nothing is written, there or here.
 * @throws {Error} where AWS can't be asked who is asking
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { profile, services } = options;
  const caller = await callerOf(profile, options.regions?.[0]);
  const seen: Seen[] = [];
  const lists: WholeList[] = [];
  const troubles: Trouble[] = [];
  const look = (service: string, region: string | undefined): Look => ({
    service,
    place: { account: caller.account, partition: caller.partition, region },
    account: caller.account,
    client: { region: region ?? caller.region, profile },
    only: options.regions === undefined ? undefined : new Set(options.regions),
    // Events are told to the second; what was asked for in the same second must not seem later than they.
    now: () => Math.floor(options.clock() / 1000) * 1000,
    show: (sightings, time) => void seen.push({ sightings, time }),
    whole: (list) => void lists.push({ ...list, account: caller.account }),
    trouble: (trouble) => void troubles.push(trouble),
  });
  const isRegional = services.some((service) => regionalServices.has(service));
  const regions =
    options.regions ?? (isRegional ? await allRegions(look('ec2', undefined), caller.region) : []);
  const parts = services.flatMap((service): readonly Part[] =>
    regionalServices.has(service) ? regions.map((region) => ({ service, region })) : [{ service }],
  );
  await inParallel(parts, atOnce, async ({ service, region }) => {
    options.onPart?.(service, region);
    const read = await serviceReaders[service]();
    await read(look(service, region));
  });
  return { caller, regions, seen, lists, troubles };
}

/** Those that are enabled; where they can't be asked for, which is told, the caller's own. */
async function allRegions(look: Look, own: string): Promise<readonly string[]> {
  const { enabledRegions } = await import('../source/snapshot/ec2.ts');
  return (await enabledRegions(look)) ?? [own];
}
