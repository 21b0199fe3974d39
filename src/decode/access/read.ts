import type { Provenance, Rejection } from '../../event/record.ts';
import type { Requests } from '../../event/requests.ts';
import { peek } from '../peek.ts';
import { unpack, UnpackError } from '../unpack.ts';
import { requestsBuilder, type RequestsBuilder } from './builder.ts';
import type { AccessFormat } from './format.ts';
import { detectAccessFormat, unknownAccessLog } from './formats.ts';
import { wholeLines } from './whole-lines.ts';

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
  const start = options.startAt ?? 0;
  let offset = start;
  if (format === undefined) {
    for await (const chunk of whole) offset += chunk.length;
    if (offset > start) into.reject(start, head, unknownAccessLog(head), offset - start);
  } else {
    const reader = format.open();
    const tooLong = (at: number, line: Uint8Array, length: number, reason: string): void =>
      into.reject(at, line, reason, length);
    for await (const { bytes, at } of wholeLines(whole, start, tooLong)) {
      for (let from = 0; from < bytes.length;) {
        from = reader.read(bytes, from, bytes.length, at, into);
        if (into.isFull()) yield* emptied(into, at + from);
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

const lineFeed = 0x0a;

function isEnoughToTell(head: Uint8Array): boolean {
  return head.length >= 4096 || head.includes(lineFeed);
}
