import { isIpv4, wordsInAddress } from '../address.ts';
import type { ClientTable } from '../clients.ts';
import { rangeIndex } from '../reputation/range-index.ts';
import type { AddressRanges } from '../reputation/range.ts';
import { crawlers, type CrawlerName } from './crawlers.ts';

/** Addresses that the owners of crawlers publish, as far as the operator supplied them. */
export type CrawlerRanges = Partial<Readonly<Record<CrawlerName, AddressRanges>>>;

/** `unverified` where no ranges of the crawler, or none of the client's family, are there to tell. */
export type ClaimVerdict = 'verified' | 'false' | 'unverified';

export interface ClaimChecker {
  readonly check: (client: number, claimed: CrawlerName) => ClaimVerdict;
  /** The crawler from whose published addresses the client comes, whatever its agent says. */
  readonly crawlerOf: (client: number) => CrawlerName | undefined;
}

export function claimChecker(clients: ClientTable, ranges: CrawlerRanges): ClaimChecker {
  const nothing: AddressRanges = { v4: [], v6: [] };
  const index = rangeIndex(crawlers.map(({ name }) => ranges[name] ?? nothing));
  const bits = new Map(crawlers.map(({ name }, i) => [name, 1 << i] as const));
  return {
    check: (client, claimed) => {
      const bit = bits.get(claimed) ?? 0;
      const words = clients.words();
      const family = isIpv4(words, client * wordsInAddress) ? index.families.v4 : index.families.v6;
      if ((family & bit) === 0) return 'unverified';
      return (index.maskOf(words, client * wordsInAddress) & bit) === 0 ? 'false' : 'verified';
    },
    crawlerOf: (client) => {
      const mask = index.maskOf(clients.words(), client * wordsInAddress);
      return mask === 0 ? undefined : crawlers[31 - Math.clz32(mask & -mask)]?.name;
    },
  };
}
