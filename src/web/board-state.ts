import type { Amounts } from './amounts.ts';
import type { Distinct } from './distinct.ts';
import type { HeavyHitters } from './heavy-hitters.ts';
import type { TimeLine } from './time-line.ts';

/** Everything that is counted, for the view. */
export interface BoardState {
  readonly urls: HeavyHitters;
  readonly clients: HeavyHitters;
  readonly agents: HeavyHitters;
  readonly methods: HeavyHitters;
  readonly hosts: HeavyHitters;
  readonly countries: HeavyHitters;
  readonly sent: Amounts;
  readonly received: Amounts;
  readonly distinctClients: Distinct;
  readonly line: TimeLine;
  readonly statuses: Float64Array;
  readonly totals: BoardTotals;
  readonly rate: { readonly count: number; readonly window: number };
  readonly hasAppAgents: boolean;
}

export interface BoardTotals {
  requests: number;
  /** Requests whose user agent is none of the app's. */
  outsideApp: number;
  first: number;
  last: number;
}

/** What is summed up for each URL and each client, beside how often. */
export const urlSums = {
  redirects: 0,
  clientErrors: 1,
  serverErrors: 2,
  sent: 3,
  overRate: 4,
  mostOfOneClient: 5,
} as const;
export const clientSums = { clientErrors: 0, serverErrors: 1, sent: 2, received: 3 } as const;
/** For agents, methods, hosts and countries. */
export const smallSums = { clientErrors: 0, serverErrors: 1 } as const;
export const lineColumns = { requests: 0, clientErrors: 1, serverErrors: 2, sent: 3, withSent: 4 } as const;
/** Marks of an agent. */
export const outsideApp = 1;
