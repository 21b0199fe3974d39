import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';

import { disposable, disposableLast, disposeOf } from './disposable.ts';
import { gunzipAtOnce, type AtOnce } from './gunzip.ts';
import { peek } from './peek.ts';
import { through } from './through.ts';

/** Packed data that is cut off or damaged. Thrown after everything that could be unpacked was yielded. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
  /** About how many bytes of the packed data were read before it. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

export interface UnpackOptions {
  /** Unpacks what is not too long in one call: faster, and it holds the thread for some milliseconds. */
  readonly atOnce?: AtOnce | undefined;
  /** How many times packed data may be packed. */
  readonly levels?: number;
  /** How much memory zstd may ask for, as a power of two of bytes: 27 (128 MB) unless given. */
  readonly mostWindowLog?: number | undefined;
}

interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  readonly open: (mostWindowLog: number) => Transform & { readonly bytesWritten: number };
  /** Unpacks the whole at once; undefined where that is not certain to be right, or too long. Holds the thread. */
  readonly atOnce?: (packed: Uint8Array, how: AtOnce) => Uint8Array | undefined;
  /** Whether Node takes what is cut off for whole. */
  readonly hidesCuts?: () => boolean;
  /** Unpacks a beginning that need not be complete. Throws where it is damaged or longer than `salvageBytes`. */
  readonly beginning: (packed: Uint8Array) => Uint8Array;
}

const packings: readonly Packing[] = [
  // RFC 1952: two magic bytes and the only method there is.
  {
    name: 'gzip',
    magic: [0x1f, 0x8b, 0x08],
    open: () => createGunzip({ chunkSize: outputBytes }),
    atOnce: (packed, how) => {
      const unpacked = gunzipAtOnce(packed, atOnceOutput, how);
      return unpacked && disposable(unpacked);
    },
    beginning: (packed) =>
      gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: salvageBytes }),
  },
  // RFC 8878.
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    open: (mostWindowLog) =>
      createZstdDecompress({
        chunkSize: outputBytes,
        params: { [constants.ZSTD_d_windowLogMax]: mostWindowLog },
      }),
    hidesCuts: hidesZstdCuts,
    beginning: (packed) =>
      zstdDecompressSync(packed, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: salvageBytes }),
  },
];

/** Node 22 does, and nobody would know that the rest of a log is missing. */
function hidesZstdCuts(): boolean {
  const cutOff = Buffer.from('28b52ffd20116500003068656c6c6f2001', 'hex');
  try {
    zstdDecompressSync(cutOff);
    return true;
  } catch {
    return false;
  }
}

/** Most delivered objects are smaller, and then nothing before the damage is lost. */
const heldBytes = 256 * 1024;
const salvageBytes = 16 * 1024 * 1024;

const outputBytes = 256 * 1024;

/** Most delivered objects are smaller, packed and unpacked. */
const atOnceBytes = 4 * 1024 * 1024;
const atOnceOutput = 8 * 1024 * 1024;

/** Node's name for what zstd says of a frame that wants a longer window (RFC 8878, section 3.1.1.1.2). */
const windowTooLarge = 'ZSTD_error_frameParameter_windowTooLarge';
/** And of what follows a frame and is none. */
const unknownFrame = 'ZSTD_error_prefix_unknown';

const sliceBytes = 32 * 1024;

/** What a slice of logs becomes, more or less. Packed data can grow thirty thousandfold: the rest has to wait for its reader. */
const room = { sizeOf: (unpacked: Uint8Array) => unpacked.length, most: 1024 * 1024 };

/**
 * Unpacks gzip (of one or many members) and zstd, told by their first bytes; anything else passes through. What is
 * packed twice is unpacked twice.
 *
 * Throws UnpackError after the good part where the data is cut off, damaged, or followed by something else. Past
 * the first 256 KB of packed data, up to 128 KB before the damage may be lost too: the decompressor gives them up
 * together with it. An error of `chunks` itself is passed on as it is.
 */
