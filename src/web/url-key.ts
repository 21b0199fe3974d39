/** Under which URL a request is counted. */
export interface UrlKey {
  /** Holds the key after `take`, from 0 to the length that it gave. */
  readonly bytes: Uint8Array;
  /**
   * Writes host and path as they are counted: the host in lower case, the path without query, parts that are a number, a UUID or a long
   * hexadecimal number folded to `:id`, and no more than `longestKey` bytes of it (then it ends with an ellipsis).
   * @returns its length
   */
  readonly take: (
    source: Uint8Array,
    hostStart: number,
    hostEnd: number,
    pathStart: number,
    pathEnd: number,
    /** Where the path lies, if that is not where the host does. */
    pathSource?: Uint8Array,
  ) => number;
}

/** A host name and some 100 signs of a path. */
export const longestKey = 160;
const longestHost = 64;
/** From this length on a hexadecimal number is taken for an id: MongoDB's have 24, hashes 32 and more. */
const shortestHexadecimalId = 24;

const slash = 0x2f;
const dash = 0x2d;
const id = [0x3a, 0x69, 0x64];
const ellipsis = [0xe2, 0x80, 0xa6];

export function urlKey(): UrlKey {
  const bytes = new Uint8Array(longestKey + 8);
  return {
    bytes,
    take: (source, hostStart, hostEnd, pathStart, pathEnd, pathSource = source) => {
      let length = 0;
      const hostTo = Math.min(hostEnd, hostStart + longestHost);
      for (let i = hostStart; i < hostTo; i++) {
        const byte = source[i] ?? 0;
        bytes[length++] = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
      }
      let part = length;
      let kinds = 0;
      for (let i = pathStart; i <= pathEnd; i++) {
        const byte = i === pathEnd ? slash : (pathSource[i] ?? 0);
        if (byte === slash) {
          if (kinds !== 0 && isId(length - part, kinds)) {
            length = part;
            for (const sign of id) bytes[length++] = sign;
          }
          if (i === pathEnd) break;
          bytes[length++] = slash;
          part = length;
          kinds = 0;
        } else {
          kinds += kindOf[byte] ?? 0;
          bytes[length++] = byte;
        }
        if (length >= longestKey && i + 1 < pathEnd) {
          length = longestKey;
          for (const sign of ellipsis) bytes[length++] = sign;
          break;
        }
      }
      return length;
    },
  };
}

const aDigit = 1;
const aHexadecimal = 1 << 10;
const aDash = 1 << 20;

/** Digits, `a` to `f` and dashes of a part are counted in one number, ten bits each: a part is shorter than 1,024. */
const kindOf = Int32Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return aDigit;
  if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66) return aHexadecimal;
  return byte === dash ? aDash : 0;
});

function isId(size: number, kinds: number): boolean {
  const digits = kinds & 0x3ff;
  if (digits === size) return true;
  const numbers = digits + ((kinds >> 10) & 0x3ff);
  // A UUID has 32 digits and four dashes; nothing else of that make is worth telling apart.
  if (size === 36 && kinds >> 20 === 4 && numbers === 32) return true;
  return size >= shortestHexadecimalId && digits > 0 && numbers === size;
}
