import type { Requests } from '../event/requests.ts';
import { anomalyDefaults, anomalySignal } from '../web/anomaly.ts';
import { board } from '../web/board.ts';
import type { BoardView } from '../web/board-view.ts';
import { clientTable } from '../web/clients.ts';
import type { Offence } from '../web/offence.ts';

export interface WatchedTrafficOptions {
  readonly proxies: readonly string[];
  /** How the user agents of one's own app begin. */
  readonly appAgents: readonly string[];
  /** A number that differs from process to process, so that nobody can choose texts that fall together. */
  readonly seed: number;
}

/** The board and every signal over one stream of requests. */
export interface WatchedTraffic {
  readonly take: (requests: Requests) => void;
  /** Nothing more will come. */
  readonly finish: () => void;
  readonly board: (options: { readonly top: number; readonly points: number }) => BoardView;
  /** All that was found, one for each offence. */
  readonly offences: () => readonly Offence[];
  /** Requests that no signal could judge: too late, or with no usable time. */
  readonly unjudged: () => number;
}

/** Most sites have fewer clients in a day; 40 MB. */
const mostClients = 1_000_000;

export function watchTraffic({ proxies, appAgents, seed }: WatchedTrafficOptions): WatchedTraffic {
  const clients = clientTable({ capacity: mostClients, proxies, seed });
  const { words } = clients;
  const shown = board({ words, seed, appAgents });
  const anomalies = anomalySignal({ ...anomalyDefaults, words });
  let latest = Number.NEGATIVE_INFINITY;
  return {
    take: (requests) => {
      const ids = clients.idsOf(requests);
      shown.take(requests, ids);
      anomalies.take(requests, ids);
      for (let row = 0; row < requests.count; row++) latest = Math.max(latest, requests.time[row] ?? latest);
      anomalies.tick(latest);
    },
    finish: () => anomalies.tick(Number.POSITIVE_INFINITY),
    board: shown.view,
    offences: anomalies.offences,
    unjudged: anomalies.late,
  };
}
