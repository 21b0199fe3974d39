import type { Locate } from '../place.ts';
import { firstOf4, networkOf } from './network.ts';
import type { Provider } from './provider.ts';
import type { ProviderEntry } from './provider-list.ts';

type Said = Pick<ProviderEntry, 'provider' | 'rank'>;

/**
 * Tells whose address one is: by the entry that tells most, and of those by the narrowest; of equal ones the first counts. The time that takes
 * grows with how many prefix lengths there are, not with the networks.
 */
export function providerIndex(entries: readonly ProviderEntry[]): (address: string) => Provider | undefined {
  /** By prefix, the first addresses of networks. */
  const v4 = new Map<number, Map<number, Said>>();
  const v6 = new Map<number, Map<bigint, Said>>();
  for (const { network, provider, rank } of entries) {
    const said = { provider, rank };
    if (network.family === 4) add(v4, network.prefix, network.first, said);
    else add(v6, network.prefix, network.first, said);
  }
  const order4 = narrowestFirst(v4);
  const order6 = narrowestFirst(v6);
  return (address) => {
    const asked = networkOf(address);
    if (asked === undefined) return undefined;
    let best: Said | undefined;
    const hear = (found: Said | undefined): void => {
      if (found !== undefined && (best === undefined || found.rank > best.rank)) best = found;
    };
    if (asked.family === 4)
      for (const [prefix, networks] of order4) hear(networks.get(firstOf4(asked.first, prefix)));
    else
      for (const [prefix, networks] of order6) {
        const free = BigInt(128 - prefix);
        hear(networks.get((asked.first >> free) << free));
      }
    return best?.provider;
  };
}

function add<T>(byPrefix: Map<number, Map<T, Said>>, prefix: number, first: T, said: Said): void {
  const networks = byPrefix.get(prefix) ?? new Map<T, Said>();
  byPrefix.set(prefix, networks);
  const before = networks.get(first);
  if (before === undefined || before.rank < said.rank) networks.set(first, said);
}

function narrowestFirst<T>(byPrefix: ReadonlyMap<number, T>): readonly (readonly [number, T])[] {
  return [...byPrefix].sort(([a], [b]) => b - a);
}

/** The same places, with whose address it is. */
export function locateWithProviders(
  locate: Locate,
  providerOf: (address: string) => Provider | undefined,
): Locate {
  return (address) => {
    const provider = providerOf(address);
    return provider === undefined ? locate(address) : { ...locate(address), provider };
  };
}
