import { matchesGlob } from 'node:path';
import { s3Client, sqsClient } from '../source/aws-clients.ts';
import { findAgain } from '../source/reread-file.ts';
import { startS3Listing } from '../source/s3-listing.ts';
import { bytesOf } from '../source/s3-object.ts';
import { startS3Queue } from '../source/s3-queue.ts';
import type { Reject, RunningSource, SourceLog } from '../source/source.ts';
import { startWatchedFolder } from '../source/watched-folder.ts';
import type { Store } from '../store/store.ts';
import type { TrafficConfig } from './config-traffic.ts';
import type { FollowedTraffic, LogShape, Reread } from './follow-traffic.ts';
import type { StoredTrafficRead, TrafficJournal } from './traffic-journal.ts';

export interface TrafficSourcesOptions {
  readonly config: TrafficConfig['sources'];
  readonly store: Pick<Store, 'commit' | 'position'>;
  readonly ingest: FollowedTraffic['ingest'];
  readonly journal: Pick<TrafficJournal, 'isRead' | 'reads'>;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Files that Tocsin writes itself. */
  readonly ownFiles: readonly string[];
}

/** The names of sources in the journal. */
const names = {
  folder: (path: string): string => `folder:${path}`,
  queue: (url: string): string => `queue:${url}`,
  bucket: (bucket: string, prefix: string): string => `bucket:${bucket}/${prefix}`,
};

export function startTrafficSources(options: TrafficSourcesOptions): readonly RunningSource[] {
  const { config, store, ingest, clock, log } = options;
  const reject: Reject = async (rejection) =>
    void (await store.commit({ alerts: [], rejections: [rejection], now: clock() }));
  const folders = config.folders.map(({ path, files, ...shape }) =>
    startWatchedFolder({
      path,
      content: 'text',
      keys: 'access-log',
      ...(files !== undefined && { accepts: (name: string) => matchesGlob(name, files) }),
      ingest: ingest(names.folder(path), shape),
      position: (source) => store.position(source),
      formerly: options.journal
        .reads()
        .flatMap(({ by, position }) => (by === names.folder(path) && position !== null ? [position] : [])),
      clock,
      log,
      except: options.ownFiles,
    }),
  );
  const queues = config.s3.map(({ queueUrl, region, ...shape }) =>
    startS3Queue({
      queueUrl,
      s3: s3Client(region),
      sqs: sqsClient(region),
      ingest: ingest(names.queue(queueUrl), shape),
      reject,
      clock,
      log,
    }),
  );
  const buckets = config.buckets.map(({ bucket, prefix, region, everySeconds, lookBackHours, ...shape }) =>
    startS3Listing({
      bucket,
      prefix,
      everyMs: everySeconds * 1_000,
      lookBackMs: lookBackHours * 3_600_000,
      isRead: options.journal.isRead,
      position: (source) => store.position(source),
      remember: async (position) =>
        void (await store.commit({ alerts: [], positions: [position], now: clock() })),
      s3: s3Client(region),
      ingest: ingest(names.bucket(bucket, prefix), shape),
      reject,
      clock,
      log,
    }),
  );
  return [...folders, ...queues, ...buckets];
}

/** Opens again what was read by a source that is still configured; undefined where it is gone. */
export async function openAgain(
  config: TrafficConfig['sources'],
  { by, object, position, from }: StoredTrafficRead,
): Promise<Reread | undefined> {
  const shape: LogShape & { readonly region?: string } =
    config.folders.find(({ path }) => names.folder(path) === by) ??
    config.s3.find(({ queueUrl }) => names.queue(queueUrl) === by) ??
    config.buckets.find(({ bucket, prefix }) => names.bucket(bucket, prefix) === by) ??
    {};
  if (position !== null) {
    const found = await findAgain(object, position, from);
    return found && { ...found, shape };
  }
  if (shape.region === undefined) return undefined;
  const chunks = await bytesOf(object, s3Client(shape.region));
  return chunks && { chunks, shape };
}