export async function* unpack(
  chunks: AsyncIterable<Uint8Array>,
  { atOnce, levels = 2, mostWindowLog = 27 }: UnpackOptions = {},
): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peek(chunks, (head) => head.length >= 4 || !couldBePacked(head));
  const packing = packings.find(({ magic }) => startsWith(head, magic));
  if (packing === undefined || levels === 0) yield* whole;
  else {
    const options = { atOnce, mostWindowLog };
    yield* unpack(unpackOne(packing, whole, options), { ...options, levels: levels - 1 });
  }
}

async function* unpackOne(
  packing: Packing,
  packed: AsyncIterable<Uint8Array>,
  { atOnce, mostWindowLog }: { readonly atOnce: AtOnce | undefined; readonly mostWindowLog: number },
): AsyncGenerator<Uint8Array> {
  let chunks = packed;
  if (atOnce !== undefined && packing.atOnce !== undefined) {
    const { head, whole, ended } = await peek(packed, (head) => head.length > atOnceBytes);
    const unpacked = ended ? packing.atOnce(head, atOnce) : undefined;
    if (unpacked !== undefined) {
      disposeOf(head);
      yield unpacked;
      return;
    }
    chunks = whole;
  }
  const stream = packing.open(mostWindowLog);
  let fed = 0;
  let given = 0;
  let held: Uint8Array[] | undefined = [];
  let sourceFailed = false;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        fed += chunk.length;
        if (fed > heldBytes) held = undefined;
        held?.push(chunk);
        yield chunk;
      }
      // Not counted. What lacks its end takes it for more of the same; behind an end it is the beginning of nothing.
      if (packing.hidesCuts?.() === true) yield Buffer.alloc(1);
    } catch (error) {
      sourceFailed = true;
      throw error;
    }
  };
  try {
    for await (const out of through<Uint8Array>(stream, counted(), sliceBytes, room)) {
      for (const unpacked of out) {
        given += unpacked.length;
        yield disposableLast(unpacked);
      }
    }
  } catch (error) {
    if (sourceFailed) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const tookAll = fed > 0 && stream.bytesWritten >= fed && packing.hidesCuts?.() === true;
    if (tookAll && code === unknownFrame) return;
    if (code === windowTooLarge)
      throw new UnpackError(
        `the ${packing.name} data needs more than ${2 ** (mostWindowLog - 20)} MB of memory to unpack; pack it without --long and --ultra`,
        0,
      );
    // Where as much was given there is nothing more to find, and to look for it means to unpack all of it some twenty times.
    const more =
      held === undefined || given >= salvageBytes
        ? []
        : salvage(packing, Buffer.concat(held)).subarray(given);
    if (more instanceof Uint8Array && more.length > 0) yield more;
    const message = error instanceof Error ? error.message : String(error);
    // zlib's way to say that the data ends too early (Z_BUF_ERROR), for gzip and zstd alike.
    const cutOff = tookAll || message === 'unexpected end of file';
    const reason = cutOff
      ? cutOffReason(packing, fed)
      : `the ${packing.name} data is damaged near byte ${stream.bytesWritten} (${message}); fetch the object again`;
    throw new UnpackError(reason, cutOff ? fed : stream.bytesWritten);
  }
  const left = fed - stream.bytesWritten;
  if (left < 0) throw new UnpackError(cutOffReason(packing, fed), fed);
  if (left > 0) {
    throw new UnpackError(
      `${left} bytes after the end of the ${packing.name} data were not read; unpack it first if it has several parts`,
      stream.bytesWritten,
    );
  }
}

function cutOffReason({ name }: Packing, fed: number): string {
  return `the ${name} data is cut off after ${fed} bytes; fetch the object again`;
}

/** What can be unpacked before the damage: the longest beginning that does not fail. */
function salvage(packing: Packing, packed: Uint8Array): Uint8Array {
  let best: Uint8Array = new Uint8Array(0);
  let good = 0;
  let bad = packed.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    try {
      best = packing.beginning(packed.subarray(0, middle));
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return best;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** Whether so short a beginning may still become a magic number. */
function couldBePacked(head: Uint8Array): boolean {
  return packings.some(({ magic }) => startsWith(head, magic.slice(0, head.length)));
}
