import type { Provenance } from '../../event/record.ts';
import { peek } from '../peek.ts';
import { ParquetError } from '../parquet/error.ts';
import { unpack, UnpackError } from '../unpack.ts';
import { emptied, type AccessBatch } from './batch.ts';
import { requestsBuilder } from './builder.ts';
import type { AccessFormat, AccessReader } from './format.ts';
import { detectAccessFormat, unknownAccessLog } from './formats.ts';
import { wholeLines } from './whole-lines.ts';
import { giveRowMemoryBack, takeRowMemory } from './row-memory.ts';
import { isParquet, type RandomBytes } from '../parquet/file.ts';
import { readParquetLog } from './parquet.ts';
import type { AtOnce } from '../gunzip.ts';

/** Bytes that were set down somewhere, to be read in any order. */
export interface SetDown extends RandomBytes {
  /** They are not needed any more. */
  readonly close: () => Promise<void>;
}

export interface AccessOptions {
  /** Told by the content where it is left out. */
  readonly format?: AccessFormat | undefined;
  /** The fields of real-time logs of CloudFront, in their order; all of them where left out. */
  readonly realtimeFields?: readonly string[] | undefined;
  /** Where in the object the first chunk begins, for a file that is read from the middle. */
  readonly startAt?: number | undefined;
  /**
   * Sets down a Parquet file, which is read from its end on. Left out, it is held in memory, and refused where it is over 64 MB.
   * @throws {ParquetError} where it is too long
   */
  readonly setDown?: ((chunks: AsyncIterable<Uint8Array>) => Promise<SetDown>) | undefined;
  /**
   * Whole lines with which the object begins, where the first chunk is not its beginning: what the format is told by, and the headers that the
   * lines obey. Nothing is read of them again.
   */
  readonly beginning?: Uint8Array | undefined;
  readonly unpackAtOnce?: AtOnce | undefined;
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
  if (isParquet(head)) {
    yield* parquet(whole, from, options, ending);
    return;
  }
  const { beginning } = options;
  const format = options.format ?? detectAccessFormat(beginning ?? head, options.realtimeFields);
  const memory = takeRowMemory();
  try {
    const into = requestsBuilder(from, format?.escaping ?? 'none', memory);
    const start = options.startAt ?? 0;
    let offset = start;
    if (format === undefined) {
      for await (const chunk of whole) offset += chunk.length;
      if (offset > start) into.reject(start, head, unknownAccessLog(head), offset - start);
    } else {
      const reader = format.open();
      if (beginning !== undefined) readHeaders(reader, beginning, from);
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
  } finally {
    giveRowMemoryBack(memory);
  }
}

/** Lets a reader see the lines at the beginning of its file that are headers; whatever comes of them is known already. */
function readHeaders(reader: AccessReader, beginning: Uint8Array, from: Omit<Provenance, 'position'>): void {
  const into = requestsBuilder(from, 'none');
  for (let start = 0; beginning[start] === numberSign;) {
    const found = beginning.indexOf(lineFeed, start);
    const end = found === -1 ? beginning.length : found + 1;
    reader.read(beginning, start, end, 0, into);
    start = end;
  }
}

/** What was cut off has lost the end, which says where everything is. */
async function* parquet(
  whole: AsyncIterable<Uint8Array>,
  from: Omit<Provenance, 'position'>,
  { setDown = held }: AccessOptions,
  ending: { readonly problem?: string },
): AsyncGenerator<AccessBatch> {
  let file: SetDown;
  try {
    file = await setDown(whole);
  } catch (error) {
    if (!(error instanceof ParquetError)) throw error;
    yield* rejected(from, `Parquet: ${error.message}`);
    return;
  }
  try {
    if (ending.problem === undefined) yield* readParquetLog(file, from);
    else yield* rejected(from, ending.problem);
  } finally {
    await file.close();
  }
}

function* rejected(from: Omit<Provenance, 'position'>, reason: string): Generator<AccessBatch> {
  const into = requestsBuilder(from, 'none');
  into.reject(0, new Uint8Array(0), reason);
  yield* emptied(into, 0);
}

const mostHeld = 64 * 1024 * 1024;

async function held(chunks: AsyncIterable<Uint8Array>): Promise<SetDown> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > mostHeld)
      throw new ParquetError(`a file of more than ${mostHeld} bytes, which is not held in memory here`);
    // The reader may use its memory again.
    parts.push(Uint8Array.from(chunk));
  }
  const bytes = Buffer.concat(parts);
  return {
    size,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
    close: () => Promise.resolve(),
  };
}

const lineFeed = 0x0a;
const numberSign = 0x23;

function isEnoughToTell(head: Uint8Array): boolean {
  return head.length >= 4096 || head.includes(lineFeed);
}
