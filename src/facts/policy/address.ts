import ipaddr from 'ipaddr.js';

/** `wide`: so many addresses that AWS calls a grant to them public. `unreadable`: not an address or CIDR range. */
export type RangeWidth = 'narrow' | 'wide' | 'unreadable';

interface Range {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** First and last address, as numbers; IPv4 only, where they fit. */
  readonly first: number;
  readonly last: number;
}

/**
 * How wide the values of one `aws:SourceIp` test are together. Wide is what Block Public Access takes for public:
 * any IPv4 range wider than /8 or IPv6 range wider than /32. Beyond that, ranges that together make half of all
 * IPv4 addresses are wide too: 128 ranges of /8 are no limit that a person would call one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export function widthOf(values: readonly string[]): RangeWidth {
  const ranges: Range[] = [];
  let unreadable = false;
  for (const value of values) {
    const range = parseRange(value);
    if (range === undefined) unreadable = true;
    else if (range.prefix < (range.family === 4 ? 8 : 32)) return 'wide';
    else ranges.push(range);
  }
  if (addressesIn(ranges) >= 2 ** 31) return 'wide';
  return unreadable ? 'unreadable' : 'narrow';
}

/** Whether an address lies in a range, `192.0.2.0/24` or a single address; undefined where one of them can't be read. */
export function inRange(range: string, address: string): boolean | undefined {
  const [network = '', mask, more] = range.trim().split('/');
  if (more !== undefined || (mask !== undefined && !/^\d{1,3}$/.test(mask)) || network.includes('%'))
    return undefined;
  if (!ipaddr.isValid(network) || !ipaddr.isValid(address) || address.includes('%')) return undefined;
  const [a, b] = [ipaddr.parse(network), ipaddr.parse(address)];
  if (a.kind() !== b.kind()) return false;
  const bits = a.toByteArray().length * 8;
  const prefix = mask === undefined ? bits : Number(mask);
  return prefix > bits ? undefined : b.match(a, prefix);
}

function parseRange(text: string): Range | undefined {
  const [address = '', mask, more] = text.trim().split('/');
  if (more !== undefined) return undefined;
  if (mask !== undefined && !/^\d{1,3}$/.test(mask)) return undefined;
  const prefix = mask === undefined ? undefined : Number(mask);
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const bits = prefix ?? 32;
    if (bits > 32) return undefined;
    const number = ipaddr.IPv4.parse(address)
      .toByteArray()
      .reduce((sum, byte) => sum * 256 + byte, 0);
    const size = 2 ** (32 - bits);
    const first = Math.floor(number / size) * size;
    return { family: 4, prefix: bits, first, last: first + size - 1 };
  }
  if (address.includes(':') && ipaddr.IPv6.isValid(address) && !address.includes('%')) {
    const bits = prefix ?? 128;
    return bits > 128 ? undefined : { family: 6, prefix: bits, first: 0, last: 0 };
  }
  return undefined;
}

function addressesIn(ranges: readonly Range[]): number {
  const sorted = ranges.filter((range) => range.family === 4).sort((a, b) => a.first - b.first);
  let total = 0;
  let end = -1;
  for (const range of sorted) {
    const first = Math.max(range.first, end + 1);
    if (range.last >= first) total += range.last - first + 1;
    end = Math.max(end, range.last);
  }
  return total;
}
