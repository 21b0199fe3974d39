import type { Requests } from '../event/requests.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import type { Rule } from '../sigma/rule.ts';
import { anomalyDefaults, anomalySignal, type AnomalySignal } from '../web/anomaly.ts';
import type { AnomalyState } from '../web/anomaly-state.ts';
import { board, type Board } from '../web/board.ts';
import type { BoardView } from '../web/board-view.ts';
import { botSignal, defaultBotSettings, type BotSettings, type BotSignal } from '../web/bots/signal.ts';
import { injectionDefaults, injectionSignal } from '../web/inject.ts';
import { webServerSource } from '../web/inject-view.ts';
import { merged, offenceKey, type Offence } from '../web/offence.ts';
import { reputationSignal, type ReputationSignal } from '../web/reputation/signal.ts';
import { defaultTrafficSettings, type TrafficSettings } from '../web/settings.ts';
import type { Signal } from '../web/signal.ts';
import { createTraffic, trafficSignals } from '../web/traffic.ts';
import { parseAddress, wordsInAddress } from '../web/address.ts';
import type { KnownAddresses } from './reputation.ts';

export interface WatchedTrafficOptions {
  readonly settings?: Partial<TrafficSettings> | undefined;
  readonly bots?: Partial<BotSettings> | undefined;
  /** Sigma rules of the category webserver; those for other logs are left out. */
  readonly rules?: readonly Rule[] | undefined;
  /** Where an earlier one was: the time of its latest request, and what it knew of usual hours. */
  readonly since?: number | undefined;
  readonly anomaly?: AnomalyState | undefined;
  /** Whether `fresh` will be asked. */
  readonly tellsFresh?: boolean | undefined;
}

/** The board and every signal over one stream of requests. */
export interface WatchedTraffic {
  readonly take: (requests: Requests) => void;
  /** From now on this is known of addresses: lists of reputation, crawlers, own networks. */
  readonly know: (known: KnownAddresses) => void;
  /** The reputation lists that have an address, by its text. */
  readonly listsOf: (address: string) => readonly string[];
  /** Nothing more will come. */
  readonly finish: () => void;
  readonly board: (options: { readonly top: number; readonly points: number }) => BoardView;
  /** All that was found, one for each offence, the oldest first. */
  readonly offences: () => readonly Offence[];
  /** What is new or has changed since this was last asked; with `all` also what has changed a little. */
  readonly fresh: (all?: boolean) => readonly Offence[];
  readonly hasFresh: () => boolean;
  /** Forgets offences whose last request was before. */
  readonly forget: (before: number) => void;
  /** The time of the latest request. */
  readonly latest: () => number;
  /** Whether hours are compared; not while requests are taken again that are in the state already. */
  readonly compareHours: (are: boolean) => void;
  readonly anomaly: () => AnomalyState;
  /** Begins the board anew, and gives what it showed until now. */
  readonly turnBoard: () => Board;
  /** Requests that no signal judged, by the reason. */
  readonly leftOut: () => { readonly late: number; readonly future: number; readonly timeless: number };
  readonly counters: () => {
    /** Requests that no signal judged: too late, from the future, or with no usable time. */
    readonly unjudged: number;
    /** Offences that were found and not held, because only so many are. */
    readonly offencesNotHeld: number;
  };
}

/** With their evidence some 50 MB. */
const mostOffences = 20_000;

export function watchTraffic(options: WatchedTrafficOptions): WatchedTraffic {
  const { settings, rules = [] } = options;
  let bots: BotSignal | undefined;
  let reputation: ReputationSignal | undefined;
  let anomaly: AnomalySignal | undefined;
  let comparesHours = true;
  const whole = { ...defaultTrafficSettings, ...settings };
  const botSettings = { ...defaultBotSettings, ...options.bots };
  const traffic = createTraffic(
    whole,
    [
      ...trafficSignals,
      ({ lateness, seed }, clients, texts) =>
        (bots = botSignal(clients, { ...botSettings, lateness, seed }, texts)),
      ({ lateness }, clients) => (reputation = reputationSignal(clients, { lateness })),
      ({ lateness }, clients, texts) =>
        injectionSignal(
          rules.filter(({ logsource }) => meansLogSource(logsource, webServerSource)),
          clients,
          { ...injectionDefaults, lateness },
          texts,
        ),
      ({ lateness }, clients) =>
        gated(
          (anomaly = anomalySignal({ ...anomalyDefaults, words: clients.words, lateness }, options.anomaly)),
          () => comparesHours,
        ),
    ],
    options.since,
  );
  const listsAt = (words: Uint32Array, at: number): readonly string[] => reputation?.listsAt(words, at) ?? [];
  const newBoard = () =>
    board({
      words: traffic.clients.words,
      rowWords: traffic.clients.rowWords,
      texts: traffic.texts,
      seed: whole.seed,
      appAgents: botSettings.outsideApp.agents,
      listsAt,
    });
  let shown = newBoard();
  const found = new Map<string, Offence>();
  let fresh = new Map<string, Offence>();
  let offencesNotHeld = 0;
  const collect = (all = false): void => {
    for (const offence of traffic.offences(all)) {
      const key = offenceKey(offence);
      const before = found.get(key);
      const known = before === undefined ? offence : merged(before, offence);
      if (before !== undefined || found.size < mostOffences) found.set(key, known);
      else offencesNotHeld++;
      if (options.tellsFresh === true) fresh.set(key, known);
    }
  };
  return {
    take: (requests) => {
      // The board also shows what comes too late for signals, as where files were put together.
      shown.take(requests, traffic.take(requests));
      collect();
    },
    know: ({ lists, crawlers, own }) => {
      reputation?.use(lists, own);
      bots?.use(crawlers);
    },
    listsOf: (address) => {
      const words = new Uint32Array(wordsInAddress);
      const bytes = Buffer.from(address);
      return parseAddress(bytes, 0, bytes.length, words) ? listsAt(words, 0) : [];
    },
    finish: () => {
      traffic.finish();
      collect();
    },
    board: (view) => shown.view(view),
    offences: () => [...found.values()].sort((a, b) => a.first - b.first),
    fresh: (all) => {
      if (all === true) collect(true);
      const told = [...fresh.values()].sort((a, b) => a.first - b.first);
      fresh = new Map();
      return told;
    },
    hasFresh: () => fresh.size > 0,
    forget: (before) => {
      for (const [key, { last }] of found) if (last < before) found.delete(key);
    },
    latest: traffic.latest,
    compareHours: (are) => {
      comparesHours = are;
    },
    anomaly: () => {
      if (anomaly === undefined) throw new Error('the signal was not made');
      return anomaly.state();
    },
    turnBoard: () => {
      const before = shown;
      shown = newBoard();
      return before;
    },
    leftOut: () => {
      const { late, future, timeless } = traffic.counters;
      return { late, future, timeless };
    },
    counters: () => {
      const { late, future, timeless } = traffic.counters;
      return { unjudged: late + future + timeless, offencesNotHeld };
    },
  };
}

/** A signal that sees nothing while it is not open. */
function gated(signal: Signal, isOpen: () => boolean): Signal {
  return {
    ...signal,
    take: (requests, clients) => {
      if (isOpen()) signal.take(requests, clients);
    },
    tick: (now) => {
      if (isOpen()) signal.tick(now);
    },
  };
}
