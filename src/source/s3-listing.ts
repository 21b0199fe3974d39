import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, pause, readObject, type S3ReadOptions } from './s3-object.ts';
import type { RunningSource } from './source.ts';

export interface S3ListingOptions extends S3ReadOptions {
  readonly bucket: string;
  /** What the keys of one log begin with, up to where the time begins, so that later objects have later keys. */
  readonly prefix: string;
  /** How often is looked for new objects. */
  readonly everyMs: number;
  /** An object may turn up so long after others with later keys. */
  readonly lookBackMs: number;
  /** Whether an object was read; remembered for `lookBackMs` after it was. */
  readonly isRead: (object: string) => boolean;
  readonly position: (source: string) => Promise<string | undefined>;
  readonly remember: (position: { readonly source: string; readonly position: string }) => Promise<void>;
  /** How long the object in hand may go on once the source is stopped. */
  readonly graceMs?: number | undefined;
}

/** Where listing goes on. */
interface ListingPosition {
  /** All objects up to this key have been read, and are so old that none comes among them any more. */
  readonly after: string;
  /** Objects that were written before are passed over: they were there before anybody asked for them. */
  readonly notBefore: number;
}

const defaultGraceMs = 5_000;

/**
 * Reads the objects of a bucket that tells nobody of new ones: lists them again and again, from where all are known. An object that turns up
 * among others that were read is found for as long as `lookBackMs`, and one that cannot be read is tried again each time.
 */
export function startS3Listing(options: S3ListingOptions): RunningSource {
  const { bucket, prefix, lookBackMs, everyMs, s3, log, clock } = options;
  const name = `s3 bucket ${bucket}/${prefix}`;
  const source = `list:s3://${bucket}/${prefix}`;
  const stopping = new AbortController();
  const cut = new AbortController();
  let trouble: string | undefined;
  let place: ListingPosition | undefined;

  async function round(): Promise<void> {
    const from = (place ??= readPosition(await options.position(source)) ?? {
      after: '',
      notBefore: clock() - lookBackMs,
    });
    let after = from.after;
    let isOpen = false;
    let token: string | undefined;
    let problem: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(token === undefined
            ? from.after === ''
              ? {}
              : { StartAfter: from.after }
            : { ContinuationToken: token }),
        }),
        { abortSignal: stopping.signal },
      );
      for (const { Key: key, LastModified, Size: size = 0 } of page.Contents ?? []) {
        if (stopping.signal.aborted) return;
        if (key === undefined) continue;
        const written = LastModified?.getTime() ?? clock();
        const object = `s3://${bucket}/${key}`;
        // What ends with a slash is how consoles make folders.
        if (written >= from.notBefore && size > 0 && !key.endsWith('/') && !options.isRead(object)) {
          try {
            await readObject({ bucket, key }, options, cut.signal);
          } catch (error) {
            problem = `${object}: ${describe(error)}`;
            log.error({ object, error: describe(error) }, 'an object cannot be read and is tried again');
            isOpen = true;
          }
        }
        isOpen ||= written > clock() - lookBackMs;
        if (!isOpen) after = key;
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    trouble = problem;
    if (after === from.after && from.after !== '') return;
    const next = { after, notBefore: from.notBefore };
    await options.remember({ source, position: JSON.stringify(next) });
    place = next;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await round();
      } catch (error) {
        if (stopping.signal.aborted) return;
        trouble = `the bucket cannot be listed: ${describe(error)}`;
        log.error({ bucket, prefix, error: describe(error) }, 'the bucket cannot be listed');
      }
      await pause(everyMs, stopping.signal);
    }
  }

  const running = run();
  return {
    name,
    trouble: () => trouble,
    stop: async () => {
      stopping.abort();
      const patience = setTimeout(() => cut.abort(), options.graceMs ?? defaultGraceMs);
      await running;
      clearTimeout(patience);
    },
  };
}

function readPosition(stored: string | undefined): ListingPosition | undefined {
  if (stored === undefined) return undefined;
  const { after, notBefore } = JSON.parse(stored) as Partial<ListingPosition>;
  return after === undefined || notBefore === undefined ? undefined : { after, notBefore };
}
