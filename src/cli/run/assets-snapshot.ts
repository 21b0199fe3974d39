import { createAssetMemory } from '../../facts/assets/memory.ts';
import { learnSnapshot, type Learned } from '../../facts/assets/snapshot/learn.ts';
import { line } from '../../notify/safe-text.ts';
import { openAssets } from '../../runtime/kept-assets.ts';
import { takeSnapshot, type Snapshot } from '../../runtime/snapshot.ts';
import type { Trouble } from '../../source/snapshot/look.ts';
import type { SnapshotService } from '../../source/snapshot/services.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { terminalOf, writeOut } from '../terminal.ts';
import { withStore } from './assets.ts';

export interface SnapshotFlags {
  config?: string;
  store?: string;
  profile?: string;
  regions?: string[];
  services: SnapshotService[];
  dryRun?: boolean;
  json?: boolean;
}

/** Reads the account first and opens the store then, so that what others write meanwhile is not lost. */
export async function snapshotAssets(flags: SnapshotFlags): Promise<number> {
  // A wrong store must be told before an account is read for minutes.
  if (flags.dryRun !== true) await withStore(flags, async () => {}, 'make');
  const snapshot = await taken(flags);
  const learned =
    flags.dryRun === true
      ? learnSnapshot(createAssetMemory(), snapshot.seen, snapshot.lists)
      : await remembered(flags, snapshot);
  await writeOut(
    flags.json === true ? jsonText(document(flags, snapshot, learned)) : summary(flags, snapshot, learned),
  );
  const troubles = gathered(snapshot.troubles);
  for (const trouble of troubles) process.stderr.write(`${spokenTrouble(trouble)}\n`);
  if (troubles.length === 0) return exitCode.ok;
  return snapshot.seen.length === 0 ? exitCode.failure : exitCode.findings;
}

async function taken({ profile, regions, services }: SnapshotFlags): Promise<Snapshot> {
  const unfit = regions?.find((region) => !/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(region));
  if (unfit !== undefined)
    throw new CliFailure(`--regions: ${line(unfit, 60)} is no region; they are written like eu-west-1`);
  try {
    return await takeSnapshot({ profile, regions, services: [...new Set(services)], clock: Date.now });
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new CliFailure(
      `AWS does not say whose account this is (${line(reason, 400)}); see that 'aws sts get-caller-identity' works with the same profile and environment`,
    );
  }
}

function remembered(flags: SnapshotFlags, { seen, lists }: Snapshot): Promise<readonly Learned[]> {
  return withStore(
    flags,
    async (store) => {
      const { memory, keep } = await openAssets(store);
      const learned = learnSnapshot(memory, seen, lists);
      await keep((assets, assetsFrom) => store.commit({ alerts: [], assets, assetsFrom, now: Date.now() }));
      return learned;
    },
    'make',
  );
}

function document(flags: SnapshotFlags, snapshot: Snapshot, learned: readonly Learned[]): object {
  const { caller, regions, troubles, seen } = snapshot;
  return {
    account: caller.account,
    caller: caller.arn,
    regions,
    services: flags.services,
    remembered: flags.dryRun !== true,
    counts: learned,
    troubles,
    ...(flags.dryRun === true
      ? {
          assets: seen.flatMap(({ sightings, time }) => sightings.map((sighting) => ({ time, ...sighting }))),
        }
      : {}),
  };
}

function summary(flags: SnapshotFlags, { caller }: Snapshot, learned: readonly Learned[]): string {
  const isDry = flags.dryRun === true;
  const columns = [
    { head: 'TYPE', gives: true },
    { head: 'THERE' },
    ...(isDry ? [] : [{ head: 'NEW' }, { head: 'GONE' }]),
  ];
  const rows = learned.map((one) => [
    line(one.type, 60),
    String(one.there),
    ...(isDry ? [] : [String(one.new), String(one.gone)]),
  ]);
  const head = `Account ${caller.account}, as ${line(caller.arn, 300)}\n`;
  if (rows.length === 0) return `${head}Nothing is there that a snapshot reads.\n`;
  const end = isDry
    ? 'Nothing was written (--dry-run).'
    : 'Remembered. A running server hears of it within seconds.';
  return `${head}${renderColumns(columns, rows, terminalOf(process.stdout))}\n${end}\n`;
}

interface Gathered extends Trouble {
  /** Of how many things it is true. */
  readonly count: number;
}

/** The same trouble with a thousand buckets is told once. */
function gathered(troubles: readonly Trouble[]): readonly Gathered[] {
  const groups = Map.groupBy(troubles, ({ service, region, permission, isDenied, reason }) =>
    JSON.stringify([service, region, permission, isDenied || reason]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, count: group.length }];
  });
}

function spokenTrouble({ service, region, permission, of, isDenied, reason, count }: Gathered): string {
  const where = `${service}${region === undefined ? '' : ` in ${line(region, 30)}`}`;
  const what = of === undefined ? '' : ` for ${line(of, 100)}${count > 1 ? ` and ${count - 1} more` : ''}`;
  return isDenied
    ? `${where}: not allowed${what}; the credentials need ${permission} (${line(reason, 300)})`
    : `${where}: ${permission} failed${what}: ${line(reason, 300)}`;
}
