import { randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import type { Json } from '../event/json.ts';
import type { Store } from '../store/store.ts';
import { readAnomalyState, type AnomalyState } from '../web/anomaly-state.ts';

/** A stretch of an access log that was read to its end, and how to find it again. */
const readSchema = z.object({
  /** The source that read it. */
  by: z.string(),
  object: z.string(),
  /** In the unpacked content. */
  from: z.number(),
  to: z.number(),
  /** Of a file: what the source stored of its progress. */
  position: z.string().nullable(),
  /** Event times of its first and last request; null where it has none. */
  first: z.number().nullable(),
  last: z.number().nullable(),
  receivedAt: z.number(),
  /** The time of the latest request before it. */
  clock: z.number().nullable(),
});

export type TrafficRead = z.infer<typeof readSchema>;

export interface StoredTrafficRead extends TrafficRead {
  /** Rises with each. */
  readonly sequence: number;
}

const savedSchema = z.object({
  version: z.literal(1),
  seed: z.number(),
  accountKey: z.string(),
  /** What was known of usual hours when this read and all before it had been taken. */
  sequence: z.number(),
  anomaly: z.unknown(),
});

type StateChange = { readonly key: string; readonly value: Json | undefined };

/**
 * What was read of access logs, kept beside alerts and positions and written in the same transaction as these. Counts of signals are not kept:
 * after a start the logs of the last hours are read again, in the same order.
 */
export interface TrafficJournal {
  /** The same over restarts, and known to nobody else. */
  readonly seed: number;
  readonly accountKey: string;
  /** What was known of usual hours, and the last read that is in it. */
  readonly anomaly: { readonly state: AnomalyState; readonly sequence: number } | undefined;
  readonly reads: () => readonly StoredTrafficRead[];
  /** Whether an object was read that is always read whole. */
  readonly isRead: (object: string) => boolean;
  /** What is to be stored with a read. It holds from the time on that `stored` is called. */
  readonly next: (read: TrafficRead) => {
    readonly state: readonly StateChange[];
    readonly stored: () => void;
  };
  /** What is to be stored so that hours are known as they are now. */
  readonly keepHours: (anomaly: AnomalyState) => readonly StateChange[];
  /** What is to be stored so that reads which nobody needs any more are forgotten. */
  readonly forget: (before: { readonly last: number; readonly receivedAt: number }) => readonly StateChange[];
}

const savedKey = 'traffic/saved';
const readPrefix = 'traffic/read/';
/** So many are forgotten at once. */
const mostForgotten = 500;

export async function openTrafficJournal(store: Pick<Store, 'state' | 'commit'>): Promise<TrafficJournal> {
  let saved: z.infer<typeof savedSchema> | undefined;
  let reads: StoredTrafficRead[] = [];
  for (const { key, value } of await store.state()) {
    if (key === savedKey) saved = savedSchema.safeParse(value).data;
    if (!key.startsWith(readPrefix)) continue;
    const read = readSchema.safeParse(value).data;
    if (read !== undefined) reads.push({ ...read, sequence: Number(key.slice(readPrefix.length)) });
  }
  reads.sort((a, b) => a.sequence - b.sequence);
  const objects = new Set(reads.filter(isWhole).map(({ object }) => object));
  /** The last read of each file. */
  const growing = new Map<string, StoredTrafficRead>();
  let last = Math.max(saved?.sequence ?? 0, reads.at(-1)?.sequence ?? 0);
  let keptHoursTo = saved?.sequence ?? 0;
  const seed = saved?.seed ?? randomInt(2 ** 32);
  const accountKey = saved?.accountKey ?? randomBytes(32).toString('hex');
  const anomaly = readAnomalyState(saved?.anomaly);

  const hours = (state: AnomalyState | null): StateChange => ({
    key: savedKey,
    value: { version: 1, seed, accountKey, sequence: last, anomaly: plain(state) },
  });
  if (saved === undefined) await store.commit({ alerts: [], state: [hours(null)], now: Date.now() });

  return {
    seed,
    accountKey,
    anomaly:
      saved === undefined || anomaly === undefined ? undefined : { state: anomaly, sequence: saved.sequence },
    reads: () => reads,
    isRead: (object) => objects.has(object),
    next: (given) => {
      // What goes on where the last read of the file ended is the same row, until hours are kept with it.
      const before = growing.get(given.object);
      const goesOn =
        before !== undefined &&
        before.sequence > keptHoursTo &&
        given.position !== null &&
        before.by === given.by &&
        before.to === given.from;
      const read = goesOn ? joined(before, given) : given;
      const sequence = goesOn ? before.sequence : last + 1;
      return {
        state: [{ key: keyOf(sequence), value: { ...read } }],
        stored: () => {
          const stored = { ...read, sequence };
          last = Math.max(last, sequence);
          if (goesOn) reads[reads.indexOf(before)] = stored;
          else reads.push(stored);
          if (isWhole(read)) objects.add(read.object);
          else growing.set(read.object, stored);
        },
      };
    },
    keepHours: (state) => {
      keptHoursTo = last;
      return [hours(state)];
    },
    forget: (before) => {
      const gone = reads
        .filter((read) => read.sequence <= keptHoursTo && isOver(read, before))
        .slice(0, mostForgotten);
      if (gone.length === 0) return [];
      const forgotten = new Set(gone.map(({ sequence }) => sequence));
      reads = reads.filter(({ sequence }) => !forgotten.has(sequence));
      for (const read of gone) {
        objects.delete(read.object);
        if (growing.get(read.object) === read) growing.delete(read.object);
      }
      return gone.map(({ sequence }) => ({ key: keyOf(sequence), value: undefined }));
    },
  };
}

/** Two stretches of a file, the second of which begins where the first ends. */
function joined(before: StoredTrafficRead, after: TrafficRead): TrafficRead {
  const least = (a: number | null, b: number | null) =>
    a === null || b === null ? (a ?? b) : Math.min(a, b);
  const most = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.max(a, b));
  return {
    ...after,
    from: before.from,
    first: least(before.first, after.first),
    last: most(before.last, after.last),
    clock: before.clock,
  };
}

function isOver(read: TrafficRead, before: { readonly last: number; readonly receivedAt: number }): boolean {
  return (read.last ?? Number.NEGATIVE_INFINITY) < before.last && read.receivedAt < before.receivedAt;
}

/** Objects in S3 are read whole; files have positions. */
function isWhole({ position }: TrafficRead): boolean {
  return position === null;
}

function keyOf(sequence: number): string {
  return `${readPrefix}${String(sequence).padStart(12, '0')}`;
}

function plain(state: AnomalyState | null): Json {
  return state === null ? null : (JSON.parse(JSON.stringify(state)) as Json);
}
