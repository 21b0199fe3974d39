import type { Event } from '../event/event.ts';
import type { Json } from '../event/json.ts';
import type { Provenance, Rejection } from '../event/record.ts';
import type { ListPart, Raw, ReadLimits, Sink, ToEvent } from './format.ts';
import { detectFormat } from './formats.ts';
import { defaultFrameLimits } from './frame.ts';
import { jsonFormat } from './json.ts';
import { peek } from './peek.ts';
import type { Prefilter } from './prefilter/prefilter.ts';
import type { Counted } from './prefilter/wanted.ts';
import { unwrap } from './shapes.ts';
import { readSoleObject } from './sole-object.ts';
import { unpack, UnpackError } from './unpack.ts';
import type { AtOnce } from './gunzip.ts';

/** Where content came from; `decode` adds the position of each record. */
export type Arrival = Omit<Provenance, 'position'>;

export interface DecodeOptions {
  /** The longest record, in bytes (16 MiB); longer ones are rejected. CloudTrail's own limit is about 1 MB. */
  readonly maxRecordBytes?: number;
  /** Where in the object the first chunk begins, for a file that is read from the middle; 0 unless given. */
  readonly startAt?: number | undefined;
  /** Tells records from their bytes that no rule can match; they are counted and not decoded. Without it every record is decoded. */
  readonly prefilter?: Prefilter | undefined;
  readonly unpackAtOnce?: AtOnce | undefined;
  /**
   * After how many bytes of records a batch ends (128 KiB). The shorter it is, the fewer events are there together, of which the garbage
   * collector has to move each one; where something has a price for each batch, longer ones are cheaper.
   */
  readonly batchBytes?: number | undefined;
  /** For JSON that is not packed and is read in parts, of which this is one. Takes the place of `startAt`. */
  readonly part?: ListPart | undefined;
}

/** A document that was recognised and holds no records, such as a digest file. */
export interface Skipped {
  readonly provenance: Provenance;
  readonly reason: string;
}

/** `records` = events + rejections + passedOver, always. */
export interface DecodedBatch {
  readonly events: readonly Event[];
  readonly rejections: readonly Rejection[];
  readonly skipped: readonly Skipped[];
  /** Records that were told by the prefilter to be of no use to any rule; what is wrong inside such a record isn't noticed. */
  readonly passedOver: number;
  /** Matches in records that were passed over, of rules whose matches are only counted. */
  readonly counted: readonly Counted[];
  /** Records read in this batch. */
  readonly records: number;
  /** Bytes of the unpacked content read so far, since the beginning. */
  readonly bytes: number;
}

/** How much of rejected content is kept. */
const keepBytes = defaultFrameLimits.keepBytes;

/** A log that breaks so often is none; and a few kilobytes can unpack to millions of broken records, each of which costs. */
const mostBrokenInRow = 100_000;

/**
 * Ten kilobytes can ask for a window of 128 MB, and each request that is under way holds its own. 8 MB is what everybody has to support (RFC 8878, section
 * 3.1.1.1.2), and more than zstd takes unless it is told to. Files and objects are read a few at a time, and may have been packed for an archive.
 */
const requestWindowLog = 23;

/** Bytes as they come, or all of them. */
export type Content = AsyncIterable<Uint8Array> | Uint8Array;

/**
 * Decodes one object (a file, an S3 object, a request body) of any supported format, told by its content. Holds one
 * record and a few chunks in memory, however long the content. Yields nothing for content without records.
 *
 * Broken records, unknown content, and packed data that is cut off or damaged come as rejections, after everything
 * that could be read. Throws only what `chunks` throws (the caller can then read the object again).
 */
