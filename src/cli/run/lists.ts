import { addressIn } from '../../context/observable.ts';
import { providerIndex } from '../../context/providers/provider-index.ts';
import { providerWords, type Provider } from '../../context/providers/provider.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openIntel, type FeedState, type Intel } from '../../runtime/start-intel.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import type { KnownListState, Reputation } from '../../runtime/reputation.ts';
import { parseAddress, wordsInAddress } from '../../web/address.ts';
import { rangeIndex } from '../../web/reputation/range-index.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { formatDuration, terminalOf, writeOut } from '../terminal.ts';
import { openProvidersOf, plainProvider, showProviders, type ProviderLists } from './provider-lists.ts';
import {
  fromConfig,
  fromFlags,
  openLists,
  troubleOf,
  type OpenedLists,
  type ReputationFlags,
} from './reputation-flags.ts';

export interface ListsFlags extends ReputationFlags {
  config?: string;
  json?: boolean;
}

/** What the flags name, or else the configuration. */
function wanted(flags: ListsFlags): OpenedLists {
  return fromFlags(flags, []) ?? fromConfig(loadConfig(flags.config, systemSecrets()));
}

/** What the configuration has besides lists of addresses. */
interface Others {
  readonly intel: Intel;
  readonly providers: ProviderLists;
}

/** @param work is given nothing of the configuration where the flags name lists of their own */
async function withLists(
  flags: ListsFlags,
  work: (lists: Reputation, others: Others | undefined) => Promise<void>,
): Promise<number> {
  const lists = await openLists(wanted(flags));
  const opened: { intel?: Intel; providers?: ProviderLists } = {};
  try {
    let others: Others | undefined;
    if (fromFlags(flags, []) === undefined) {
      const config = loadConfig(flags.config, systemSecrets());
      const [intel, providers] = await Promise.all([
        openIntel(config, quiet).then((one) => (opened.intel = one)),
        openProvidersOf(config).then((one) => (opened.providers = one)),
      ]);
      others = { intel, providers };
    }
    await work(lists, others);
    const all = [...lists.states(), ...(others?.intel.states() ?? []), ...(others?.providers.states() ?? [])];
    return all.every(({ problem }) => problem === undefined) ? exitCode.ok : exitCode.failure;
  } finally {
    await Promise.all([lists.stop(), opened.intel?.stop(), opened.providers?.stop()]);
  }
}

/** What is wrong is told once, with the states. */
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export function listLists(flags: ListsFlags): Promise<number> {
  return withLists(flags, (lists, others) => show(lists.states(), others, flags));
}

export function refreshLists(flags: ListsFlags): Promise<number> {
  return withLists(flags, async (lists, others) => {
    await Promise.all([lists.refresh(), others?.intel.refresh(), others?.providers.refresh()]);
    await show(lists.states(), others, flags);
  });
}

async function show(
  states: readonly KnownListState[],
  others: Others | undefined,
  { json }: ListsFlags,
): Promise<void> {
  const feeds = others?.intel.states() ?? [];
  const providers = others?.providers.states() ?? [];
  if (json === true) {
    const all = {
      lists: states.map(plain),
      feeds: feeds.map(plainFeed),
      providers: providers.map(plainProvider),
    };
    await writeOut(jsonText(all));
    return;
  }
  if (feeds.length > 0) await showFeeds(feeds);
  if (providers.length > 0) await showProviders(providers);
  if (states.length === 0) {
    if (feeds.length + providers.length > 0) return;
    await writeOut(
      'No lists. Name some under traffic.reputation in the configuration, or with --reputation; ' +
        "'tocsin lists --help' shows those that are known by name.\n",
    );
    return;
  }
  const now = Date.now();
  const rows = states.map(({ name, crawler, trust, contents, confirmedAt, from }) => [
    crawler ?? name,
    crawler === undefined ? trust : trust === 'context' ? 'too old' : 'crawler',
    contents === undefined ? '-' : contents.entries.toLocaleString('en'),
    contents === undefined ? '-' : leftOut(contents),
    confirmedAt === undefined ? 'never' : `${formatDuration(Math.max(0, now - confirmedAt))} ago`,
    line(from, 200),
  ]);
  const columns = [
    { head: 'LIST' },
    { head: 'COUNTS AS' },
    { head: 'ENTRIES', right: true },
    { head: 'LEFT OUT', right: true },
    { head: 'CONFIRMED' },
    { head: 'FROM', gives: true },
  ];
  await writeOut(`${renderColumns(columns, rows, terminalOf(process.stdout))}\n`);
  for (const state of states) {
    const trouble = troubleOf(state);
    if (trouble !== undefined) process.stderr.write(`${trouble}\n`);
  }
}

