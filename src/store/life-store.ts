import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import type { HistoryLine, LifecycleChange } from '../alert/lifecycle.ts';
import type { CommitJoining } from './owed.ts';
import type { Overflow } from '../alert/overflow.ts';
import type { Suppression } from '../alert/suppression.ts';

/** A change of an alert's lifecycle, by whom, and from where. */
export interface AlertChange {
  /** The id of the alert, or of a finding that joined it. */
  readonly alertId: string;
  readonly change: LifecycleChange;
  /** A person's name, or `tocsin`. */
  readonly by: string;
  /** How it came in: `api`, `cli`, `slack`, `system`. */
  readonly via: string;
  /** `lifecycle.revision` that the change was decided from (0 where the alert has no lifecycle yet); whatever is there, where left out. */
  readonly expected?: number | undefined;
  /** What is owed of the alert as it is then, in the same transaction; nobody is told, where left out. */
  readonly channelsFor?: CommitJoining['channelsFor'] | undefined;
  /** Channels that are told how it stands now, as far as they were told of it before. */
  readonly followUps?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `alert` is the alert as it is after the call. */
export type AlertChangeResult =
  | { readonly type: 'changed'; readonly alert: Alert }
  /** It was so already; nothing was written. */
  | { readonly type: 'unchanged'; readonly alert: Alert }
  /** Somebody else, or new evidence, has changed it since: look at it and decide again. */
  | { readonly type: 'stale'; readonly alert: Alert }
  /** The change makes no sense, for this reason. */
  | { readonly type: 'refused'; readonly alert: Alert; readonly reason: string }
  | { readonly type: 'unknown' };

export interface StoredHistoryLine extends HistoryLine {
  /** Rises with each line of the store. */
  readonly sequence: number;
  readonly alertId: string;
  readonly time: number;
  readonly by: string;
  readonly via: string;
  /** Of the lifecycle, after it. */
  readonly revision: number;
}

export interface HistoryQuery {
  /** Of one alert; of all, where left out. */
  readonly alertId?: string | undefined;
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface HistoryPage {
  /** The newest first. */
  readonly lines: readonly StoredHistoryLine[];
  readonly next: string | undefined;
}

/** How a rule's alerts were judged. They stay when the alerts go. */
export interface RuleFigures {
  readonly rule: { readonly id: string; readonly title: string };
  /** Resolved as what they said they were. */
  readonly resolved: number;
  readonly falsePositives: number;
}

/** What people make of alerts. The promises of `Store` hold for all of it. */
export interface LifeStore {
  /**
   * Makes one change and writes its line of history, both or neither. Of several that expect the same revision one comes through. The history is never
   * changed and outlives its alert.
   */
  change(request: AlertChange): Promise<AlertChangeResult>;
  /** @throws {BadCursorError} @throws {RangeError} */
  history(query: HistoryQuery): Promise<HistoryPage>;
  /** Alerts whose snooze was over at `now` and that were not woken, the longest over first; at most so many. */
  overslept(now: number, limit: number): Promise<readonly Alert[]>;
  /** How many alerts have each status, those under an exception included. */
  statuses(): Promise<Readonly<Record<Status, number>>>;
  /** By rule id. */
  figures(): Promise<readonly RuleFigures[]>;
  /** Of hours that were over at `now`, and not yet told by `Commit.overflowsTold`. */
  overflows(now: number): Promise<readonly Overflow[]>;
  /** All that were ever made, the newest first, also those that have ended. */
  suppressions(): Promise<readonly Suppression[]>;
  /** Writes a suppression down, or changes the one with its id. */
  suppress(suppression: Suppression): Promise<void>;
}
