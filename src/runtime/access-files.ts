import type { Rejection } from '../event/record.ts';
import type { Requests } from '../event/requests.ts';
import { someRows } from '../event/some-rows.ts';
import { requestsBuilder } from '../decode/access/builder.ts';
import type { AccessFormat } from '../decode/access/format.ts';
import type { AccessBatch } from '../decode/access/batch.ts';
import { readAccessLog } from '../decode/access/read.ts';
import { readParquetLog } from '../decode/access/parquet.ts';
import { isParquet } from '../decode/parquet/file.ts';
import { fastChecksum } from '../source/fast-checksum.ts';
import { readInput, type InputFile } from '../source/files.ts';
import { openRandomFile, setDownInFile } from '../source/random-file.ts';

export interface AccessFilesOptions {
  readonly files: readonly InputFile[];
  /** Told by the content of each file where it is left out. */
  readonly format?: AccessFormat | undefined;
  /** Only requests from this time on, and before this one; milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only requests to these hosts, in lower case. */
  readonly hosts?: readonly string[] | undefined;
  readonly clock: () => number;
  readonly onRejection: (rejection: Rejection) => void;
  /** Called after each batch: bytes of all input taken so far, and records. */
  readonly onProgress: (bytesRead: number, records: number) => void;
}

/** records = requests + rejected, and requests = given + outside. */
export interface AccessTally {
  readonly records: number;
  readonly requests: number;
  readonly rejected: number;
  /** Requests outside the time range or to other hosts. */
  readonly outside: number;
  readonly files: number;
  /** Files of which not one record was a request. */
  readonly filesWithout: number;
  /** Bytes as they lie on disk. */
  readonly bytesRead: number;
}

/** So many files are open at once, with some 2 MB each. */
const mostOpen = 16;

interface OpenFile {
  readonly batches: AsyncGenerator<AccessBatch, undefined>;
  batch: AccessBatch;
  hasRequests: boolean;
}

/**
 * Gives every request of a pile of access logs to `take`, roughly in the order of time however the files are named and cut: files are
 * opened in the order of their first requests and read side by side. A file that cannot be read, or only in part, becomes a rejection and
 * the rest is read.
 */
export async function readAccessFiles(
  options: AccessFilesOptions,
  take: (requests: Requests) => void,
): Promise<AccessTally> {
  const tally = { records: 0, requests: 0, rejected: 0, outside: 0, files: 0, filesWithout: 0, bytesRead: 0 };
  const waiting = await inOrderOfContent(options);
  const open = new Set<OpenFile>();

  const opened = async (file: InputFile): Promise<void> => {
    tally.files++;
    const batches = batchesOf(file, options, (bytes) => (tally.bytesRead += bytes));
    const first = await batches.next();
    if (first.done !== true) open.add({ batches, batch: first.value, hasRequests: false });
    // An empty file holds no requests either, but there is nothing wrong with it.
  };

  while (waiting.length > 0 || open.size > 0) {
    const next = earliest(open);
    const [first] = waiting;
    if (first !== undefined && open.size < mostOpen && (next === undefined || first.start <= startOf(next))) {
      waiting.shift();
      await opened(first.file);
      continue;
    }
    if (next === undefined) continue;
    const { requests, rejections, records } = next.batch;
    tally.records += records;
    tally.requests += requests.count;
    tally.rejected += rejections.length;
    if (requests.count > 0) next.hasRequests = true;
    for (const rejection of rejections) options.onRejection(rejection);
    const wanted = wantedOf(requests, options);
    tally.outside += requests.count - wanted.count;
    if (wanted.count > 0) take(wanted);
    options.onProgress(tally.bytesRead, tally.records);
    const following = await next.batches.next();
    if (following.done === true) {
      open.delete(next);
      if (!next.hasRequests) tally.filesWithout++;
    } else next.batch = following.value;
  }
  return tally;
}

function startOf({ batch }: OpenFile): number {
  return batch.requests.count > 0 ? (batch.requests.time[0] ?? Number.NaN) : Number.NEGATIVE_INFINITY;
}

