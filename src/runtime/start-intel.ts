import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedContents } from '../context/intel/feed.ts';
import type { Feed } from '../context/intel/intel.ts';
import { openIntelFeeds } from '../source/intel-feeds.ts';
import type { Lists, ListState } from '../source/open-lists.ts';
import type { SourceLog } from '../source/source.ts';
import { feedName, feedSettings } from './config-intel.ts';
import type { Config } from './config-schema.ts';
import { readFeedApart } from './read-feed-apart.ts';

/** A feed as it stands, under the name that the configuration gives it. */
export interface FeedState extends ListState<FeedContents> {
  /** A URL or a path. */
  readonly from: string;
}

export interface Intel {
  /** What events are held against now. Feeds that nobody has confirmed for a week are not among it. */
  readonly feeds: () => readonly Feed[];
  readonly states: () => readonly FeedState[];
  readonly trouble: () => string | undefined;
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Loads the feeds of the section `intel`, and keeps them fresh. */
export async function openIntel(config: Pick<Config, 'data' | 'intel'>, log: SourceLog): Promise<Intel> {
  const settings = feedSettings(config.intel);
  let feeds: readonly Feed[] = [];
  const opened: { lists?: Lists<FeedContents> } = {};
  const changed = (): void => {
    feeds = (opened.lists?.states() ?? []).flatMap(({ name, contents, isStale }) =>
      contents === undefined || isStale ? [] : [{ name: feedName(name), set: contents.set }],
    );
  };
  const lists = await openIntelFeeds({
    feeds: settings,
    folder: join(config.data, 'lists'),
    clock: Date.now,
    log,
    changed,
    read: readFeedApart,
  });
  opened.lists = lists;
  changed();
  return {
    feeds: () => feeds,
    states: () =>
      lists.states().map((state, i) => {
        const from = settings[i]?.from;
        return {
          ...state,
          name: feedName(state.name),
          from: from === undefined ? '' : 'url' in from ? from.url : from.file,
        };
      }),
    trouble: lists.trouble,
    refresh: lists.refresh,
    stop: lists.stop,
  };
}

/** How long a start waits for feeds that are fetched; copies of an earlier run are there at once. */
const patienceMs = 3_000;

/** The same for as long as a server runs, whose start is not held up by servers of somebody else. */
export async function startIntel(
  config: Pick<Config, 'data' | 'intel'>,
  log: SourceLog,
): Promise<Pick<Intel, 'feeds' | 'trouble' | 'stop'>> {
  if (Object.keys(config.intel.feeds).length === 0)
    return { feeds: () => [], trouble: () => undefined, stop: async () => {} };
  let intel: Intel | undefined;
  const opening = openIntel(config, log).then(
    (opened) => {
      intel = opened;
    },
    (error: unknown) => log.error({ err: error }, 'feeds of indicators could not be opened'),
  );
  await Promise.race([opening, sleep(patienceMs, undefined, { ref: false })]);
  return {
    feeds: () => intel?.feeds() ?? [],
    trouble: () => intel?.trouble(),
    stop: async () => {
      await Promise.race([opening.then(() => intel?.stop()), sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}
