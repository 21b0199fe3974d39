import type { Requests } from '../event/requests.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import type { Rule } from '../sigma/rule.ts';
import { anomalyDefaults, anomalySignal } from '../web/anomaly.ts';
import { board } from '../web/board.ts';
import type { BoardView } from '../web/board-view.ts';
import { botSignal, defaultBotSettings, type BotSettings, type BotSignal } from '../web/bots/signal.ts';
import { injectionDefaults, injectionSignal } from '../web/inject.ts';
import { webServerSource } from '../web/inject-view.ts';
import { merged, offenceKey, type Offence } from '../web/offence.ts';
import { reputationSignal, type ReputationSignal } from '../web/reputation/signal.ts';
import { defaultTrafficSettings, type TrafficSettings } from '../web/settings.ts';
import { createTraffic, trafficSignals } from '../web/traffic.ts';
import { parseAddress, wordsInAddress } from '../web/address.ts';
import type { KnownAddresses } from './reputation.ts';

export interface WatchedTrafficOptions {
  readonly settings?: Partial<TrafficSettings> | undefined;
  readonly bots?: Partial<BotSettings> | undefined;
  /** Sigma rules of the category webserver; those for other logs are left out. */
  readonly rules?: readonly Rule[] | undefined;
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
  const whole = { ...defaultTrafficSettings, ...settings };
  const botSettings = { ...defaultBotSettings, ...options.bots };
  const traffic = createTraffic(whole, [
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
    ({ lateness }, clients) => anomalySignal({ ...anomalyDefaults, words: clients.words, lateness }),
  ]);
  const listsAt = (words: Uint32Array, at: number): readonly string[] => reputation?.listsAt(words, at) ?? [];
  const shown = board({
    words: traffic.clients.words,
    texts: traffic.texts,
    seed: whole.seed,
    appAgents: botSettings.outsideApp.agents,
    listsAt,
  });
  const found = new Map<string, Offence>();
  let offencesNotHeld = 0;
  const collect = (): void => {
    for (const offence of traffic.offences()) {
      const key = offenceKey(offence);
      const before = found.get(key);
      if (before !== undefined) found.set(key, merged(before, offence));
      else if (found.size < mostOffences) found.set(key, offence);
      else offencesNotHeld++;
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
    board: shown.view,
    offences: () => [...found.values()].sort((a, b) => a.first - b.first),
    counters: () => {
      const { late, future, timeless } = traffic.counters;
      return { unjudged: late + future + timeless, offencesNotHeld };
    },
  };
}
