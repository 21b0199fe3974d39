import { s3Client } from '../../source/aws-clients.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config-schema.ts';
import { deadLetterPlace } from '../../runtime/dead-letter-place.ts';
import {
  folderPlace,
  readDeadLetters,
  s3Place,
  writeMarks,
  type Damage,
  type DeadLetterPlace,
  type Marks,
} from '../../runtime/dead-letters.ts';
import { matchesFilter, whyNotWhole, type Replayed, type ReplayFilter } from '../../runtime/replay.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import type { StoredRejection, Store } from '../../store/store.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { parseTime } from '../time.ts';
import { openReplayer, type Replayer } from './replayer.ts';
import { openStoreOf } from './store-of.ts';

export interface ReplayFlags {
  config?: string;
  store?: string;
  from?: string;
  region?: string;
  list?: boolean;
  dryRun?: boolean;
  reason?: string;
  source?: string;
  object?: string;
  worker?: string;
  since?: string;
  until?: string;
  limit?: number;
  json?: boolean;
}

/** What is shown of one. `unfit` cannot be tried: its bytes were not kept whole. */
interface Outcome {
  readonly rejection: StoredRejection;
  readonly became: Replayed | { readonly type: 'unfit' | 'listed'; readonly reason: string };
}

const atOnce = 100;

export async function runReplay(flags: ReplayFlags): Promise<number> {
  const config = loadConfig(flags.config, systemSecrets());
  const filter = filterOf(flags);
  const store = await openStoreOf(config, flags.store);
  let replayer: Replayer | undefined;
  try {
    replayer = flags.list === true ? undefined : await openReplayer(config, store);
    const run = { flags, filter, replayer, outcomes: [] as Outcome[], damage: [] as Damage[] };
    if (flags.from === undefined) await fromStore(store, run);
    else await fromPlace(placeOf(flags, config), run);
    await writeOut(flags.json === true ? jsonText(document(run)) : summary(run));
    const left =
      run.damage.length > 0 ||
      run.outcomes.some(({ became }) => became.type === 'failed' || became.type === 'unfit');
    return left ? exitCode.findings : exitCode.ok;
  } finally {
    await replayer?.close();
    await store.close();
  }
}

interface Run {
  readonly flags: ReplayFlags;
  readonly filter: ReplayFilter;
  readonly replayer: Replayer | undefined;
  readonly outcomes: Outcome[];
  /** What could not even be read, of files of dead letters. */
  readonly damage: Damage[];
}

function filterOf({ reason, source, object, worker, since, until }: ReplayFlags): ReplayFilter {
  const now = Date.now();
  return {
    reason,
    source,
    object,
    worker,
    since: since === undefined ? undefined : parseTime(since, '--since', now),
    until: until === undefined ? undefined : parseTime(until, '--until', now),
  };
}

function placeOf({ from = '', region }: ReplayFlags, config: Config): DeadLetterPlace {
  if (from === 'config') {
    if (config.deadLetters === undefined)
      throw new CliFailure('--from config: the configuration has no deadLetters; name a folder or a bucket');
    return deadLetterPlace(config.deadLetters);
  }
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(from) ?? [];
  if (bucket === undefined) return folderPlace(from);
  if (region === undefined)
    throw new CliFailure(`--from ${line(from, 100)}: name the region of the bucket with --region`);
  return s3Place(s3Client(region), bucket, prefix);
}

/** Everything that is to be tried of one page or file, and what cannot be. */
async function tryAll(rejections: readonly StoredRejection[], run: Run): Promise<readonly Outcome[]> {
  const { flags, filter, replayer, outcomes } = run;
  const room = (flags.limit ?? Number.POSITIVE_INFINITY) - outcomes.length;
  const wanted = rejections.filter((one) => matchesFilter(filter, one)).slice(0, Math.max(0, room));
  const results: Outcome[] = [];
  for (let start = 0; start < wanted.length; start += atOnce) {
    const part = wanted.slice(start, start + atOnce);
    const whole = part.filter((one) => whyNotWhole(one) === undefined);
    const became = replayer === undefined ? [] : await replayer.replay(whole, flags.dryRun === true);
    const byId = new Map(whole.map(({ id }, index) => [id, became[index]]));
    for (const rejection of part) {
      const unfit = whyNotWhole(rejection);
      results.push({
        rejection,
        became:
          unfit === undefined
            ? (byId.get(rejection.id) ?? { type: 'listed', reason: rejection.reason })
            : { type: 'unfit', reason: unfit },
      });
    }
    tell(outcomes.length + results.length);
  }
  outcomes.push(...results);
  return results;
}

/** On a terminal, how far it is. */
function tell(done: number): void {
  if (terminalOf(process.stderr).interactive) process.stderr.write(`\r${count(done, 'record')} `);
}

const isDone = ({ became }: Outcome): boolean => became.type === 'replayed' || became.type === 'nothing';

