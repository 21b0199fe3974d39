import type { Alert } from '../alert/alert.ts';
import { accessFormats } from '../decode/access/formats.ts';
import { readAccessLog, type AccessOptions } from '../decode/access/read.ts';
import { someRows } from '../event/some-rows.ts';
import type { Requests } from '../event/requests.ts';
import type { Rejection } from '../event/record.ts';
import { setDownInFile } from '../source/random-file.ts';
import type { Ingest, InputOrigin, SourceLog } from '../source/source.ts';
import type { Commit, CommitResult, Store } from '../store/store.ts';
import { offenceKey, type Offence } from '../web/offence.ts';
import { clockSkew } from '../web/traffic.ts';
import { rejectionKeeper } from './kept-rejections.ts';
import type { IngestOptions } from './ingest.ts';
import { newTally } from './pipeline.ts';
import type { StoredTrafficRead, TrafficJournal } from './traffic-journal.ts';
import type { WatchedTraffic } from './watched-traffic.ts';

/** How the logs of a source are written, where their content does not tell. */
export interface LogShape {
  readonly format?: string | undefined;
  readonly realtimeFields?: readonly string[] | undefined;
}

export interface FollowOptions {
  readonly store: Pick<Store, 'commit'>;
  readonly journal: TrafficJournal;
  readonly watch: WatchedTraffic;
  /** Writes blocks into the ledger, and gives the alerts that are to be stored. */
  readonly conclude: (offences: readonly Offence[]) => Promise<Commit['alerts']>;
  /** How far back counts go: reads that ended before are not read again at a start. */
  readonly rereadMs: number;
  /** How long objects that were read are remembered, at least. */
  readonly rememberMs: number;
  readonly clock: () => number;
  readonly log: SourceLog;
  readonly onCommit: IngestOptions['onCommit'];
}

/** The way of every request in the server: signals, offences, blocks and alerts, committed with how far was read. */
export interface FollowedTraffic {
  /** What a source hands over what it read to. A second reading of an object in S3 changes nothing. */
  readonly ingest: (source: string, shape: LogShape) => Ingest;
  /**
   * Takes again what was read before the start.
   * @param open what was read, or undefined where it is gone
   */
  readonly reread: (open: (read: StoredTrafficRead) => Promise<Reread | undefined>) => Promise<RereadTally>;
  /** Tells what has changed a little, and commits it, where nothing has come for a while or `now` is asked for. */
  readonly settle: (now?: boolean) => Promise<void>;
}

export interface Reread {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly beginning?: Uint8Array | undefined;
  readonly shape: LogShape;
}

export interface RereadTally {
  readonly reads: number;
  /** Of these, what is gone or could not be read. */
  readonly gone: number;
}

/** What is known of usual hours is stored when so much time has gone by. */
const keepHoursMs = 60_000;
/** Nothing has come for a while. */
const quietMs = 3_000;
/** So long a source may take to read again what it could not read to its end. */
const retryMs = 3_600_000;

