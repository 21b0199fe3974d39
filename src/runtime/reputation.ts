import { join } from 'node:path';
import { openAddressLists, type AddressListState } from '../source/address-lists.ts';
import type { SourceLog } from '../source/source.ts';
import type { CrawlerRanges } from '../web/bots/claims.ts';
import type { CrawlerName } from '../web/bots/crawlers.ts';
import { merged } from '../web/reputation/merge.ts';
import { rangeOf, type AddressRanges, type Range } from '../web/reputation/range.ts';
import type { ReputationList } from '../web/reputation/signal.ts';
import type { Config } from './config-schema.ts';
import { crawlerOfList, crawlerSettings, listSettings, type ReputationConfig } from './config-reputation.ts';

/** What is known of addresses now. */
export interface KnownAddresses {
  readonly lists: readonly ReputationList[];
  readonly crawlers: CrawlerRanges;
  /** On no list, whatever lists say. */
  readonly own: AddressRanges;
}

/** A list as it stands, and where it comes from. */
export interface KnownListState extends AddressListState {
  /** The crawler whose addresses these are; undefined for a list of reputation. */
  readonly crawler: CrawlerName | undefined;
  /** A URL or a path. */
  readonly from: string;
}

export interface ReputationOptions {
  readonly config: ReputationConfig;
  /** Own networks beyond those of the configuration's section: proxies, approved addresses. */
  readonly own: readonly string[];
  /** Where last good copies of fetched lists are kept. */
  readonly folder: string;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Told whenever a list has changed, and once at the start. */
  readonly changed: (known: KnownAddresses) => void;
}

export interface Reputation {
  readonly known: () => KnownAddresses;
  readonly states: () => readonly KnownListState[];
  /** Undefined while all lists are there and fresh, else what is wrong with the first that is not. */
  readonly trouble: () => string | undefined;
  /** Looks at every list now, due or not. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where a configuration keeps its copies of lists. */
export function listsFolder({ data }: Pick<Config, 'data'>): string {
  return join(data, 'lists');
}

/** Where a configuration keeps its copies, and what is its own beyond what the section itself says: proxies and approved addresses. */
export function reputationPlace({ data, traffic, blocking }: Pick<Config, 'data' | 'traffic' | 'blocking'>): {
  readonly folder: string;
  readonly own: readonly string[];
} {
  return {
    folder: listsFolder({ data }),
    own: [...traffic.trustedProxies, ...blocking.approved.networks],
  };
}

/** Loads the lists of reputation and of crawlers' addresses that are configured, and keeps them fresh. */
export async function openReputation(options: ReputationOptions): Promise<Reputation> {
  const { config, folder, clock, log, changed } = options;
  const settings = [...listSettings(config), ...crawlerSettings(config)];
  const own = ownRanges([...config.own, ...options.own]);
  const lists = await openAddressLists({
    lists: settings,
    folder,
    clock,
    log,
    changed: (states) => changed(knownOf(states, own)),
  });
  // Own addresses are known without any list.
  changed(knownOf(lists.states(), own));
  return {
    known: () => knownOf(lists.states(), own),
    states: () =>
      lists.states().map((state, i) => {
        const from = settings[i]?.from;
        const place = from === undefined ? '' : 'url' in from ? from.url : from.file;
        return { ...state, crawler: crawlerOfList(state.name), from: place };
      }),
    trouble: lists.trouble,
    refresh: lists.refresh,
    stop: lists.stop,
  };
}

function knownOf(states: readonly AddressListState[], own: AddressRanges): KnownAddresses {
  const lists: ReputationList[] = [];
  const crawlers: Partial<Record<CrawlerName, AddressRanges>> = {};
  for (const { name, trust, contents } of states) {
    if (contents === undefined) continue;
    const crawler = crawlerOfList(name);
    if (crawler === undefined) lists.push({ name, trust, ranges: contents });
    else if (trust !== 'context') crawlers[crawler] = contents;
  }
  return { lists, crawlers, own };
}

function ownRanges(texts: readonly string[]): AddressRanges {
  const v4: Range<number>[] = [];
  const v6: Range<bigint>[] = [];
  for (const text of texts) {
    const range = rangeOf(text);
    if (range?.family === 4) v4.push(range);
    else if (range?.family === 6) v6.push(range);
  }
  return { v4: merged(v4, (value) => value + 1), v6: merged(v6, (value) => value + 1n) };
}
