import { gunzipSync, inflateRawSync } from 'node:zlib';

/** The CRC-32 of gzip (RFC 1952, section 8), unsigned. */
export type Checksum = (bytes: Uint8Array) => number;

/** For those who wait for nothing else: packed content that is not too long is unpacked in one call, which holds the thread. */
export interface AtOnce {
  /** A faster one than zlib's, where there is one. */
  readonly checksum?: Checksum | undefined;
}

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
 * A third of what Node takes to unpack goes to the checksum, which zlib works out by tables. Who has a faster one gives it, and Node unpacks
 * what lies between header and trailer.
 */
export function gunzipAtOnce(
  packed: Uint8Array,
  mostBytes: number,
  { checksum }: AtOnce = {},
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
  try {
    if (checksum !== undefined && bodyAt > 0) {
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