export function followTraffic(options: FollowOptions): FollowedTraffic {
  const { store, journal, watch, clock } = options;
  /** Up to where the rows of an object were taken when reading it failed: these are in the counts already. */
  const taken = new Map<string, { readonly bytes: number; readonly at: number }>();
  /** Offences of which nothing is stored yet, because storing failed. */
  let pending: readonly Offence[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let hoursKeptAt = clock();
  let isSettled = true;
  let takenAt = clock();

  /** One after the other: what is committed together must be what was counted together. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  }

  async function commit(
    alerts: Commit['alerts'],
    more: Pick<Commit, 'rejections' | 'positions' | 'state'>,
    tally = newTally(),
  ): Promise<void> {
    tally.alerts = alerts.length;
    const result: CommitResult = await store.commit({ alerts, ...more, now: clock() });
    const created = new Set(result.created);
    options.onCommit({
      source: 'access-log',
      tally,
      created: alerts.flatMap(({ alert }): Alert[] => (created.has(alert.id) ? [alert] : [])),
      // An alert that grows is told again and again by its nature.
      repeated: 0,
    });
  }

  /** Concludes what is new, and commits it with what was read. When that fails, it is tried again with the next. */
  async function concludeAndCommit(
    all: boolean,
    more: Parameters<typeof commit>[1],
    tally = newTally(),
  ): Promise<void> {
    pending = [
      ...new Map([...pending, ...watch.fresh(all)].map((each) => [offenceKey(each), each])).values(),
    ];
    const alerts = pending.length === 0 ? [] : await options.conclude(pending);
    await commit(alerts, more, tally);
    pending = [];
  }

  /** What changes with time alone: what is forgotten, and what is known of usual hours. */
  function housekeeping(): NonNullable<Commit['state']> {
    const now = clock();
    const last = watch.latest() - options.rereadMs;
    watch.forget(last);
    for (const [key, { at }] of taken) if (at < now - retryMs) taken.delete(key);
    // Hours must hold what was read to its end, and nothing else.
    const isDue = taken.size === 0 && now - hoursKeptAt >= keepHoursMs;
    const hours = isDue ? journal.keepHours(watch.anomaly()) : [];
    if (isDue) hoursKeptAt = now;
    return [...hours, ...journal.forget({ last, receivedAt: now - options.rememberMs })];
  }

  async function take(
    source: string,
    shape: LogShape,
    chunks: AsyncIterable<Uint8Array>,
    from: InputOrigin,
  ): Promise<void> {
    const { object, receivedAt, startAt = 0, position } = from;
    if (position === undefined && journal.isRead(object)) return;
    const before = watch.latest();
    const keepable = rejectionKeeper();
    const key = `${object} ${startAt}`;
    const already = taken.get(key)?.bytes ?? 0;
    let { first, last } = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
    let end = startAt;
    let tally = newTally();
    let rejections: Rejection[] = [];
    isSettled = false;
    for await (const batch of readAccessLog(
      chunks,
      { source: from.source, object, receivedAt },
      readOptions(shape, from),
    )) {
      const requests = rowsFrom(batch.requests, already);
      for (let row = 0; row < batch.requests.count; row++) {
        const time = batch.requests.time[row] ?? Number.NaN;
        // What claims to be from the future counts nowhere.
        if (time > receivedAt + clockSkew) continue;
        if (time < first) first = time;
        if (time > last) last = time;
      }
      if (requests.count > 0) watch.take(requests);
      end = Math.max(end, batch.bytes);
      taken.set(key, { bytes: Math.max(already, batch.bytes), at: clock() });
      tally.records += batch.records;
      tally.events += batch.requests.count;
      tally.processed += batch.requests.count;
      tally.rejected += batch.rejections.length;
      rejections.push(...keepable(batch.rejections));
      if (!watch.hasFresh() && rejections.length < 1_000) continue;
      await concludeAndCommit(false, { rejections }, tally);
      tally = newTally();
      rejections = [];
    }
    const read = journal.next({
      by: source,
      object,
      from: startAt,
      to: end,
      position: position?.position ?? null,
      first: Number.isFinite(first) ? first : null,
      last: Number.isFinite(last) ? last : null,
      receivedAt,
      clock: Number.isFinite(before) ? before : null,
    });
    await concludeAndCommit(
      false,
      { rejections, positions: position === undefined ? [] : [position], state: read.state },
      tally,
    );
    read.stored();
    taken.delete(key);
    takenAt = clock();
    const state = housekeeping();
    if (state.length > 0) await commit([], { state });
  }

  return {
    ingest: (source, shape) => (chunks, from) => inTurn(() => take(source, shape, chunks, from)),
    settle: (now = false) =>
      inTurn(async () => {
        if (isSettled || (!now && clock() - takenAt < quietMs)) return;
        await concludeAndCommit(true, {});
        const state = housekeeping();
        if (state.length > 0) await commit([], { state });
        isSettled = true;
      }),
    reread: (open) =>
      inTurn(async () => {
        const knownTo = journal.anomaly?.sequence ?? 0;
        const reads = rereadable(journal.reads(), knownTo, options.rereadMs);
        const tally = { reads: reads.length, gone: 0 };
        for (const read of reads) {
          watch.compareHours(read.sequence > knownTo);
          try {
            const found = await open(read);
            if (found === undefined) tally.gone++;
            else await takeAgain(watch, read, found);
          } catch (error) {
            tally.gone++;
            options.log.warn({ object: read.object, error: String(error) }, 'a log could not be read again');
          }
        }
        watch.compareHours(true);
        await concludeAndCommit(true, {});
        return tally;
      }),
  };
}

/** What must be read again: what counts may reach back to, and what is not in what is known of usual hours. */
export function rereadable(
  reads: readonly StoredTrafficRead[],
  knownTo: number,
  rereadMs: number,
): readonly StoredTrafficRead[] {
  const latest = reads.reduce((most, { last }) => Math.max(most, last ?? most), Number.NEGATIVE_INFINITY);
  return reads.filter(
    ({ sequence, last }) => last !== null && (sequence > knownTo || last >= latest - rereadMs),
  );
}

async function takeAgain(watch: WatchedTraffic, read: StoredTrafficRead, found: Reread): Promise<void> {
  const { object, receivedAt, from: startAt } = read;
  const origin = { source: 'again', object, receivedAt };
  const options = readOptions(found.shape, { ...origin, startAt, beginning: found.beginning });
  for await (const { requests } of readAccessLog(found.chunks, origin, options))
    if (requests.count > 0) watch.take(requests);
}

function readOptions(
  { format, realtimeFields }: LogShape,
  { startAt, beginning }: InputOrigin,
): AccessOptions {
  return {
    format: format === undefined ? undefined : accessFormats.find(({ name }) => name === format),
    realtimeFields,
    startAt,
    beginning,
    setDown: setDownInFile,
  };
}

/** The rows that stand at or behind a place in the content. */
function rowsFrom(requests: Requests, place: number): Requests {
  if (place === 0) return requests;
  const rows: number[] = [];
  for (let row = 0; row < requests.count; row++) if ((requests.position[row] ?? 0) >= place) rows.push(row);
  return rows.length === requests.count ? requests : someRows(requests, rows);
}
