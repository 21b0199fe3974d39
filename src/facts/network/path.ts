import { callOf, unknownsOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';
import { codeOf } from '../gate.ts';
import { isStranger } from '../known.ts';
import type { Known } from '../known.ts';
import { reachOf } from './internet.ts';
import type { Breadth } from './internet.ts';
import { parseRange } from './ranges.ts';

/** A way by which traffic can go, or how its way is changed. */
export type PathKind =
  // Between a network and the internet.
  | 'internet-gateway'
  | 'internet-route'
  | 'default-network'
  | 'public-address'
  | 'public-addresses-by-default'
  | 'accelerator'
  // Between a network and others.
  | 'peering'
  | 'transit-gateway'
  | 'transit-gateway-sharing'
  | 'vpn'
  | 'client-vpn'
  | 'direct-connect'
  | 'endpoint-service-acceptance'
  // Who passes traffic on, reads it, or tells it where to go.
  | 'machine-route'
  | 'network-route'
  | 'egress-route'
  | 'route'
  | 'route-table'
  | 'forwarding'
  | 'traffic-mirror'
  | 'dns-servers'
  | 'prefix-list'
  | 'security-groups';

/** What a call does to a path, were it to succeed. */
export interface PathChange {
  readonly kind: PathKind;
  readonly effect: 'opened' | 'closed' | 'unknown';
  readonly resource: Resource;
  /** What the traffic goes through or to: the id of a gateway, a machine, a network. */
  readonly through?: string | undefined;
  /** CIDR blocks: where the traffic goes to, comes from, or which addresses are named. */
  readonly ranges?: readonly string[] | undefined;
  /** The accounts at the other end; undefined where the path has none. A member that is undefined is one that the record doesn't say. */
  readonly peers?: readonly (string | undefined)[] | undefined;
  /** What is so now, as a sentence. */
  readonly says: string;
  /** What the event alone can't tell, and the call that would. */
  readonly unknowns?: readonly string[] | undefined;
}

export type ReadPathCall = (call: Call, known: Known) => PathChange | readonly PathChange[] | undefined;

/** What rules see under `tocsin.path`. */
export const pathFieldNames: readonly FieldName[] = [
  {
    name: 'path.kind',
    description:
      'by which way traffic can go now, or what was done to its way: internet-gateway, internet-route, default-network, public-address, public-addresses-by-default, accelerator, peering, transit-gateway, transit-gateway-sharing, vpn, client-vpn, direct-connect, endpoint-service-acceptance, machine-route, network-route, egress-route, route, route-table, forwarding, traffic-mirror, dns-servers, prefix-list or security-groups',
  },
  {
    name: 'path.change',
    description: 'opened, closed, unchanged (the call failed) or unknown (what it was before decides)',
  },
  {
    name: 'path.attempted',
    description: 'true where the call failed; the rest says what it would have done',
  },
  {
    name: 'path.peer',
    description:
      'whose the other end is: own-account, known-account (own or trusted, by the configuration of the estate), foreign-account or unknown; absent where there is no other end',
  },
  { name: 'path.peer_accounts', description: 'ids of the accounts at the other end that are not known' },
  {
    name: 'path.reach',
    description:
      'how much of the internet its address ranges are: internet, wide, narrow, private, or unknown where they cannot be told',
  },
  { name: 'path.ranges', description: 'its address ranges, as the record has them' },
  {
    name: 'path.through',
    description: 'the gateway, machine or network that the traffic goes through or to',
  },
  { name: 'path.resource_type', description: 'such as AWS::EC2::RouteTable' },
  { name: 'path.resource', description: 'ARN or id of what was changed' },
  { name: 'path.resource_name', description: 'what people call it' },
];

/** An analyser of paths out of a table: by service (without `.amazonaws.com`) and action. */
export function pathAnalyser(
  name: string,
  calls: Readonly<Record<string, Readonly<Record<string, ReadPathCall>>>>,
): Analyser {
  const readers: ReadonlyMap<string, ReadPathCall> = new Map(
    Object.entries(calls).flatMap(([service, actions]) =>
      Object.entries(actions).map(([action, read]) => [`${service}.amazonaws.com:${action}`, read] as const),
    ),
  );
  return {
    name,
    actions: [...readers.keys()],
    subjects: ['path'],
    analyse: (event, known) => {
      const call = callOf(event);
      const read = readers.get(`${event.service}:${event.action}`)?.(call, known);
      if (read === undefined) return [];
      return (isList(read) ? read : [read]).map((change) => factOf(call, change, known));
    },
  };
}

function isList(read: PathChange | readonly PathChange[]): read is readonly PathChange[] {
  return Array.isArray(read);
}

function factOf(call: Call, change: PathChange, known: Known): Fact {
  const { event, attempted } = call;
  const { kind, effect, resource, ranges, peers, says } = change;
  const strangers = (peers ?? []).flatMap((peer) =>
    peer !== undefined && peer !== event.account && isStranger(peer, known) ? [peer] : [],
  );
  return {
    subject: 'path',
    explanation: attempted ? `tried this, but the call failed${codeOf(event)}: ${says}` : says,
    unknowns: unknownsOf(call, change.unknowns ?? []),
    fields: {
      kind,
      change: attempted ? 'unchanged' : effect,
      attempted,
      ...(peers === undefined ? {} : { peer: peerOf(peers, strangers.length > 0, event.account) }),
      peer_accounts: [...new Set(strangers)].sort(),
      ...(ranges === undefined ? {} : { reach: breadthOf(ranges), ranges }),
      ...(change.through === undefined ? {} : { through: change.through }),
      resource_type: resource.type,
      resource: resource.id,
      resource_name: resource.name,
    },
  };
}

function peerOf(peers: readonly (string | undefined)[], isForeign: boolean, own: string | undefined): string {
  if (isForeign) return 'foreign-account';
  if (peers.length === 0 || peers.some((peer) => peer === undefined)) return 'unknown';
  return peers.every((peer) => peer === own) ? 'own-account' : 'known-account';
}

/** How much of the internet some ranges are; `unknown` where one of them cannot be read and the rest are not all of it. */
export function breadthOf(ranges: readonly string[]): Breadth | 'unknown' {
  const parsed = ranges.map(parseRange);
  const { breadth } = reachOf(parsed.filter((range) => range !== undefined));
  return breadth !== 'internet' && (ranges.length === 0 || parsed.includes(undefined)) ? 'unknown' : breadth;
}
