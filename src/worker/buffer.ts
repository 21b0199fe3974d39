import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { grouped } from '../store/grouped.ts';
import { removeFile, syncFolder } from './durable.ts';
import { inTurns } from './in-turns.ts';
import { decodeLines, encodeLine } from './line-log.ts';
import { lossItem, lostWith, openLosses, reasonFull } from './losses.ts';
import type { WorkerItem } from './protocol.ts';

/** What is done where the buffer has no room: sources wait and read on later, or what has waited longest goes. */
export type WhenFull = 'wait' | 'drop-oldest';

export interface BufferOptions {
  readonly folder: string;
  /** The most that may lie there, in bytes. */
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  readonly clock: () => number;
}

/** The first items that have not been taken, in their order. */
export interface Pending {
  readonly stream: string;
  /** Sequence number of the first, from 1. */
  readonly first: number;
  /** Each as JSON. */
  readonly items: readonly string[];
  /** Whether nothing follows in this stream. */
  readonly ends: boolean;
}

export interface BufferCounters {
  /** Bytes of files, what has been taken of the oldest included. */
  readonly bytes: number;
  /** Items that were dropped for want of room or found damaged since the start. */
  readonly lost: number;
  /** When the oldest item that waits was written; undefined where none waits. */
  readonly oldest: number | undefined;
}

/** There is no room, and nothing may be dropped. */
export class BufferFullError extends Error {
  override readonly name = 'BufferFullError';
}

/**
 * Items on their way to the controller, in append-only files: what `append` has resolved for is on the disk, and stays in its order until
 * the controller has taken it. One process may have a folder open; `lockFolder` sees to that.
 *
 * Each file is a stream of its own. A process never adds to a file of an earlier one, so that a copy of the folder which wakes up elsewhere
 * gives no number twice.
 */
export interface WorkerBuffer {
  /** @throws {BufferFullError} where there is no room; nothing of it is written then */
  readonly append: (items: readonly WorkerItem[]) => Promise<void>;
  /** Up to so many bytes and items, but at least one item; undefined where none waits. */
  readonly next: (limits: { readonly bytes: number; readonly items: number }) => Promise<Pending | undefined>;
  /** What the controller has taken of a stream may be forgotten. */
  readonly taken: (stream: string, through: number) => Promise<void>;
  /** Resolves when something waits, or the signal aborts. */
  readonly waiting: (signal: AbortSignal) => Promise<void>;
  readonly counters: () => BufferCounters;
  readonly close: () => Promise<void>;
}

interface Segment {
  readonly number: number;
  readonly stream: string;
  readonly path: string;
  /** Bytes that are durable. */
  bytes: number;
  items: number;
  /** Up to where the controller has taken it. */
  through: number;
  offset: number;
  /** Whether nothing is added any more. */
  ended: boolean;
  readonly begun: number;
  /** Where each of the items that are on their way ends: what `taken` moves `offset` to. */
  ends: readonly number[];
  endsFrom: number;
  /** Lines of earlier versions that each tell of several lost items: their number, and of how many more than one. */
  readonly tells: { readonly number: number; readonly more: number }[];
}

const namePattern = /^(\d{10})-(\d{13})-([0-9a-f-]{36})\.log$/;
const ackFile = 'taken.json';
/** A file that is this long is followed by the next. */
const segmentBytes = 8 * 1024 * 1024;