/** The feeds of the section `intel`, above the lists. */
async function showFeeds(feeds: readonly FeedState[]): Promise<void> {
  const now = Date.now();
  const rows = feeds.map(({ name, contents, confirmedAt, isStale, from }) => [
    name,
    isStale ? 'too old' : (contents?.format ?? '-'),
    contents === undefined ? '-' : contents.set.size.toLocaleString('en'),
    contents === undefined ? '-' : contents.leftOut.toLocaleString('en'),
    confirmedAt === undefined ? 'never' : `${formatDuration(Math.max(0, now - confirmedAt))} ago`,
    line(from, 200),
  ]);
  const columns = [
    { head: 'FEED' },
    { head: 'FORMAT' },
    { head: 'INDICATORS', right: true },
    { head: 'LEFT OUT', right: true },
    { head: 'CONFIRMED' },
    { head: 'FROM', gives: true },
  ];
  await writeOut(`${renderColumns(columns, rows, terminalOf(process.stdout))}\n\n`);
  for (const { name, problem } of feeds)
    if (problem !== undefined) process.stderr.write(`feed ${name}: ${line(problem, 300)}\n`);
}

function plainFeed({ name, contents, confirmedAt, isStale, problem, from }: FeedState): object {
  return {
    name,
    from,
    confirmedAt: confirmedAt === undefined ? null : utc(confirmedAt),
    stale: isStale,
    problem: problem ?? null,
    contents:
      contents === undefined
        ? null
        : {
            format: contents.format,
            indicators: contents.set.size,
            ...contents.set.counts,
            leftOut: contents.leftOut,
          },
  };
}

function leftOut({ tooWide, reserved, unreadable }: NonNullable<KnownListState['contents']>): string {
  return (tooWide + reserved + unreadable).toLocaleString('en');
}

/** A list without its addresses, of which there may be hundreds of thousands. */
function plain({ name, crawler, from, trust, contents, confirmedAt, problem }: KnownListState): object {
  return {
    name: crawler ?? name,
    kind: crawler === undefined ? 'reputation' : 'crawler',
    from,
    trust,
    confirmedAt: confirmedAt === undefined ? null : utc(confirmedAt),
    problem: problem ?? null,
    contents:
      contents === undefined
        ? null
        : {
            format: contents.format,
            entries: contents.entries,
            tooWide: contents.tooWide,
            reserved: contents.reserved,
            unreadable: contents.unreadable,
          },
  };
}

function wordsOf(provider: Provider | undefined): string | null {
  return provider === undefined ? null : providerWords(provider);
}

export function findInLists(addresses: readonly string[], flags: ListsFlags): Promise<number> {
  const asked = addresses.map((address) => {
    const words = new Uint32Array(wordsInAddress);
    const bytes = Buffer.from(address);
    if (!parseAddress(bytes, 0, bytes.length, words))
      throw new CliFailure(`'${line(address, 60)}' is no address; write something like 198.51.100.7`);
    return { address, words };
  });
  return withLists(flags, async (lists, others) => {
    const now = Date.now();
    const feeds = others?.intel.feeds() ?? [];
    const providerOf = providerIndex(
      (others?.providers.states() ?? []).flatMap(({ contents }) => contents ?? []),
    );
    const states = lists.states().map((state) => ({
      ...state,
      index: rangeIndex(state.contents === undefined ? [] : [state.contents]),
    }));
    const own = rangeIndex([lists.known().own]);
    const found = asked.map(({ address, words }) => ({
      address,
      own: own.maskOf(words) !== 0,
      lists: states
        .filter(({ index }) => index.maskOf(words) !== 0)
        .map(({ name, crawler, trust }) => ({
          name: crawler ?? name,
          trust,
          crawler: crawler !== undefined,
        })),
      feeds: feeds.flatMap(({ name, set }) => {
        const known = set.find('address', addressIn(address) ?? address, now);
        return known === undefined ? [] : [{ name, label: known.label ?? null }];
      }),
      provider: wordsOf(providerOf(address)),
    }));
    if (flags.json === true) {
      await writeOut(jsonText({ addresses: found }));
      return;
    }
    for (const { address, own: isOwn, lists: on, feeds: warning, provider } of found) {
      const names = [
        ...on.map(({ name, trust, crawler }) => `${name} (${crawler ? 'crawler' : trust})`),
        ...warning.map(({ name, label }) => `feed ${name}${label === null ? '' : ` (${line(label, 120)})`}`),
      ];
      const note = isOwn ? '; it is your own, so that no list counts' : '';
      const whose = provider === null ? '' : `; it belongs to ${line(provider, 120)}`;
      await writeOut(`${address}: ${names.length === 0 ? 'on no list' : names.join(', ')}${whose}${note}\n`);
    }
    for (const state of lists.states()) {
      const trouble = troubleOf(state);
      if (trouble !== undefined) process.stderr.write(`${trouble}\n`);
    }
  });
}
