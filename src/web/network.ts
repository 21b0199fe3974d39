import ipaddr from 'ipaddr.js';

/** A network of addresses; a single address is one of the full prefix. */
export interface Network {
  readonly family: 4 | 6;
  /** The first address as a number; no bit is set behind the prefix. */
  readonly first: bigint;
  /** 0 to 32, or 0 to 128. */
  readonly prefix: number;
}

/** The longest text of a network: a full IPv6 address with an IPv4 tail and a prefix. */
const longestText = 50;

export function bitsOf(family: Network['family']): number {
  return family === 4 ? 32 : 128;
}

/**
 * Reads an address or a network in CIDR notation (RFC 4632, RFC 4291 section 2.3). Bits behind the prefix are cleared; an IPv4 address
 * written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. What programs disagree on is none: leading zeros, shortened IPv4, zones.
 */
export function parseNetwork(text: string): Network | undefined {
  if (text.length > longestText) return undefined;
  const [, host, length] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (host === undefined) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return masked(4, numberOf(ipaddr.IPv4.parse(host)), length);
  if (!host.includes(':') || !ipaddr.IPv6.isValid(host)) return undefined;
  const address = ipaddr.IPv6.parse(host);
  if (!address.isIPv4MappedAddress()) return masked(6, numberOf(address), length);
  const inner = length === undefined ? undefined : Number(length) - 96;
  return inner !== undefined && inner < 0
    ? undefined
    : masked(4, numberOf(address.toIPv4Address()), inner === undefined ? undefined : String(inner));
}

function masked(family: Network['family'], address: bigint, length: string | undefined): Network | undefined {
  const bits = bitsOf(family);
  const prefix = length === undefined ? bits : Number(length);
  return prefix > bits ? undefined : { family, first: cut(address, family, prefix), prefix };
}

function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function cut(address: bigint, family: Network['family'], prefix: number): bigint {
  const rest = BigInt(bitsOf(family) - prefix);
  return (address >> rest) << rest;
}

/** `198.51.100.0/24`, `2001:db8::/64`: always with its prefix, IPv6 as in RFC 5952. */
export function cidrText({ family, first, prefix }: Network): string {
  return `${addressText(family, first)}/${prefix}`;
}

/** As people write it: a single address without its prefix. */
export function networkText(network: Network): string {
  return isAddress(network) ? addressText(network.family, network.first) : cidrText(network);
}

function addressText(family: Network['family'], address: bigint): string {
  const bytes = Array.from({ length: bitsOf(family) / 8 }, (_, i) =>
    Number((address >> BigInt(bitsOf(family) - 8 * (i + 1))) & 255n),
  );
  return family === 4 ? bytes.join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
}

export function isAddress({ family, prefix }: Network): boolean {
  return prefix === bitsOf(family);
}

/** The network of this prefix around another; the other itself where it is as wide already. */
export function widened(network: Network, prefix: number): Network {
  if (prefix >= network.prefix) return network;
  return { family: network.family, first: cut(network.first, network.family, prefix), prefix };
}

export function lastOf({ family, first, prefix }: Network): bigint {
  return first + (1n << BigInt(bitsOf(family) - prefix)) - 1n;
}

export function overlaps(a: Network, b: Network): boolean {
  return a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a);
}

/** The same order for everybody: IPv4 first, then by address, the wider first. */
export function compareNetworks(a: Network, b: Network): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.prefix - b.prefix;
}