/** Goes on with what an earlier process left. */
export async function openBuffer(options: BufferOptions): Promise<WorkerBuffer> {
  const { folder, maxBytes, clock } = options;
  await mkdir(folder, { recursive: true });
  const losses = await openLosses(folder, clock());
  const segments = await readSegments(folder, new Set(losses.gone));
  for (const stream of losses.gone) losses.removed(stream);
  const acknowledged = await readAck(folder);
  for (const segment of segments)
    if (segment.stream === acknowledged?.stream) {
      segment.through = Math.min(acknowledged.through, segment.items);
      segment.offset = Math.min(acknowledged.offset, segment.bytes);
    }
  let number = Math.max(segments.at(-1)?.number ?? 0, losses.behind()) + 1;
  let active: { readonly segment: Segment; readonly file: FileHandle } | undefined;
  let lost = 0;
  /** The stream that is on its way, or may have been when the process before ended: what the controller has of it is not known. */
  let sending = segments.find((segment) => unsent(segment) > 0)?.stream;
  /** What was dropped of a stream on its way. */
  let cut: { readonly stream: string; readonly from: number; readonly through: number } | undefined;
  /** What is sent, taken and dropped is decided by one at a time. */
  const inTurn = inTurns();
  let wake: (() => void)[] = [];

  const total = (): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);

  async function begin(): Promise<{ readonly segment: Segment; readonly file: FileHandle }> {
    const stream = randomUUID();
    const begun = clock();
    const path = join(
      folder,
      `${String(number).padStart(10, '0')}-${String(begun).padStart(13, '0')}-${stream}.log`,
    );
    const file = await open(path, 'ax', 0o600);
    await syncFolder(folder);
    const segment = newSegment({ number, stream, path, begun });
    number += 1;
    segments.push(segment);
    return { segment, file };
  }

  async function end(): Promise<void> {
    if (active === undefined) return;
    active.segment.ended = true;
    const { file } = active;
    active = undefined;
    await file.close();
  }

  async function forget(segment: Segment): Promise<void> {
    if (active?.segment === segment) await end();
    segments.splice(segments.indexOf(segment), 1);
    await removeFile(segment.path);
  }

  /** Counted first, and durably: a process that is killed between has neither sent nor forgotten it. */
  async function lose(segment: Segment): Promise<void> {
    if (active?.segment === segment) await end();
    const { stream, through, items, tells } = segment;
    const more = tells.filter((line) => line.number > through).reduce((sum, line) => sum + line.more, 0);
    const count = items - through + more;
    const behind = active?.segment.number ?? number;
    await losses.add(stream, { count, reason: reasonFull(maxBytes), at: clock(), behind });
    lost += count;
    if (sending === stream) cut = { stream, from: through, through: items };
    segments.splice(segments.indexOf(segment), 1);
    await removeFile(segment.path);
    losses.removed(stream);
  }

  async function makeRoom(bytes: number): Promise<void> {
    for (const done of segments.filter((one) => one.ended && unsent(one) === 0)) await forget(done);
    const full = (): BufferFullError =>
      new BufferFullError(
        `${folder}: the buffer is full (${maxBytes} bytes); it empties when the controller takes what is in it`,
      );
    // Whatever were dropped, there would be no room for it.
    if (bytes > maxBytes) throw full();
    while (total() + bytes > maxBytes) {
      // One that is taken whole frees its room without a loss.
      const free = segments.find((segment) => unsent(segment) === 0);
      if (free !== undefined) {
        await forget(free);
        continue;
      }
      // What is on its way may have been taken: it is kept while anything else can go, so as not to be told as lost as well.
      const oldest = segments.find(({ stream }) => stream !== sending) ?? segments[0];
      if (oldest === undefined || options.whenFull === 'wait') throw full();
      await lose(oldest);
    }
  }

  /** Writes and flushes; what was written of a write that failed is cut off again, or left to a file that is not added to any more. */
  async function write(lines: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(lines);
    if (active !== undefined && active.segment.bytes >= Math.min(segmentBytes, maxBytes / 8)) await end();
    await inTurn(() => makeRoom(bytes.length));
    active ??= await begin();
    const { segment, file } = active;
    try {
      await file.appendFile(bytes);
      await file.datasync();
    } catch (error) {
      await file.truncate(segment.bytes).catch(() => {});
      await end();
      throw error;
    }
    segment.bytes += bytes.length;
    segment.items += lines.length;
    const sleepers = wake;
    wake = [];
    for (const one of sleepers) one();
  }

  const append = grouped<readonly WorkerItem[], true>(async (groups) => {
    const lines = groups.flatMap((items) => items.map((item) => encodeLine(JSON.stringify(item))));
    if (lines.length > 0) await write(lines);
    return groups.map(() => true);
  }, 64);

  async function next(limits: {
    readonly bytes: number;
    readonly items: number;
  }): Promise<Pending | undefined> {
    const segment = segments.find((one) => unsent(one) > 0);
    const loss = losses.first();
    if (loss !== undefined && (segment === undefined || segment.number > loss.behind)) {
      losses.sent(loss);
      return { stream: loss.stream, first: 1, items: [JSON.stringify(lossItem(loss))], ends: true };
    }
    if (segment === undefined) return undefined;
    sending = segment.stream;
    const bytes = await readPart(segment, limits.bytes);
    const items: string[] = [];
    const ends: number[] = [];
    let length = 0;
    for (const { json, end: at } of decodeLines(bytes)) {
      const item = json ?? damaged(clock());
      length += item.length;
      if (items.length > 0 && (items.length >= limits.items || length > limits.bytes)) break;
      items.push(item);
      ends.push(segment.offset + at);
    }
    segment.ends = ends;
    segment.endsFrom = segment.through;
    const isLast = segment.through + items.length === segment.items;
    return { stream: segment.stream, first: segment.through + 1, items, ends: segment.ended && isLast };
  }

  async function taken(stream: string, through: number): Promise<void> {
    if (await losses.told(stream)) return;
    const segment = segments.find((one) => one.stream === stream);
    if (segment === undefined) {
      if (cut?.stream !== stream) return;
      const came = Math.min(through, cut.through) - cut.from;
      cut = undefined;
      if (came > 0 && (await losses.cameAfterAll(came))) lost -= came;
      return;
    }
    if (through <= segment.through) return;
    const offset = segment.ends[through - segment.endsFrom - 1];
    // The controller has gone further than was sent: it knows the stream from before a crash.
    segment.offset = offset ?? (await offsetOf(segment, through));
    segment.through = Math.min(through, segment.items);
    if (sending === stream && through >= segment.endsFrom + segment.ends.length) sending = undefined;
    if (segment.ended && unsent(segment) === 0) await forget(segment);
    else await writeAck(folder, { stream, through: segment.through, offset: segment.offset });
  }

  return {
    append: async (items) => {
      if (items.length > 0) await append(items);
    },
    next: (limits) => inTurn(() => next(limits)),
    taken: (stream, through) => inTurn(() => taken(stream, through)),
    waiting: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted || losses.first() !== undefined || segments.some((one) => unsent(one) > 0))
          return resolve();
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        signal.addEventListener('abort', done, { once: true });
        wake.push(done);
      }),
    counters: () => ({
      bytes: total(),
      lost,
      oldest: segments.find((one) => unsent(one) > 0)?.begun ?? losses.first()?.at,
    }),
    close: end,
  };
}

