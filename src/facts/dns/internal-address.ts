import ipaddr from 'ipaddr.js';

// What the registries say is of no use on the internet; 100.64.0.0/10 is shared address space, which AWS hands to pods.
// https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
const inward: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'linkLocal',
  'carrierGradeNat',
  'uniqueLocal',
  'unspecified',
]);

/** Whether an address can be reached from within a network alone. */
export function isInternalAddress(text: string): boolean {
  // The library takes `10` and `0x7f.1` for addresses too, which no record can hold.
  if (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)) return false;
  return ipaddr.isValid(text) && inward.has(ipaddr.process(text).range());
}

const internalEnds: readonly string[] = [
  '.internal',
  '.local',
  '.localdomain',
  '.lan',
  '.corp',
  '.home',
  '.intranet',
  '.private',
  '.test',
];

/** Whether a name can only be known within a network: `ip-10-0-0-1.ec2.internal`. The zones that these stand in are private. */
export function isInternalName(name: string): boolean {
  return internalEnds.some((end) => name.endsWith(end)) || name === 'localhost';
}
