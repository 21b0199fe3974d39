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
  return (text) => {
    if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return false;
    const address = ipaddr.process(text);
    return address.kind() === kind && address.match(network, bits);
  };
}
