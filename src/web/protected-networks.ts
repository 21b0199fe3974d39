import { cidrText, overlaps, parseNetwork, type Network } from './network.ts';
import { overlapTest } from './network-sets.ts';
import { neverBlocked } from './never-blocked.ts';

/**
 * Why a network is never blocked: `approved` by people; `shared` because it is a proxy, a CDN or the like, known by list; `special` because it
 * is nobody's on the internet.
 */
export type ProtectionKind = 'approved' | 'shared' | 'special';

export interface ProtectedNetwork {
  readonly network: Network;
  readonly kind: ProtectionKind;
  /** Where it is written: `configuration`, a file, an S3 object, who approved it. */
  readonly source: string;
  readonly reason: string | undefined;
}

export interface ProtectedNetworks {
  /** The first protection, approvals before others, of a network that shares an address with this one; undefined where it may be blocked. */
  readonly over: (network: Network) => ProtectedNetwork | undefined;
  /** What people approved. */
  readonly approved: readonly Network[];
}

const order: Readonly<Record<ProtectionKind, number>> = { approved: 0, shared: 1, special: 2 };

/** Everything that must never be blocked: what is given here, and special networks always. */
export function protectedNetworks(given: readonly ProtectedNetwork[]): ProtectedNetworks {
  const all = [...given, ...special()].toSorted((a, b) => order[a.kind] - order[b.kind]);
  const isProtected = overlapTest(all.map(({ network }) => network));
  return {
    // Few are protected, so that only for those it is worth finding out by whom.
    over: (network) =>
      isProtected(network) ? all.find((each) => overlaps(each.network, network)) : undefined,
    approved: given.flatMap(({ kind, network }) => (kind === 'approved' ? [network] : [])),
  };
}

function special(): readonly ProtectedNetwork[] {
  return neverBlocked.flatMap(({ network: text, what }) => {
    const network = parseNetwork(text);
    return network === undefined ? [] : [{ network, kind: 'special', source: 'built in', reason: what }];
  });
}

/** `10.0.0.0/8 is private (RFC 1918)`, `198.51.100.0/24 is approved (configuration: the office)` */
export function protectionText({ network, kind, source, reason }: ProtectedNetwork): string {
  const said = reason === undefined ? '' : `: ${reason}`;
  switch (kind) {
    case 'approved':
      return `${cidrText(network)} is approved (${source}${said})`;
    case 'shared':
      return `${cidrText(network)} belongs to a proxy or network that many share (${source}${said})`;
    case 'special':
      return `${cidrText(network)} is never a client of its own: ${reason ?? source}`;
  }
}