function unsent({ items, through }: Segment): number {
  return items - through;
}

function newSegment(from: Pick<Segment, 'number' | 'stream' | 'path' | 'begun'>): Segment {
  return {
    ...from,
    bytes: 0,
    items: 0,
    through: 0,
    offset: 0,
    ended: false,
    ends: [],
    endsFrom: 0,
    tells: [],
  };
}

/** What an item that cannot be read any more is sent as: its number must not be missing. */
function damaged(at: number): string {
  const item: WorkerItem = { type: 'lost', count: 1, reason: 'it was damaged in the buffer', at };
  return JSON.stringify(item);
}

/** Those of `gone` are removed: they have been counted as lost. */
async function readSegments(folder: string, gone: ReadonlySet<string>): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const [, number, begun, stream] = namePattern.exec(name) ?? [];
    if (number === undefined || begun === undefined || stream === undefined) continue;
    const path = join(folder, name);
    if (gone.has(stream)) {
      await removeFile(path);
      continue;
    }
    const segment = newSegment({ number: Number(number), stream, path, begun: Number(begun) });
    segment.ended = true;
    const content = await readFile(path);
    for (const { json, end } of decodeLines(content)) {
      segment.items += 1;
      segment.bytes = end;
      const more = lostWith(json) - 1;
      if (more > 0) segment.tells.push({ number: segment.items, more });
    }
    if (segment.items === 0) await removeFile(path);
    else segments.push(segment);
  }
  return segments;
}

/** The next bytes of a segment that have not been taken: more than `most`, where one line is longer. */
async function readPart(segment: Segment, most: number): Promise<Buffer> {
  const file = await open(segment.path, 'r');
  try {
    for (let want = Math.max(most, 4096); ; want *= 4) {
      const length = Math.min(want, segment.bytes - segment.offset);
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, segment.offset);
      const part = bytes.subarray(0, bytesRead);
      if (part.includes(0x0a) || length === segment.bytes - segment.offset) return part;
    }
  } finally {
    await file.close();
  }
}

async function offsetOf(segment: Segment, through: number): Promise<number> {
  let count = 0;
  for (const { end } of decodeLines(await readFile(segment.path))) if (++count >= through) return end;
  return segment.bytes;
}

interface Ack {
  readonly stream: string;
  readonly through: number;
  readonly offset: number;
}

/** Not flushed: when it is lost, what the controller has taken is sent again, and the controller says so. */
async function writeAck(folder: string, ack: Ack): Promise<void> {
  const place = join(folder, ackFile);
  await writeFile(`${place}.new`, JSON.stringify(ack));
  await rename(`${place}.new`, place);
}

async function readAck(folder: string): Promise<Ack | undefined> {
  try {
    const { stream, through, offset } = JSON.parse(
      await readFile(join(folder, ackFile), 'utf8'),
    ) as Partial<Ack>;
    return stream === undefined || through === undefined || offset === undefined
      ? undefined
      : { stream, through, offset };
  } catch {
    return undefined;
  }
}