export async function* decode(
  content: Content,
  from: Arrival,
  options: DecodeOptions = {},
): AsyncGenerator<DecodedBatch> {
  const sink = new BatchSink(from, options.startAt ?? 0);
  if (content instanceof Uint8Array && readSoleObject(content, sink, limitsOf(options))) {
    yield sink.take(content.length);
    return;
  }
  const chunks = content instanceof Uint8Array ? once(content) : content;
  const ending: { problem?: string } = {};
  let bytes = 0;
  let brokenInRow = 0;
  let givenUpAt: number | undefined;
  const unpacked = async function* (): AsyncGenerator<Uint8Array> {
    try {
      const mostWindowLog = from.source === 'http' ? requestWindowLog : undefined;
      for await (const chunk of unpack(chunks, { atOnce: options.unpackAtOnce, mostWindowLog })) {
        bytes += chunk.length;
        // Read to the end all the same, so that the last rejection says how much was left.
        if (givenUpAt === undefined) yield chunk;
      }
    } catch (error) {
      if (!(error instanceof UnpackError)) throw error;
      ending.problem = error.message;
    }
  };
  const { head, whole } = await peek(unpacked(), isEnoughToTell);
  const format = isFromMiddle(options) ? jsonFormat : detectFormat(head);
  if ('problem' in format) {
    // Read to the end, so that the rejection says how long it is.
    for await (const _ of whole) continue;
    if (bytes > 0) sink.rejected(0, format.problem, { bytes: head, length: bytes });
  } else {
    for await (const read of format.read(whole, sink, limitsOf(options))) {
      if (sink.isEmpty()) continue;
      const batch = sink.take(read);
      brokenInRow = batch.events.length + batch.passedOver > 0 ? 0 : brokenInRow + batch.rejections.length;
      if (brokenInRow > mostBrokenInRow) givenUpAt ??= bytes;
      yield batch;
    }
  }
  if (givenUpAt !== undefined && bytes > givenUpAt) {
    const reason = `given up after more than ${mostBrokenInRow} broken records in a row; what follows was not looked at`;
    sink.rejected((options.part?.from ?? 0) + givenUpAt, reason, {
      bytes: new Uint8Array(0),
      length: bytes - givenUpAt,
    });
  }
  if (ending.problem !== undefined) {
    sink.rejected(bytes, ending.problem, { bytes: new Uint8Array(0), length: 0 });
  }
  if (!sink.isEmpty()) yield sink.take(bytes);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Decodes one value that is parsed already: an EventBridge event in Lambda, the body of a request. Never throws. */
export function decodeValue(value: Json, from: Arrival, options: DecodeOptions = {}): DecodedBatch {
  const sink = new BatchSink(from, options.startAt ?? 0);
  const { maxDepth } = defaultFrameLimits;
  if (isDeeperThan(value, maxDepth)) {
    const reason = `brackets nested more than ${maxDepth} deep`;
    sink.rejected(0, reason, { bytes: new Uint8Array(0), length: 0 });
  } else {
    unwrap(value, { value }, { sink, at: 0, limits: limitsOf(options) });
  }
  return sink.take(0);
}

function limitsOf({
  maxRecordBytes = defaultFrameLimits.maxBytes,
  prefilter,
  part,
  batchBytes,
}: DecodeOptions): ReadLimits {
  return { maxRecordBytes, prefilter, part, bytesPerYield: batchBytes };
}

/** What the content is has been told from its beginning, which is not here. */
function isFromMiddle({ part }: DecodeOptions): boolean {
  return part !== undefined && part.from > 0;
}

/** Level by level, because a recursive walk is what so deep a value would break. */
function isDeeperThan(value: Json, limit: number): boolean {
  let level: (Json | undefined)[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values<Json | undefined>(item) : [],
    );
  }
  return false;
}

/** JSON shows itself in its first sign; everything else needs its first line. Never waits for more of a slow stream than it must. */
function isEnoughToTell(head: Uint8Array): boolean {
  if (head.length >= 4096) return true;
  const start = Buffer.from(head)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  return /^[{[]./s.test(start) || /^[^\n]+\n/.test(start);
}

/** Collects what a format finds until the caller takes it. */
class BatchSink implements Sink {
  private readonly from: Arrival;
  private readonly startAt: number;
  private events: Event[] = [];
  private rejections: Rejection[] = [];
  private skips: Skipped[] = [];
  private passed = 0;
  private counted: Counted[] = [];
  private records = 0;

  constructor(from: Arrival, startAt: number) {
    this.from = from;
    this.startAt = startAt;
  }

  record(at: number, fields: Parameters<ToEvent>[0], toEvent: ToEvent, raw: Raw): void {
    const event = toEvent(fields, this.provenance(at));
    if ('problem' in event) {
      this.rejected(at, event.problem, raw);
      return;
    }
    this.records++;
    this.events.push(event);
  }

  rejected(at: number, reason: string, raw: Raw): void {
    this.records++;
    this.rejections.push({ provenance: this.provenance(at), reason, ...kept(raw) });
  }

  passedOver(count: number, counted: readonly Counted[]): void {
    this.records += count;
    this.passed += count;
    for (const one of counted) this.counted.push(one);
  }

  skipped(at: number, reason: string): void {
    this.skips.push({ provenance: this.provenance(at), reason });
  }

  isEmpty(): boolean {
    return this.records === 0 && this.skips.length === 0;
  }

  take(bytes: number): DecodedBatch {
    const { events, rejections, skips, records, passed, counted } = this;
    this.events = [];
    this.rejections = [];
    this.skips = [];
    this.records = 0;
    this.passed = 0;
    this.counted = [];
    return { events, rejections, skipped: skips, passedOver: passed, counted, records, bytes };
  }

  private provenance(at: number): Provenance {
    const { source, object, receivedAt, worker } = this.from;
    const position = this.startAt + at;
    return worker === undefined
      ? { source, object, position, receivedAt }
      : { source, object, position, receivedAt, worker };
  }
}

/** A copy of the beginning: a view would hold the whole chunk that it lies in. */
function kept(raw: Raw): { readonly bytes: Uint8Array; readonly length: number } {
  if ('bytes' in raw) return { bytes: new Uint8Array(raw.bytes.subarray(0, keepBytes)), length: raw.length };
  const bytes = Buffer.from(JSON.stringify(raw.value));
  return { bytes: new Uint8Array(bytes.subarray(0, keepBytes)), length: bytes.length };
}
