import { cidrText, compareNetworks, lastOf, type Network } from './network.ts';
import { mergeNetworks, overlapTest, withoutNetworks, type Widest } from './network-sets.ts';

/** A network that should be blocked; those of greater weight come first where not all fit. */
export interface WantedNetwork {
  readonly network: Network;
  readonly weight: number;
}

/** A list of addresses as it is, somewhere, and what is known of it. */
export interface PlanInput {
  /** Free of everything that is protected. */
  readonly wanted: readonly WantedNetwork[];
  readonly actual: readonly Network[];
  /** What Tocsin has put there, or was about to. */
  readonly held: readonly Network[];
  /** Never to be in it, whoever put it there. */
  readonly approved: readonly Network[];
  /** How many entries the list can have. */
  readonly capacity: number;
  /** Whether nobody else writes to the list, so that whatever is not wanted goes. */
  readonly exclusive: boolean;
  /** Neighbours are not merged into anything wider. */
  readonly widest: Widest;
}

export interface BlockPlan {
  /** The whole list as it should be, sorted. */
  readonly entries: readonly Network[];
  /** What of it is ours. */
  readonly ours: readonly Network[];
  readonly add: readonly Network[];
  readonly remove: readonly Network[];
  /** What others put there and what stays. */
  readonly foreign: readonly Network[];
  /** What others put there and what goes, because approved addresses lie in it. Their other addresses stay, where there is room. */
  readonly cleared: readonly Network[];
  /** What should be there and did not fit, the worst first. */
  readonly leftOut: readonly WantedNetwork[];
}

/** What to do to a list, so that it holds what is wanted and keeps what is others'. Changes nothing where it does already. */
export function planEntries(input: PlanInput): BlockPlan {
  const { actual, capacity, approved } = input;
  const held = new Set(input.held.map(cidrText));
  const theirs = input.exclusive ? [] : actual.filter((each) => !held.has(cidrText(each)));
  const isApproved = overlapTest(approved);
  const cleared = theirs.filter(isApproved);
  const untouched = theirs.filter((each) => !isApproved(each));
  const carved = unique([...untouched, ...withoutNetworks(cleared, approved)]);
  const foreign = carved.length <= capacity ? carved : untouched;
  const isForeign = new Set(foreign.map(cidrText));

  const { chosen, leftOut } = fitting(input, Math.max(0, capacity - foreign.length));
  const ours = chosen.filter((each) => !isForeign.has(cidrText(each)));
  const entries = [...foreign, ...ours].toSorted(compareNetworks);
  const there = new Set(actual.map(cidrText));
  const wanted = new Set(entries.map(cidrText));
  return {
    entries,
    ours,
    add: entries.filter((each) => !there.has(cidrText(each))),
    remove: actual.filter((each) => !wanted.has(cidrText(each))),
    foreign,
    cleared,
    leftOut,
  };
}

/** As many of the worst as fit when neighbours are merged. */
function fitting(
  { wanted, widest }: PlanInput,
  room: number,
): { readonly chosen: readonly Network[]; readonly leftOut: readonly WantedNetwork[] } {
  const ranked = outermost(wanted).toSorted(
    (a, b) => b.weight - a.weight || compareNetworks(a.network, b.network),
  );
  const mergedOf = (number: number): readonly Network[] =>
    mergeNetworks(
      ranked.slice(0, number).map(({ network }) => network),
      widest,
    );
  const all = mergedOf(ranked.length);
  if (all.length <= room) return { chosen: all, leftOut: [] };
  let number = Math.min(room, ranked.length);
  let chosen = mergedOf(number);
  // One more network makes the list longer by one at most, so so many more always fit.
  while (number < ranked.length && chosen.length < room) {
    number = Math.min(ranked.length, number + room - chosen.length);
    chosen = mergedOf(number);
  }
  return { chosen, leftOut: ranked.slice(number) };
}

function unique(networks: readonly Network[]): readonly Network[] {
  return [...new Map(networks.map((each) => [cidrText(each), each])).values()];
}

/** Without those that lie in another, which takes the greater weight. */
function outermost(wanted: readonly WantedNetwork[]): readonly WantedNetwork[] {
  const found: WantedNetwork[] = [];
  for (const each of wanted.toSorted((a, b) => compareNetworks(a.network, b.network))) {
    const before = found.at(-1);
    const isWithin =
      before !== undefined &&
      before.network.family === each.network.family &&
      lastOf(each.network) <= lastOf(before.network);
    if (!isWithin) found.push(each);
    else if (each.weight > before.weight) found[found.length - 1] = { ...before, weight: each.weight };
  }
  return found;
}
