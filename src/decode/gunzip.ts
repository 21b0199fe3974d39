import { createRequire } from 'node:module';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import type * as Crc32Library from '@node-rs/crc32';

/** The CRC-32 of gzip (RFC 1952, section 8), unsigned. */
export type Checksum = (bytes: Uint8Array) => number;

/** What Node's synchronous functions give with `info`: how much of the input was read, beside the output. */
interface Unpacked {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Where Node begins, and what it adds each time, if the length is not known. */
const firstRoom = 256 * 1024;
const trailerBytes = 8;

/**
 * Unpacks gzip in one call, which is twice as fast as a stream and holds the thread. Undefined where it is damaged, longer than
 * `mostBytes`, or out of the ordinary in any other way, so that there is one place only, the stream, where damage is told.
 *
 * A third of what Node takes to unpack goes to the checksum, which zlib works out by tables. So that is left to a library that has the
 * processor's own instructions for it, where it is installed for this kind of machine, and Node unpacks what lies between header and trailer.
 */
export function gunzipAtOnce(
  packed: Uint8Array,
  mostBytes: number,
  checksumOf: () => Checksum | undefined = fastChecksum,
): Uint8Array | undefined {
  const trailerAt = packed.length - trailerBytes;
  const bodyAt = headerLength(packed);
  if (trailerAt < bodyAt) return undefined;
  const trailer = new DataView(packed.buffer, packed.byteOffset + trailerAt, trailerBytes);
  // Modulo 2^32, and of what was packed last: a hint, and no more (RFC 1952, section 2.3.1).
  const length = trailer.getUint32(4, true);
  // To try would leave all that was unpacked until then to the garbage collector.
  if (length > mostBytes) return undefined;
  const chunkSize = Math.min(Math.max(length + 1, firstRoom), mostBytes);
  const options = { info: true, maxOutputLength: mostBytes, chunkSize };
  const checksum = bodyAt === 0 ? undefined : checksumOf();
  try {
    if (checksum !== undefined) {
      const body = packed.subarray(bodyAt, trailerAt);
      const { buffer, engine } = inflateRawSync(body, options) as unknown as Unpacked;
      const isSole = engine.bytesWritten === body.length;
      const isWhole = buffer.length === length && checksum(buffer) === trailer.getUint32(0, true);
      if (isSole) return isWhole ? buffer : undefined;
    }
    // Of several members too, as services put them together that pack each message by itself.
    const { buffer, engine } = gunzipSync(packed, options) as unknown as Unpacked;
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

const flagsAt = 3;
const fixedHeader = 10;
const [isText, hasName] = [1, 8];

/** Bytes before the packed data, of headers as they are nearly always: with a name, or nothing. 0 for all others. RFC 1952, section 2.3. */
function headerLength(packed: Uint8Array): number {
  const flags = packed[flagsAt] ?? 0;
  if (packed.length < fixedHeader || (flags & ~(isText | hasName)) !== 0) return 0;
  return (flags & hasName) === 0 ? fixedHeader : packed.indexOf(0, fixedHeader) + 1;
}

let loaded: { readonly checksum: Checksum | undefined } | undefined;

function fastChecksum(): Checksum | undefined {
  return (loaded ??= { checksum: loadChecksum() }).checksum;
}

/** It is a binary for each kind of machine, is missing on some, and where only our own code was copied to. */
function loadChecksum(): Checksum | undefined {
  try {
    const { crc32 } = createRequire(import.meta.url)('@node-rs/crc32') as typeof Crc32Library;
    return (bytes) => crc32(bytes);
  } catch {
    return undefined;
  }
}
