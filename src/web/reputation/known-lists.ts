import type { ListShape } from './format.ts';
import type { Trust } from './limits.ts';

/** A list that many people use, so that its name is enough. Tocsin ships none of its contents. */
export interface KnownList extends ListShape {
  readonly url: string;
  readonly trust: Trust;
  /** What it names and who publishes it, a phrase. */
  readonly what: string;
}

/**
 * Lists by the names that configuration and command line know. Check the publisher's terms before you use one: some are free only for some
 * uses. https://www.spamhaus.org/blocklists/do-not-route-or-peer/ https://check.torproject.org/api/bulk
 * https://rules.emergingthreats.net/fwrules/ https://github.com/X4BNet/lists_vpn
 * https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html
 */
export const knownLists = {
  'spamhaus-drop': {
    url: 'https://www.spamhaus.org/drop/drop_v4.json',
    trust: 'block',
    what: 'networks that criminals have taken over or lease (Spamhaus DROP, IPv4)',
  },
  'spamhaus-drop-v6': {
    url: 'https://www.spamhaus.org/drop/drop_v6.json',
    trust: 'block',
    what: 'the same for IPv6',
  },
  'tor-exits': {
    url: 'https://check.torproject.org/torbulkexitlist',
    trust: 'alert',
    what: 'exits of the Tor network (the Tor Project)',
  },
  'emerging-threats': {
    url: 'https://rules.emergingthreats.net/fwrules/emerging-Block-IPs.txt',
    trust: 'alert',
    what: 'addresses that were seen attacking, and networks of Spamhaus and DShield (Proofpoint)',
  },
  'vpn-networks': {
    url: 'https://raw.githubusercontent.com/X4BNet/lists_vpn/main/output/vpn/ipv4.txt',
    trust: 'context',
    what: 'networks of VPN providers (X4BNet)',
  },
  'hosting-networks': {
    url: 'https://raw.githubusercontent.com/X4BNet/lists_vpn/main/output/datacenter/ipv4.txt',
    trust: 'context',
    what: 'networks of hosting companies and clouds (X4BNet)',
  },
  aws: {
    url: 'https://ip-ranges.amazonaws.com/ip-ranges.json',
    trust: 'context',
    what: 'networks of AWS (Amazon)',
  },
} as const satisfies Readonly<Record<string, KnownList>>;

export type KnownListName = keyof typeof knownLists;

export const knownListNames = Object.keys(knownLists) as readonly KnownListName[];
