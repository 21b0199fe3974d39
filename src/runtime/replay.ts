import { decode } from '../decode/decode.ts';
import type { Rejection } from '../event/record.ts';
import type { StoredRejection } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { createIngest } from './ingest.ts';
import { decide, newTally } from './pipeline.ts';
import type { WhyNotSent } from './worker-accounts.ts';

/** What becomes of a rejection that is tried again. */
export type Replayed =
  | { readonly type: 'replayed'; readonly events: number; readonly alerts: number }
  /** It holds no record by its nature, such as a digest. */
  | { readonly type: 'nothing' }
  | { readonly type: 'failed'; readonly reason: string };

/** Puts one through the present engine. */
export type ReplayOne = (rejection: Rejection, isDryRun: boolean) => Promise<Replayed>;

/** Why the bytes of a rejection cannot be tried again; undefined where they can. */
export function whyNotWhole({ length, bytes }: Pick<Rejection, 'length' | 'bytes'>): string | undefined {
  if (bytes.length === 0) return 'nothing of it was kept';
  if (bytes.length < length) return `only the first ${bytes.length} of ${length} bytes were kept`;
  return undefined;
}

/**
 * Judges first without keeping anything: what fails again must not be kept a second time beside what it is. An event keeps the place at
 * which it was found, and so its id and those of its alerts. What a worker sent is held to its accounts as when it came: else who took over
 * a worker would only have to send it as something that it could not read.
 */
export function replayWith(
  engine: Engine,
  ingest: ReturnType<typeof createIngest>,
  whyNotSent: WhyNotSent,
  clock: () => number,
): ReplayOne {
  return async ({ provenance, bytes }, isDryRun) => {
    const { position: startAt, ...arrival } = provenance;
    const from = { ...arrival, startAt };
    const { worker } = provenance;
    const tally = newTally();
    let reason: string | undefined;
    for await (const batch of decode(bytes, from, { startAt })) {
      const { rejections } = decide(batch, engine, clock(), tally);
      const foreign = worker === undefined ? undefined : whyNotSent(worker, batch.events);
      reason ??= foreign ?? rejections[0]?.reason;
    }
    if (reason !== undefined) return { type: 'failed', reason };
    if (tally.events === 0) return { type: 'nothing' };
    if (isDryRun) return { type: 'replayed', events: tally.events, alerts: tally.alerts };
    const result = await ingest(bytes, from);
    const [rejected] = result.rejections;
    if (rejected !== undefined) return { type: 'failed', reason: rejected.reason };
    const alerts = result.alerts.filter(({ repeated }) => !repeated).length;
    return { type: 'replayed', events: result.events, alerts };
  };
}

export interface ReplayFilter {
  /** A part of the reason, in whatever case. */
  readonly reason?: string | undefined;
  /** `file`, `s3`, `http`, `lambda` ... */
  readonly source?: string | undefined;
  /** A part of the file, object or request. */
  readonly object?: string | undefined;
  readonly worker?: string | undefined;
  /** Received in [since, until), in milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export function matchesFilter(filter: ReplayFilter, { reason, provenance }: StoredRejection): boolean {
  const { source, object, worker, receivedAt } = provenance;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = filter;
  return (
    (filter.reason === undefined || reason.toLowerCase().includes(filter.reason.toLowerCase())) &&
    (filter.source === undefined || source === filter.source) &&
    (filter.object === undefined || object.includes(filter.object)) &&
    (filter.worker === undefined || worker === filter.worker) &&
    receivedAt >= since &&
    receivedAt < until
  );
}