async function fromStore(store: Store, run: Run): Promise<void> {
  const { ledger } = store;
  // What fails again is stored behind the last, and is not to be met again.
  const end = await lastOf(ledger);
  for (let after: number | undefined; after === undefined || after < end;) {
    const { rejections, next } = await ledger.page({ after, limit: 500 });
    if (next === undefined) return;
    const outcomes = await tryAll(rejections, run);
    if (run.flags.dryRun !== true && run.flags.list !== true) {
      const failed = outcomes.flatMap(({ rejection, became }) =>
        became.type === 'failed' && became.reason !== rejection.reason
          ? [{ old: rejection.id, rejection: { ...rejection, reason: became.reason } }]
          : [],
      );
      if (failed.length > 0)
        await store.commit({
          alerts: [],
          rejections: failed.map(({ rejection }) => rejection),
          now: Date.now(),
        });
      await ledger.forget([
        ...outcomes.filter(isDone).map(({ rejection }) => rejection.id),
        ...failed.map(({ old }) => old),
      ]);
    }
    after = next;
  }
}

async function lastOf(ledger: Store['ledger']): Promise<number> {
  for (let after: number | undefined; ;) {
    const { next } = await ledger.page({ after, limit: 500 });
    if (next === undefined) return after ?? 0;
    after = next;
  }
}

async function fromPlace(place: DeadLetterPlace, run: Run): Promise<void> {
  let names: readonly string[];
  try {
    names = await place.list();
  } catch (error) {
    throw new CliFailure(
      `${place.name}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  for (const name of names) {
    const file = await readDeadLetters(place, name);
    run.damage.push(...file.damage);
    const open = file.rejections.flatMap((one) => {
      const mark = Object.hasOwn(file.marks, one.id) ? file.marks[one.id] : undefined;
      if (mark === undefined) return [one];
      return mark.reason === undefined ? [] : [{ ...one, reason: mark.reason }];
    });
    const outcomes = await tryAll(open, run);
    if (run.flags.dryRun === true || run.flags.list === true || outcomes.length === 0) continue;
    const marks: Marks = { ...file.marks };
    for (const outcome of outcomes) {
      const { rejection, became } = outcome;
      if (isDone(outcome)) marks[rejection.id] = { at: Date.now() };
      else if (became.type === 'failed') marks[rejection.id] = { at: Date.now(), reason: became.reason };
    }
    await writeMarks(place, name, marks);
  }
}

const words = {
  replayed: 'replayed',
  nothing: 'hold no record',
  failed: 'failed again',
  unfit: 'cannot be replayed, because their bytes were not kept whole',
  listed: 'can be replayed',
  damaged: 'could not be read',
} as const;

type Told = Pick<Run, 'outcomes' | 'damage'>;

/** Of records, and of lines and whole files that could not be read, one each. */
function countsOf({ outcomes, damage }: Told): Record<keyof typeof words, number> {
  const counts = { replayed: 0, nothing: 0, failed: 0, unfit: 0, listed: 0, damaged: damage.length };
  for (const { became } of outcomes) counts[became.type] += 1;
  return counts;
}

function alertsIn(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { became }) => sum + (became.type === 'replayed' ? became.alerts : 0), 0);
}

function document({ outcomes, damage }: Told): object {
  return {
    counts: countsOf({ outcomes, damage }),
    alerts: alertsIn(outcomes),
    records: outcomes.map(({ rejection, became }) => {
      const { bytes, ...rest } = rejection;
      return { ...rest, kept: bytes.length, result: became };
    }),
    damaged: damage,
  };
}

const shown = 50;

function summary({ outcomes, damage, flags }: Run): string {
  const left = [
    ...damage.map(
      ({ file, line: number, reason }) =>
        `${line(file, 300)}${number === undefined ? '' : `, line ${number}`}\n    ${words.damaged}: ${line(reason, 300)}\n`,
    ),
    ...outcomes.filter((one) => !isDone(one)).map(shownOutcome),
  ];
  const counts = countsOf({ outcomes, damage });
  const sums = (Object.keys(words) as (keyof typeof words)[])
    .filter((type) => counts[type] > 0)
    .map((type) => `${counts[type]} ${words[type]}`);
  const more = left.length - shown;
  return [
    ...left.slice(0, shown),
    ...(more > 0 ? [`and ${more} more\n`] : []),
    sums.length === 0 ? 'Nothing was rejected that fits.\n' : `${sums.join(', ')}.\n`,
    counts.replayed > 0
      ? `${count(alertsIn(outcomes), 'alert')} ${flags.dryRun === true ? 'would be raised, or are there already' : 'that were not there before'}.\n`
      : '',
  ].join('');
}

function shownOutcome({ rejection: { provenance }, became }: Outcome): string {
  const why = 'reason' in became ? became.reason : '';
  const place = `${line(provenance.object, 120)} at byte ${provenance.position}`;
  return `${utc(provenance.receivedAt)}  ${place}\n    ${words[became.type]}: ${line(why, 300)}\n`;
}
