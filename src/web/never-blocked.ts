/**
 * Networks that no client on the internet has for its own: whatever is logged under them is ourselves, a neighbour, a proxy, or many people
 * behind one address. From the IANA registries of special-purpose addresses,
 * https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry.
 */
export const neverBlocked: readonly { readonly network: string; readonly what: string }[] = [
  { network: '0.0.0.0/8', what: 'this network (RFC 791)' },
  { network: '10.0.0.0/8', what: 'private (RFC 1918)' },
  { network: '100.64.0.0/10', what: 'shared by many behind a carrier’s NAT (RFC 6598)' },
  { network: '127.0.0.0/8', what: 'loopback (RFC 1122)' },
  { network: '169.254.0.0/16', what: 'link-local (RFC 3927)' },
  { network: '172.16.0.0/12', what: 'private (RFC 1918)' },
  { network: '192.0.0.0/24', what: 'protocol assignments (RFC 6890)' },
  { network: '192.168.0.0/16', what: 'private (RFC 1918)' },
  { network: '224.0.0.0/4', what: 'multicast (RFC 5771)' },
  { network: '240.0.0.0/4', what: 'reserved and broadcast (RFC 1112, RFC 919)' },
  { network: '::/128', what: 'unspecified (RFC 4291)' },
  { network: '::1/128', what: 'loopback (RFC 4291)' },
  { network: '64:ff9b::/96', what: 'IPv4 clients behind a translator (RFC 6052)' },
  { network: 'fc00::/7', what: 'unique local (RFC 4193)' },
  { network: 'fe80::/10', what: 'link-local (RFC 4291)' },
  { network: 'ff00::/8', what: 'multicast (RFC 4291)' },
];
