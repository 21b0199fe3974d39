import { isIPv6 } from 'node:net';
import type { Reader } from 'mmdb-lib';
import type { Located } from './place.ts';
import { readLocated } from './place-record.ts';

/** A file that says where addresses are, ready to be asked. */
export interface PlaceData {
  /** What the file calls itself: `GeoLite2-City`. */
  readonly type: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
  readonly locate: (address: string) => Located;
}

/** Makes a reader of a file's bytes; throws where they are none. */
export type OpenReader = (bytes: Buffer) => Reader<never>;

/**
 * Reads a MaxMind DB file, of MaxMind or of whoever else writes that format: https://maxmind.github.io/MaxMind-DB/
 * The bytes are used as they are and not copied.
 * @returns why it is refused, where it is no such file, is cut off, or tells nothing of places
 */
export function readPlaceData(
  bytes: Uint8Array,
  openReader: OpenReader,
): PlaceData | { readonly problem: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let reader: Reader<never>;
  try {
    reader = openReader(buffer);
  } catch {
    return { problem: 'is no MaxMind DB file, or is cut off; fetch it again' };
  }
  const { metadata } = reader;
  const { nodeCount, searchTreeSize, binaryFormatMajorVersion: version, ipVersion } = metadata;
  if (version !== 2) return { problem: `has version ${version} of the format; only version 2 is known` };
  if (!(nodeCount > 0) || !(searchTreeSize < buffer.length) || (ipVersion !== 4 && ipVersion !== 6))
    return { problem: 'is damaged: its own description does not fit its size; fetch it again' };
  const locate = (address: string): Located => {
    // A file of IPv4 alone would answer for the first 32 bits.
    if (ipVersion === 4 && isIPv6(address)) return {};
    try {
      return readLocated(reader.get(address));
    } catch {
      return {};
    }
  };
  if (!tellsAnything(reader))
    return {
      problem: `tells no country, city or autonomous system (it calls itself ${JSON.stringify(metadata.databaseType)}); name another file`,
    };
  return { type: metadata.databaseType, madeAt: metadata.buildEpoch.getTime(), locate };
}

/** So many networks are looked at; files begin with ordinary ones. */
const mostLookedAt = 5_000;

/** Whether any of the first networks in the file has something to tell. */
function tellsAnything(reader: Reader<never>): boolean {
  const families = reader.metadata.ipVersion === 4 ? [32] : [32, 128];
  return families.some((bits) => {
    let address = bits === 32 ? 0n : 0x2000n << 112n;
    for (let i = 0; i < mostLookedAt && address < 1n << BigInt(bits); i++) {
      try {
        const [record, prefix] = reader.getWithPrefixLength(addressText(address, bits));
        if (Object.keys(readLocated(record)).length > 0) return true;
        const free = BigInt(bits - prefix);
        address = ((address >> free) + 1n) << free;
      } catch {
        return false;
      }
    }
    return false;
  });
}

function addressText(address: bigint, bits: number): string {
  const part = (size: bigint, count: number) =>
    Array.from(
      { length: count },
      (_, i) => (address >> (size * BigInt(count - 1 - i))) & ((1n << size) - 1n),
    );
  return bits === 32
    ? part(8n, 4).join('.')
    : part(16n, 8)
        .map((group) => group.toString(16))
        .join(':');
}