function earliest(open: ReadonlySet<OpenFile>): OpenFile | undefined {
  let found: OpenFile | undefined;
  for (const file of open) if (found === undefined || startOf(file) < startOf(found)) found = file;
  return found;
}

async function* batchesOf(
  file: InputFile,
  { format, clock }: Pick<AccessFilesOptions, 'format' | 'clock'>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<AccessBatch, undefined> {
  const from = {
    source: file.stdin ? 'stdin' : 'file',
    object: file.stdin ? 'standard input' : file.path,
    receivedAt: clock(),
  };
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of readInput(file)) {
      onBytes(chunk.length);
      yield chunk;
    }
  };
  let at = 0;
  try {
    const batches = file.stdin ? undefined : await parquetBatches(file, from, onBytes);
    for await (const batch of batches ??
      readAccessLog(counted(), from, {
        format,
        unpackAtOnce: file.stdin ? undefined : { checksum: fastChecksum() },
        setDown: setDownInFile,
      })) {
      at = batch.bytes;
      yield batch;
    }
  } catch (error) {
    // What a stream throws about the file itself; anything else is a fault of ours.
    if (!(error instanceof Error) || !('code' in error)) throw error;
    yield unreadable(from, at, error.message);
  }
  return undefined;
}

/** A Parquet file is read where it lies; undefined where it is none. */
async function parquetBatches(
  { path, size }: InputFile,
  from: Requests['from'],
  onBytes: (bytes: number) => void,
): Promise<AsyncGenerator<AccessBatch> | undefined> {
  if (size < shortestParquet) return undefined;
  const file = await openRandomFile(path);
  if (file.size < shortestParquet || !isParquet(await file.read(0, 4))) {
    await file.close();
    return undefined;
  }
  return (async function* () {
    try {
      onBytes(file.size);
      yield* readParquetLog(file, from);
    } finally {
      await file.close();
    }
  })();
}

/** Magic at both ends, and the length of the footer. */
const shortestParquet = 12;

function unreadable(from: Requests['from'], position: number, message: string): AccessBatch {
  const into = requestsBuilder(from, 'none');
  into.reject(position, new Uint8Array(0), `cannot be read: ${message}`);
  return { requests: into.finish(), rejections: into.rejections, records: into.records, bytes: position };
}

/** Files with the time of the first request in each; those without one come first, so that what is wrong with them is told. */
async function inOrderOfContent(
  options: AccessFilesOptions,
): Promise<{ readonly file: InputFile; readonly start: number }[]> {
  const { files } = options;
  const [only] = files;
  if (only !== undefined && files.length === 1) return [{ file: only, start: Number.NEGATIVE_INFINITY }];
  const found: { readonly file: InputFile; readonly start: number }[] = [];
  for (const file of files)
    found.push({ file, start: file.stdin ? Number.NEGATIVE_INFINITY : await firstTime(file, options) });
  return found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

async function firstTime(file: InputFile, options: AccessFilesOptions): Promise<number> {
  for await (const { requests } of batchesOf(file, options, () => {}))
    if (requests.count > 0) return requests.time[0] ?? Number.NEGATIVE_INFINITY;
  return Number.NEGATIVE_INFINITY;
}

const decoder = new TextDecoder();

function wantedOf(requests: Requests, { since, until, hosts }: AccessFilesOptions): Requests {
  if (since === undefined && until === undefined && hosts === undefined) return requests;
  const from = since ?? Number.NEGATIVE_INFINITY;
  const to = until ?? Number.POSITIVE_INFINITY;
  const rows: number[] = [];
  for (let row = 0; row < requests.count; row++) {
    const time = requests.time[row] ?? Number.NaN;
    if (!(time >= from && time < to)) continue;
    if (hosts !== undefined && !hosts.includes(hostOf(requests, row))) continue;
    rows.push(row);
  }
  return rows.length === requests.count ? requests : someRows(requests, rows);
}

/** No name of a host is longer than 253; what is, is none that anybody asked for. */
function hostOf({ bytes, text }: Requests, row: number): string {
  const start = text.host.start[row] ?? 0;
  const end = Math.min(text.host.end[row] ?? 0, start + 260);
  return decoder.decode(bytes.subarray(start, end)).toLowerCase();
}
