import { readFeed, type FeedContents, type FeedRead, type FeedShape } from '../context/intel/feed.ts';
import { fetchList } from './fetch-list.ts';
import { fetchMispFeed, isMispManifest } from './misp-feed.ts';
import { openLists, type Lists, type ListSource } from './open-lists.ts';
import type { SourceLog } from './source.ts';
import { fetchCollection } from './taxii.ts';

/** One feed of indicators: a file, a URL, or a collection of a TAXII server. */
export interface IntelFeed extends ListSource, FeedShape {
  /** Whether the URL is that of a TAXII 2.1 collection. */
  readonly isCollection: boolean;
  /** The whole value of the header of that name. */
  readonly authorization?: string | undefined;
  /** How far back a collection is asked for the first time, and how old events of MISP's manifest may be, in milliseconds. */
  readonly backMs: number;
}

export interface IntelFeedsOptions {
  readonly feeds: readonly IntelFeed[];
  /** Where last good copies are kept. */
  readonly folder: string;
  readonly clock: () => number;
  readonly log: SourceLog;
  readonly changed: () => void;
  /** Reads what was fetched, where not here: a large feed takes seconds. */
  readonly read?: ((bytes: Uint8Array, shape: FeedShape) => FeedRead | Promise<FeedRead>) | undefined;
}

/** Loads feeds of indicators and keeps them fresh; see `openLists`. */
export function openIntelFeeds({
  feeds,
  clock,
  read = readFeed,
  ...options
}: IntelFeedsOptions): Promise<Lists<FeedContents>> {
  return openLists<IntelFeed, FeedContents>({
    ...options,
    clock,
    lists: feeds,
    read: (bytes, feed) => read(bytes, shapeOf(feed)),
    fetch: (feed, url, kept, limits) => {
      const { authorization, isCollection, backMs } = feed;
      const place = { url, authorization, since: clock() - backMs };
      if (isCollection) return fetchCollection(place, kept, limits);
      if (isMispManifest(url)) return fetchMispFeed(place, kept, limits);
      return fetchList(url, kept?.validators ?? {}, limits, authorization);
    },
  });
}

/**
 * How a feed is written, and nothing else of it: what reads it may be another thread, which needs no credentials. What is put together of pages or
 * events may come to nothing, and is known by how it came.
 */
function shapeOf(feed: IntelFeed): FeedShape {
  const { isCollection, from, format, column, typeColumn, labelColumn, untilColumn, type } = feed;
  const isManifest = !isCollection && 'url' in from && isMispManifest(from.url);
  return {
    format: isManifest ? 'misp' : format,
    column,
    typeColumn,
    labelColumn,
    untilColumn,
    type,
    mayBeEmpty: isCollection || isManifest,
  };
}
