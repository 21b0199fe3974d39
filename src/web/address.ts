import ipaddr from 'ipaddr.js';

/**
 * An address is four words of 32 bits, the first the most significant. IPv4 is `::ffff:a.b.c.d`, so that an IPv4 client is the same client
 * however a log writes it.
 */
export const wordsInAddress = 4;

const zero = 0x30;
const dot = 0x2e;
const colon = 0x3a;
const mapped = 0xffff;

/**
 * Reads the address that is written in `bytes` from `start` to `end`, IPv4 or IPv6 (RFC 4291 section 2.2), into `into` from `at` on. Looks at
 * no more than 46 bytes and makes no strings.
 * @returns false where it is none: then `into` may hold anything. Leading zeros in IPv4 are none, because programs disagree on what they
 * mean; zones (`%eth0`) and ports are none either.
 */
export function parseAddress(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint32Array,
  at = 0,
): boolean {
  const length = end - start;
  if (length < 2 || length > longestAddress) return false;
  if (length <= 15) {
    const value = parseIpv4(bytes, start, end);
    if (value !== -1) {
      into[at] = 0;
      into[at + 1] = 0;
      into[at + 2] = mapped;
      into[at + 3] = value;
      return true;
    }
  }
  return parseIpv6(bytes, start, end, into, at);
}

/** `0000:0000:0000:0000:0000:ffff:255.255.255.255` is 45 long. */
const longestAddress = 45;

/** The 32 bits as a number that is not negative; -1 where it is no IPv4 address. */
function parseIpv4(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === dot) {
      if (digits === 0 || dots === 3) return -1;
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots++;
    } else {
      const digit = byte - zero;
      if (digit < 0 || digit > 9) return -1;
      if (digits > 0 && part === 0) return -1;
      part = part * 10 + digit;
      digits++;
      if (part > 255) return -1;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : -1;
}

function parseIpv6(bytes: Uint8Array, start: number, end: number, into: Uint32Array, at: number): boolean {
  const groups = new Uint16Array(8);
  let count = 0;
  let gap = -1;
  let i = start;
  if (bytes[i] === colon) {
    if (bytes[i + 1] !== colon) return false;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    const groupStart = i;
    let value = 0;
    for (; i < end && i - groupStart < 5; i++) {
      const digit = hexDigit(bytes[i] ?? 0);
      if (digit === -1) break;
      value = value * 16 + digit;
    }
    if (i < end && bytes[i] === dot) {
      const last = parseIpv4(bytes, groupStart, end);
      if (last === -1 || count > 6) return false;
      groups[count++] = last >>> 16;
      groups[count++] = last & 0xffff;
      break;
    }
    if (i === groupStart || i - groupStart > 4 || count === 8) return false;
    groups[count++] = value;
    if (i === end) break;
    if (bytes[i] !== colon) return false;
    i++;
    if (i === end) return false;
    if (bytes[i] === colon) {
      if (gap !== -1) return false;
      gap = count;
      i++;
    }
  }
  if (gap === -1 ? count !== 8 : count > 7) return false;
  const moved = 8 - count;
  const groupAt = (index: number): number => {
    if (gap === -1 || index < gap) return groups[index] ?? 0;
    return index < gap + moved ? 0 : (groups[index - moved] ?? 0);
  };
  for (let word = 0; word < wordsInAddress; word++)
    into[at + word] = groupAt(word * 2) * 65_536 + groupAt(word * 2 + 1);
  return true;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export function isIpv4(words: Uint32Array, at = 0): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === mapped;
}

/** The address as text: dotted for IPv4, the shortest form of RFC 5952 for IPv6. */
export function addressText(words: Uint32Array, at = 0): string {
  if (isIpv4(words, at)) {
    const value = words[at + 3] ?? 0;
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const groups: number[] = [];
  for (let word = 0; word < wordsInAddress; word++) {
    const value = words[at + word] ?? 0;
    groups.push(value >>> 16, value & 0xffff);
  }
  return new ipaddr.IPv6(groups).toRFC5952String();
}

/** The network in which an address lies, such as `192.0.2.0/24` or `2001:db8:1:2::/64`. */
export function networkText(words: Uint32Array, at: number, v4Prefix: number, v6Prefix: number): string {
  const network = new Uint32Array(wordsInAddress);
  networkOfAddress(words, at, v4Prefix, v6Prefix, network);
  return `${addressText(network)}/${isIpv4(words, at) ? v4Prefix : v6Prefix}`;
}

/** Writes the first address of the network in which an address lies into `into`. Prefixes go from 0 to 32 and from 0 to 128. */
export function networkOfAddress(
  words: Uint32Array,
  at: number,
  v4Prefix: number,
  v6Prefix: number,
  into: Uint32Array,
): void {
  const bits = isIpv4(words, at) ? 96 + v4Prefix : v6Prefix;
  for (let word = 0; word < wordsInAddress; word++)
    into[word] = ((words[at + word] ?? 0) & maskOf(bits - word * 32)) >>> 0;
}

/** The mask that keeps the first `bits` of 32; a shift by 32 would be one by none. */
export function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

/** Whether the address is one of the internet, as opposed to private, shared (CGNAT), loopback, link-local, documentation and the like. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  return ipaddr.process(text).range() === 'unicast';
}
