import { isStranger } from '../known.ts';
import type { Known } from '../known.ts';
import { reachOf } from './internet.ts';
import type { GroupSource, Permission, Traffic } from './permission.ts';
import { parseRange } from './ranges.ts';
import type { Range } from './ranges.ts';
import type { Transport } from './ports.ts';

/**
 * What kind of source some traffic is let in from. `internet`, `wide`, `narrow` and `private` as internet.ts has them;
 * `prefix-list` and `unreadable`: nobody can tell from the record; `foreign-group`: a security group of a stranger's account.
 */
export type SourceKind =
  | 'internet'
  | 'wide'
  | 'narrow'
  | 'foreign-group'
  | 'known-group'
  | 'prefix-list'
  | 'unreadable'
  | 'private'
  | 'own-group';

/** The traffic that permissions let through for one kind of source, with the sources. */
export interface Opening {
  readonly source: SourceKind;
  readonly traffic: readonly Traffic[];
  /** CIDR blocks, or ids of groups or prefix lists. */
  readonly sources: readonly string[];
  readonly accounts: readonly string[];
  /** The share of the internet that its ranges are together, from 0 to 1; 0 where it is not about addresses. */
  readonly share: number;
}

/** An opening whose share is not worked out yet. */
type Part = Omit<Opening, 'share'>;

/** Permissions for the same traffic, taken together. */
interface Pool {
  readonly traffic: Traffic;
  readonly texts: string[];
  readonly ranges: Range[];
}

const order: readonly SourceKind[] = [
  'internet',
  'wide',
  'narrow',
  'foreign-group',
  'known-group',
  'prefix-list',
  'unreadable',
  'private',
  'own-group',
];

// Ranges of different permissions are put together only among so many of them, the widest, to keep the work bounded.
const mostCombined = 64;

/**
 * What permissions let through, by kind of source, the widest first. Ranges count together: 0.0.0.0/1 and 128.0.0.0/1 are the
 * internet, also where one permission has ports 20-30 and the other 22 alone (then port 22 is open to all of it).
 */
export function openingsOf(
  permissions: readonly Permission[],
  owner: string | undefined,
  known: Known,
): readonly Opening[] {
  const openings = [
    ...ofRanges(permissions),
    ...permissions.flatMap((permission) => [
      ...permission.groups.map((group) => ofGroup(permission.traffic, group, owner, known)),
      ...permission.prefixLists.map((list): Part => ({
        source: 'prefix-list',
        traffic: [permission.traffic],
        sources: [list],
        accounts: [],
      })),
    ]),
  ];
  const byKind = Map.groupBy(openings, ({ source }) => source);
  return order.flatMap((source) => {
    const same = byKind.get(source);
    return same === undefined ? [] : [joined(source, same)];
  });
}

function joined(source: SourceKind, openings: readonly Part[]): Opening {
  const sources = [...new Set(openings.flatMap((opening) => opening.sources))].sort();
  return {
    source,
    traffic: openings.flatMap(({ traffic }) => traffic),
    sources,
    accounts: [...new Set(openings.flatMap(({ accounts }) => accounts))].sort(),
    share: reachOf(sources.flatMap((text) => parseRange(text) ?? [])).share,
  };
}

function ofGroup(
  traffic: Traffic,
  { group, account }: GroupSource,
  owner: string | undefined,
  known: Known,
): Part {
  const isForeign = account !== undefined && account !== owner;
  const source = !isForeign ? 'own-group' : isStranger(account, known) ? 'foreign-group' : 'known-group';
  return { source, traffic: [traffic], sources: [group], accounts: isForeign ? [account] : [] };
}

function ofRanges(permissions: readonly Permission[]): readonly Part[] {
  const pools = new Map<string, Pool>();
  const openings: Part[] = [];
  for (const { traffic, ranges } of permissions) {
    const key = JSON.stringify(traffic);
    for (const text of ranges) {
      const range = parseRange(text);
      if (range === undefined) {
        openings.push({ source: 'unreadable', traffic: [traffic], sources: [text], accounts: [] });
        continue;
      }
      const pool = pools.get(key) ?? { traffic, texts: [], ranges: [] };
      pool.texts.push(text);
      pool.ranges.push(range);
      pools.set(key, pool);
    }
  }
  const partial: { readonly pool: Pool; readonly share: number }[] = [];
  for (const pool of pools.values()) {
    const { breadth, share } = reachOf(pool.ranges);
    openings.push({ source: breadth, traffic: [pool.traffic], sources: pool.texts, accounts: [] });
    if (breadth === 'wide' || breadth === 'narrow') partial.push({ pool, share });
  }
  // Below this, no ports can be open to so much of the internet that it counts as all of it.
  if (partial.length > 1 && partial.reduce((sum, { share }) => sum + share, 0) >= 0.25) {
    const widest = partial.sort((a, b) => b.share - a.share).slice(0, mostCombined);
    for (const transport of ['tcp', 'udp'] as const) {
      openings.push(
        ...together(
          widest.map(({ pool }) => pool),
          transport,
        ),
      );
    }
  }
  return openings;
}

/** The ports that permissions, none of which is for the whole internet, open to it together. */
function together(pools: readonly Pool[], transport: Transport): readonly Part[] {
  const spans = pools.flatMap((pool) => {
    const { traffic } = pool;
    if (traffic.type === 'every') return [{ pool, from: 0, to: 65_535 }];
    return traffic.type === 'ports' && traffic.transport === transport
      ? [{ pool, from: traffic.from, to: traffic.to }]
      : [];
  });
  const starts = [...new Set(spans.flatMap(({ from, to }) => [from, to + 1]))].sort((a, b) => a - b);
  return starts.flatMap((from, index): readonly Part[] => {
    const to = (starts[index + 1] ?? 0) - 1;
    const covering = spans.filter((span) => span.from <= from && span.to >= to);
    if (to < from || covering.length < 2) return [];
    const { breadth } = reachOf(covering.flatMap(({ pool }) => pool.ranges));
    if (breadth !== 'internet') return [];
    const traffic: Traffic = { type: 'ports', transport, from, to };
    const sources = covering.flatMap(({ pool }) => pool.texts);
    return [{ source: breadth, traffic: [traffic], sources, accounts: [] }];
  });
}
