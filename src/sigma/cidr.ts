import ipaddr from 'ipaddr.js';

/**
 * A test for addresses inside an IPv4 or IPv6 network; `0.0.0.0/0` holds every IPv4 address. An IPv4 address mapped into
 * IPv6 counts as the IPv4 address. Texts that are not addresses are never inside.
 * @throws {Error} where `range` is not an address with a prefix length.
 */
export function compileCidr(range: string): (text: string) => boolean {
  if (!ipaddr.isValidCIDR(range))
    throw new Error(`'${range}' is not a network; write it as 192.0.2.0/24 or 2001:db8::/32`);
  const [network, bits] = ipaddr.parseCIDR(range);
  const kind = network.kind();
  const first = kind === 'ipv4' ? ipv4Number(network.toString()) : undefined;
  const size = 2 ** (32 - bits);
  return (text) => {
    // Nearly every address that is looked at; the library takes some microseconds for one.
    const number = ipv4Number(text);
    if (number !== undefined) {
      return first !== undefined && Math.floor(number / size) === Math.floor(first / size);
    }
    if (!ipaddr.IPv6.isValid(text)) return false;
    const address = ipaddr.process(text);
    return address.kind() === kind && address.match(network, bits);
  };
}

const zero = 0x30;
const dot = 0x2e;

/** The value of an IPv4 address in four decimal parts without leading zeros, which some programs take for octal; undefined for anything else. */
function ipv4Number(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  let address = 0;
  let part = 0;
  let digits = 0;
  let parts = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      if (digits === 0) return undefined;
      address = address * 256 + part;
      part = digits = 0;
      parts++;
      continue;
    }
    const digit = code - zero;
    if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return undefined;
    part = part * 10 + digit;
    digits++;
    if (part > 255) return undefined;
  }
  return parts === 4 && digits > 0 ? address * 256 + part : undefined;
}
