import { rangeOf, type AddressRange, type Range } from './range.ts';

/**
 * Networks that no list has any business with: private, shared (CGNAT), loopback, link-local, multicast and reserved addresses. Behind a load
 * balancer they are one's own machines. https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const reservedV4: readonly Range<number>[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
].flatMap((text) => {
  const range = rangeOf(text);
  return range?.family === 4 ? [range] : [];
});

/** All global addresses of IPv6 lie in 2000::/3. https://www.iana.org/assignments/ipv6-address-space */
const globalV6: Range<bigint> = { first: 0x2n << 124n, last: (0x4n << 124n) - 1n };

/** Whether any address of the range is not one of the internet. */
export function touchesReserved(range: AddressRange): boolean {
  return range.family === 4
    ? reservedV4.some(({ first, last }) => range.first <= last && first <= range.last)
    : range.first < globalV6.first || range.last > globalV6.last;
}
