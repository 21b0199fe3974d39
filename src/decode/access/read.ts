import type { Provenance, Rejection } from '../../event/record.ts';
import type { Requests } from '../../event/requests.ts';
import { peek } from '../peek.ts';
import { unpack, UnpackError } from '../unpack.ts';
import { requestsBuilder, type RequestsBuilder } from './builder.ts';
import type { AccessFormat } from './format.ts';
import { detectAccessFormat, unknownAccessLog } from './formats.ts';

/** `records` = requests.count + rejections, always. */
export interface AccessBatch {
  readonly requests: Requests;
  readonly rejections: readonly Rejection[];
  /** Lines read in this batch that are records or should be. */
  readonly records: number;
  /** Bytes of the unpacked content read so far, since the beginning. */
  readonly bytes: number;
}

export interface AccessOptions {
  /** Told by the content where it is left out. */
  readonly format?: AccessFormat | undefined;
  /** The fields of real-time logs of CloudFront, in their order; all of them where left out. */
  readonly realtimeFields?: readonly string[] | undefined;
  /** Where in the object the first chunk begins, for a file that is read from the middle. */
  readonly startAt?: number | undefined;
  /** For those who wait for nothing else: packed content that is not too long is unpacked in one call, which holds the thread. */
  readonly unpackAtOnce?: boolean | undefined;
}

/** The longest line; longer ones are rejected. ALB and S3 cut requests at a few kilobytes, WAF's JSON can be longer. */
const longestLine = 1024 * 1024;

/**
 * Reads one access log (a file, an S3 object, a request body; plain or packed) of any known format, told by its content. Holds a few chunks in
 * memory. Broken lines, unknown content, and packed data that is cut off come as rejections, after everything that could be read. A batch is
 * valid until the next is asked for. Throws only what `chunks` throws.
 */
export async function* readAccessLog(
  chunks: AsyncIterable<Uint8Array>,
  from: Omit<Provenance, 'position'>,
  options: AccessOptions = {},
): AsyncGenerator<AccessBatch> {
  const ending: { problem?: string } = {};
  const unpacked = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* unpack(chunks, { atOnce: options.unpackAtOnce });
    } catch (error) {
      if (!(error instanceof UnpackError)) throw error;
      ending.problem = error.message;
    }
  };
  const { head, whole } = await peek(unpacked(), isEnoughToTell);
  const format = options.format ?? detectAccessFormat(head, options.realtimeFields);
  const into = requestsBuilder(from, format?.escaping ?? 'none');
  let offset = options.startAt ?? 0;
  if (format === undefined) {
    for await (const chunk of whole) offset += chunk.length;
    if (offset > 0) into.reject(options.startAt ?? 0, head, unknownAccessLog(head));
  } else {
    const reader = format.open();
    for await (const { bytes, at, end } of wholeLines(whole, offset, into)) {
      for (let start = 0; start < end;) {
        start = reader.read(bytes, start, end, at, into);
        if (into.isFull()) yield* emptied(into, at + start);
      }
      offset = at + bytes.length;
      // The next piece lies in other bytes, which the columns would then point into.
      yield* emptied(into, offset);
    }
  }
  if (ending.problem !== undefined) into.reject(offset, new Uint8Array(0), ending.problem);
  yield* emptied(into, offset);
}

function* emptied(into: RequestsBuilder, bytes: number): Generator<AccessBatch> {
  if (into.records === 0) return;
  yield { requests: into.finish(), rejections: [...into.rejections], records: into.records, bytes };
  into.clear();
}

/** Pieces that end with a line; the beginning of a line that is cut by the end of a chunk stands before the next. */
async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
  startAt: number,
  into: RequestsBuilder,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly at: number; readonly end: number }> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let tooLong = false;
  let at = startAt;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      if (tooLong || restBytes + chunk.length > longestLine) {
        // Only its beginning is kept until its end is found.
        if (rest.length === 0) rest.push(chunk.slice(0, 4096));
        tooLong = true;
      } else rest.push(chunk);
      restBytes += chunk.length;
      continue;
    }
    if (tooLong) {
      const first = chunk.indexOf(lineFeed) + 1;
      into.reject(
        at,
        rest[0] ?? chunk,
        `a line of ${restBytes + first} bytes; the longest that is read has ${longestLine}`,
      );
      at += restBytes + first;
      if (end > first) yield { bytes: chunk.subarray(first, end), at, end: end - first };
      at += end - first;
    } else {
      const whole =
        rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
      yield { bytes: whole, at, end: whole.length };
      at += whole.length;
    }
    rest = end < chunk.length ? [chunk.subarray(end)] : [];
    restBytes = chunk.length - end;
    tooLong = false;
  }
  if (tooLong)
    into.reject(
      at,
      rest[0] ?? new Uint8Array(0),
      `a line of ${restBytes} bytes; the longest that is read has ${longestLine}`,
    );
  else if (restBytes > 0) {
    const whole = Buffer.concat(rest);
    yield { bytes: whole, at, end: whole.length };
  }
}

const lineFeed = 0x0a;

function isEnoughToTell(head: Uint8Array): boolean {
  return head.length >= 4096 || head.includes(lineFeed);
}
