import { bitsOf, compareNetworks, lastOf, type Network } from './network.ts';

interface Span {
  readonly family: Network['family'];
  readonly first: bigint;
  last: bigint;
}

/** Prefixes that no network of a result is wider than. */
export type Widest = { readonly [Family in Network['family']]: number };

const unbounded: Widest = { 4: 0, 6: 0 };

/**
 * The same addresses in as few networks as can be, none wider than `widest`: neighbours become one, what lies within another goes. Sorted as
 * `compareNetworks` does.
 */
export function mergeNetworks(networks: readonly Network[], widest: Widest = unbounded): readonly Network[] {
  return spansOf(networks).flatMap((span) => networksOf(span, widest[span.family]));
}

/** The addresses of `networks` that lie in none of `others`, merged. */
export function withoutNetworks(
  networks: readonly Network[],
  others: readonly Network[],
): readonly Network[] {
  const holes = spansOf(others);
  return spansOf(networks).flatMap((span) => {
    const rest: Span[] = [];
    let { first } = span;
    for (const hole of holes) {
      if (hole.family !== span.family || hole.last < first || hole.first > span.last) continue;
      if (hole.first > first) rest.push({ family: span.family, first, last: hole.first - 1n });
      first = hole.last + 1n;
    }
    if (first <= span.last) rest.push({ family: span.family, first, last: span.last });
    return rest.flatMap((each) => networksOf(each, 0));
  });
}

/** Answers whether a network shares an address with any of many others, in the logarithm of their number. */
export function overlapTest(networks: readonly Network[]): (network: Network) => boolean {
  const spans = spansOf(networks);
  return (network) => {
    // The first span that ends at or behind the network's first address.
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const span = spans[middle];
      if (
        span !== undefined &&
        (span.family < network.family || (span.family === network.family && span.last < network.first))
      )
        low = middle + 1;
      else high = middle;
    }
    const span = spans[low];
    return span !== undefined && span.family === network.family && span.first <= lastOf(network);
  };
}

/** Sorted spans without overlaps and without neighbours. */
function spansOf(networks: readonly Network[]): readonly Span[] {
  const spans: Span[] = [];
  for (const network of networks.toSorted(compareNetworks)) {
    const before = spans.at(-1);
    const last = lastOf(network);
    if (before === undefined || before.family !== network.family || network.first > before.last + 1n)
      spans.push({ family: network.family, first: network.first, last });
    else if (last > before.last) before.last = last;
  }
  return spans;
}

function networksOf({ family, first, last }: Span, widest: number): readonly Network[] {
  const bits = bitsOf(family);
  const found: Network[] = [];
  for (let at = first; at <= last;) {
    // The widest network that begins here: as its first address allows, and as many as are left.
    let size = BigInt(bits - widest);
    while (size > 0n && ((at & ((1n << size) - 1n)) !== 0n || at + (1n << size) - 1n > last)) size -= 1n;
    found.push({ family, first: at, prefix: bits - Number(size) });
    at += 1n << size;
  }
  return found;
}
