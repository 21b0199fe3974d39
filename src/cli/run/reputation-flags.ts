import { basename, join } from 'node:path';
import { prettifyError } from 'zod';
import { line } from '../../notify/safe-text.ts';
import { cacheFolder } from '../../runtime/cache-folder.ts';
import { reputationSection, type ReputationConfig } from '../../runtime/config-reputation.ts';
import type { Config } from '../../runtime/config-schema.ts';
import {
  openReputation,
  reputationPlace,
  type KnownListState,
  type Reputation,
} from '../../runtime/reputation.ts';
import { crawlers } from '../../web/bots/crawlers.ts';
import { knownLists } from '../../web/reputation/known-lists.ts';
import { trusts } from '../../web/reputation/limits.ts';
import { CliFailure } from '../failure.ts';

export interface ReputationFlags {
  /** Known names, files and URLs, perhaps with a trust: `tor-exits`, `drop.txt`, `context=https://lists.example/vpn.txt`. */
  reputation?: string[];
  /** `true` for what all owners publish; `googlebot`, or `googlebot=googlebot.json`. */
  crawlers?: string[] | true;
}

/**
 * The configuration that the flags stand for.
 * @throws {CliFailure} where one of them cannot be meant
 */
function reputationOf({ reputation = [], crawlers: named = [] }: ReputationFlags): ReputationConfig {
  const lists: Record<string, object> = {};
  for (const written of reputation) {
    const [trust, place] = cutAt(written, trusts);
    const common = Object.hasOwn(knownLists, place);
    const name = common ? place : freeName(place, lists);
    // Who names a list on the command line wants to know who of it was here; nothing is blocked from there.
    lists[name] = {
      ...(common ? {} : placeOf(place)),
      ...((trust ?? !common) && { trust: trust ?? 'block' }),
    };
  }
  const crawlersOf: Record<string, object> = {};
  for (const written of named === true ? [] : named) {
    const [name, place] = cutAt(
      written,
      crawlers.map((crawler) => crawler.name),
    );
    crawlersOf[name ?? place] = name === undefined ? {} : placeOf(place);
  }
  const read = reputationSection.safeParse({
    lists,
    crawlers: crawlersOf,
    publishedCrawlers: named === true,
  });
  if (read.success) return read.data;
  throw new CliFailure(`--reputation, --crawlers: ${line(prettifyError(read.error), 600)}`);
}

/** `context=vpn.txt` as `context` and `vpn.txt`, where the first is one of these words. */
function cutAt<Word extends string>(
  written: string,
  words: readonly Word[],
): readonly [Word | undefined, string] {
  const word = words.find((each) => written.startsWith(`${each}=`));
  return word === undefined ? [undefined, written] : [word, written.slice(word.length + 1)];
}

function placeOf(place: string): object {
  return /^https?:\/\//i.test(place) ? { url: place } : { file: place };
}

/** The last part of the place, in letters that a name may have. */
function freeName(place: string, taken: object): string {
  const path = URL.canParse(place) ? new URL(place).pathname : place;
  const plain = basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  const name = plain === '' ? 'list' : plain;
  for (let n = 1; ; n++) {
    const found = n === 1 ? name : `${name}-${n}`;
    if (!Object.hasOwn(taken, found)) return found;
  }
}

/** Where copies of lists are kept that no configuration asked for. */
function listCache(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(cacheFolder(env), 'lists');
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** What flags name is kept in the user's cache, whoever's configuration lies here. */
export function fromFlags(flags: ReputationFlags, own: readonly string[]): OpenedLists | undefined {
  if (flags.reputation === undefined && flags.crawlers === undefined) return undefined;
  return { config: reputationOf(flags), folder: listCache(), own };
}

/** What the `traffic.reputation` of a configuration names. */
export function fromConfig(
  config: Pick<Config, 'data' | 'traffic' | 'blocking'>,
  own: readonly string[] = [],
): OpenedLists {
  const place = reputationPlace(config);
  return { config: config.traffic.reputation, folder: place.folder, own: [...place.own, ...own] };
}

export interface OpenedLists {
  readonly config: ReputationConfig;
  readonly folder: string;
  readonly own: readonly string[];
}

/** Opens lists for a command, which asks `states` for what went wrong. */
export function openLists({ config, folder, own }: OpenedLists): Promise<Reputation> {
  return openReputation({ config, folder, own, clock: Date.now, log: silent, changed: () => {} });
}

/** What is wrong with a list, one sentence; undefined where it is as its source has it. */
export function troubleOf({ name, from, problem, confirmedAt }: KnownListState): string | undefined {
  if (problem === undefined) return undefined;
  const held =
    confirmedAt === undefined
      ? 'and there is no earlier copy'
      : `so that the copy of ${new Date(confirmedAt).toISOString()} is used`;
  return `list ${name} (${line(from, 200)}): ${line(problem, 300)}, ${held}`;
}

/** What of a list was not taken, one sentence; undefined where all of it was. */
export function leftOutOf({ name, contents }: KnownListState): string | undefined {
  if (contents === undefined) return undefined;
  const { tooWide, reserved, unreadable } = contents;
  const parts = [
    [tooWide, 'too wide'],
    [reserved, 'reserved or private'],
    [unreadable, 'unreadable'],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, why]) => `${number} ${why}`);
  return told.length === 0 ? undefined : `list ${name}: entries left out: ${told.join(', ')}`;
}
