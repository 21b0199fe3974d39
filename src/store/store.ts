import type { Alert } from '../alert/alert.ts';
import type { Lookup } from '../alert/lookup.ts';
import type { DeliveryCause } from '../alert/delivery-cause.ts';
import type { Status } from '../alert/alert-life.ts';
import type { Overflow } from '../alert/overflow.ts';
import type { Asset } from '../facts/assets/asset.ts';
import type { AssetChange } from '../facts/assets/memory.ts';
import type { Json } from '../event/json.ts';
import type { Rejection } from '../event/record.ts';
import type { Severity } from '../event/severity.ts';
import type { Attendant } from './attendant.ts';
import type { Delivery, DeliveryOutcome } from './delivery.ts';
import type { BlockStore } from './block-store.ts';
import type { LifeStore } from './life-store.ts';
import type { MarkedAlert } from './alert-mark.ts';
import type { CommitJoining, Owes } from './owed.ts';
import type { AlertSubject } from './search-terms.ts';

/** Everything that one batch of input leads to; stored whole or not at all. */
export interface Commit {
  readonly alerts: readonly {
    readonly alert: Alert;
    /** Each once: what comes first of one channel counts. A name alone is owed at once. */
    readonly channels: Owes;
    /** Whether what is there under the same id takes over what this knows more (`grownAlert`); nobody is told again. */
    readonly grows?: boolean | undefined;
  }[];
  /**
   * How an alert that has a `group` joins one of its group that is there (`joinFinding`), instead of being stored as one of its own. Left out,
   * every alert is one of its own; one that has joined another is known as a repeat all the same.
   */
  readonly joining?: CommitJoining | undefined;
  /** Overflows that an alert of this batch tells of; they are told of once. */
  readonly overflowsTold?: readonly Overflow[] | undefined;
  readonly rejections?: readonly Rejection[];
  /** How far a source has been read, in that source's own notation; the last word on a source counts. */
  readonly positions?: readonly { readonly source: string; readonly position: string }[];
  /** What the engine has to remember, by its own keys: the last word on a key counts, and no value takes it out. */
  readonly state?: readonly { readonly key: string; readonly value: Json | undefined }[];
  /** What is remembered of assets from now on: the last word on a key counts, and no asset takes it out. */
  readonly assets?: readonly AssetChange[];
  /** The revision of `assetChanges` that `assets` were made from: when others have written since, the commit is refused as `stale`. */
  readonly assetsFrom?: number | undefined;
  /**
   * Whether it may resolve before it is durable, for who has more to commit meanwhile: then `durable` of the result is to be awaited before
   * anybody is told of it. Nothing that is committed later is durable without it.
   */
  readonly early?: boolean | undefined;
  readonly now: number;
}

/** Being the one process of those that have the store open which takes events in and holds their state in memory. */
export interface Leadership {
  /** Aborted when it is over, for whatever reason. What is under way then is refused as `superseded`, once another leads. */
  readonly lost: AbortSignal;
  /** As `Store.commit`, for as long as this is the leader. */
  commit(batch: Commit): Promise<CommitResult>;
  release(): Promise<void>;
}

export interface Amendment {
  readonly alertId: string;
  readonly lookups: readonly Lookup[];
  /** First messages to these channels that nobody has tried yet go out now, where they only wait, under no condition, for a time up to `until`. */
  readonly release?: { readonly channels: readonly string[]; readonly until: number } | undefined;
  /** Channels that are told how it stands now, as far as they were told of it before and the amendment changed something. */
  readonly followUps?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `created`, `joined` and `repeated` add up to the alerts of the batch; one that is in the batch twice is created, or joins, once. */
export interface CommitResult {
  /** Ids of the alerts that were not there before; the others are repeats and cause no delivery. */
  readonly created: readonly string[];
  readonly repeated: number;
  /** Those that joined others; absent where none did. */
  readonly joined?: readonly JoinedFinding[] | undefined;
  /** How many tellings were kept back because of `perHour` of the joining; absent where none were. */
  readonly muted?: number | undefined;
  /**
   * Resolves when it is durable, where it was not waited for.
   * @throws {StoreError} where that fails: then the store takes nothing any more
   */
  readonly durable?: (() => Promise<void>) | undefined;
}

export interface JoinedFinding {
  /** The id that it came with, by which it is known from now on. */
  readonly id: string;
  /** The alert that it joined. */
  readonly alertId: string;
}

export const exceptionChoices = ['hide', 'show', 'only'] as const;

export type Exceptions = (typeof exceptionChoices)[number];

export interface AlertQuery {
  /** Only alerts of this severity or worse. */
  readonly severity?: Severity | undefined;
  readonly ruleId?: string | undefined;
  /** Only alerts whose `where.account` this is. */
  readonly account?: string | undefined;
  /** Only alerts in which every word of this stands, in whatever case: a word of a text, a name, an ARN, an address, or a part of one. */
  readonly text?: string | undefined;
  /** Only alerts about these, each given whole and in whatever case. */
  readonly about?: Readonly<Partial<Record<AlertSubject, string | undefined>>> | undefined;
  /** Only alerts that have one of these. */
  readonly status?: readonly Status[] | undefined;
  /** Only alerts of this assignee, in whatever case. */
  readonly assignee?: string | undefined;
  /** Only alerts that were last seen at `since` or later, and first seen before `until`, in milliseconds of event time since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** What becomes of alerts that fall under an exception: left out (where nothing is said), shown with the others, or shown alone. */
  readonly exceptions?: Exceptions | undefined;
  /** Continue after this cursor of an earlier page. */
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface AlertPage {
  /** Newest `time` first, which is that of the event that raised the alert; ties by id, the greatest first. */
  readonly alerts: readonly Alert[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface OldAlertQuery {
  /** Only alerts stored before this, in milliseconds since the epoch. */
  readonly before: number;
  /** Continue behind this number, `next` of the page before. */
  readonly after?: number | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface OldAlertPage {
  readonly alerts: readonly OldAlert[];
  /** Undefined where no older ones are left. */
  readonly next: number | undefined;
  /** The number of the last of them, to go on behind it when more have been stored; undefined where there are none. */
  readonly last: number | undefined;
}

export interface OldAlert {
  readonly alert: Alert;
  readonly storedAt: number;
  readonly deliveries: readonly DeliveryState[];
}

export interface StoreCounts {
  /** Without those that fall under an exception. */
  readonly alerts: Readonly<Record<Severity, number>>;
  /** Alerts that fall under an exception. */
  readonly excepted: number;
  readonly deliveries: {
    readonly pending: number;
    readonly delivered: number;
    readonly dead: number;
    readonly dropped: number;
  };
  /** Rejected records that are kept. */
  readonly rejections: number;
  /** Rejected records that were dropped, the oldest first, because the store keeps only so many. */
  readonly rejectionsDropped: number;
}

/**
 * Where alerts, the outbox, rejected records, read positions and the engine's state live. Every promise that resolves has been
 * made durable: a process killed right after loses nothing of it. One that rejects (with a `StoreError` where it is
 * the store that failed) has changed nothing; but where the connection to a database broke (`unreachable`), nobody knows, and every
 * call may be made again.
 */
export interface Store {
  /**
   * An alert whose id is already there, or that has joined another, causes no delivery, and changes nothing unless it is said to grow; the same goes for a
   * rejection of the same bytes, at the same place, for the same reason.
   */
  commit(batch: Commit): Promise<CommitResult>;
  /** Becomes the leader; undefined while another process is. When a leader dies, the next one may follow at once. */
  lead(): Promise<Leadership | undefined>;
  /** By its id, or by the id of a finding that joined it. */
  alert(id: string): Promise<Alert | undefined>;
  /**
   * Pages stay whole while alerts come in: what is on one page is on no later one, and nothing in between is left out.
   * @throws {BadCursorError} where `after` is not a cursor of this store
   * @throws {RangeError} where `limit` is out of its range
   */
  alerts(query: AlertQuery): Promise<AlertPage>;
  /** Alerts in the order in which they were stored, as far as they were stored before a time: what may be taken out. */
  oldAlerts(query: OldAlertQuery): Promise<OldAlertPage>;
  /**
   * Takes alerts out with their deliveries, but not those of which a delivery is still owed, nor those that are no longer as they were read: what
   * happened since then is written down nowhere else. Returns how many went.
   */
  forget(alerts: readonly MarkedAlert[]): Promise<number>;
  /** How the deliveries of one alert stand, by channel. */
  deliveries(alertId: string): Promise<readonly DeliveryState[]>;
  /**
   * Takes deliveries of one channel that are due, in the order in which their alerts were stored, and holds them until
   * `leaseUntil`: no other caller gets them before. A holder that dies lets them go when the lease ends.
   */
  claim(
    channel: string,
    options: { now: number; leaseUntil: number; limit: number },
  ): Promise<readonly Delivery[]>;
  /**
   * Has the commits of this opened store hand over what they owe a channel at once, as far as there is room for it; returns how to end that. Where it
   * is left out, all is claimed.
   */
  attend?(channel: string, attendant: Attendant): () => void;
  /**
   * Ends an attempt. `retry`, `dead` and `dropped` count only while the delivery is held by a lease; afterwards they change nothing.
   * `delivered` always counts, since nothing can undo it, but never for an older revision than one that was delivered before.
   * Where the alert changed meanwhile, the delivery is due again at once. An unknown id changes nothing.
   * Several at once are settled all or none.
   * @param deliveryId one id, or up to 2,000
   */
  settle(deliveryId: string | readonly string[], outcome: DeliveryOutcome, now: number): Promise<void>;
  /**
   * Alerts have changed: of those channels that are named, each that was told of one is owed a message on how it stands now, due
   * at `at`, behind the first messages about other alerts. Several changes become one message. What was never told, because
   * the first message is still on its way or was given up, is told once, as it stands then; what is not owed to a channel changes nothing.
   */
  oweFollowUps(
    alertIds: readonly string[],
    channels: readonly string[],
    times: { readonly now: number; readonly at: number },
  ): Promise<void>;
  /**
   * Adds to an alert what became known after it was stored (`withLookups`). Its identity, severity, lifecycle and its place in lists stay, and nobody is told
   * because of it. The alert as it is then; undefined where it is not there any more.
   */
  amend(amendment: Amendment): Promise<Alert | undefined>;
  /**
   * Deliveries that were given up, the last first.
   * @throws {BadCursorError} where `after` is not a cursor of this store
   * @throws {RangeError} where `limit` is out of its range
   */
  deadDeliveries(query: DeadQuery): Promise<DeadPage>;
  /**
   * Has deliveries that were given up tried again from the beginning, under their old ids, or drops them, and writes down who wanted that.
   * What is not given up at this moment is left alone. Returns the ids of those that were.
   */
  handleDead(ids: readonly string[], handling: DeadHandling): Promise<readonly string[]>;
  /** How many deliveries have neither arrived nor been given up, by channel; channels that are owed nothing are absent. */
  owed(): Promise<Readonly<Record<string, number>>>;
  position(source: string): Promise<string | undefined>;
  /**
   * All that commits have said of the state and not taken back, in no order.
   * @param prefix only of keys that begin with this; of ASCII, and short
   */
  state(prefix?: string): Promise<readonly StateEntry[]>;
  /**
   * Remembered assets, those first that were heard of last.
   * @throws {BadCursorError} where `after` is not a cursor of this store
   * @throws {RangeError} where `limit` is out of its range
   */
  assets(query: AssetQuery): Promise<AssetPage>;
  asset(key: string): Promise<Asset | undefined>;
  /** All remembered assets in pieces, those first that were not heard of for longest. */
  allAssets(): AsyncIterable<readonly Asset[]>;
  /** What others than this opened store have changed since a revision, and the revision up to which that is. */
  assetChanges(since: number): Promise<AssetChanges>;
  /** The ledger of blocks and its audit log. */
  readonly blocks: BlockStore;
  /** What people make of alerts: status, history, snoozes, suppressions, figures. */
  readonly life: LifeStore;
  /**
   * The newest rejections first.
   * @param limit 1 to 500
   */
  rejections(limit: number): Promise<readonly StoredRejection[]>;
  /** To go through all rejections, and take out what has been replayed. */
  readonly ledger: RejectionLedger;
  counts(): Promise<StoreCounts>;
  close(): Promise<void>;
}

export interface AssetQuery {
  /** `AWS::S3::Bucket` */
  readonly type?: string | undefined;
  readonly account?: string | undefined;
  /** A part of its name, id or ARN, in whatever case. */
  readonly text?: string | undefined;
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface AssetPage {
  readonly assets: readonly Asset[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface AssetChanges {
  readonly changes: readonly AssetChange[];
  readonly revision: number;
}

export interface DeliveryState {
  readonly id: string;
  readonly channel: string;
  readonly state: 'pending' | 'delivered' | 'dead' | 'dropped';
  readonly attempts: number;
  readonly reason: string | undefined;
  /** Where it was made once, and is owed again or was given up because the alert changed. */
  readonly toldBefore?: boolean | undefined;
  /** When the next attempt may begin, of what waits; in milliseconds since the epoch. */
  readonly due?: number | undefined;
  readonly cause?: DeliveryCause | undefined;
  /** What people did with it after it was given up, the first first; at most the last 20. */
  readonly history?: readonly DeadHandling[] | undefined;
}

export interface DeadQuery {
  readonly channel?: string | undefined;
  /** Only those given up in [since, until), in milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only those in whose reason this stands, letter by letter. */
  readonly reason?: string | undefined;
  readonly after?: string | undefined;
  /** 1 to 500. */
  readonly limit: number;
}

export interface DeadPage {
  readonly deliveries: readonly DeadDelivery[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

export interface DeadDelivery {
  readonly id: string;
  readonly channel: string;
  readonly alert: Alert;
  readonly attempts: number;
  readonly reason: string;
  /** When it was given up. */
  readonly diedAt: number;
  readonly history: readonly DeadHandling[];
}

export interface DeadHandling {
  readonly action: 'replayed' | 'dropped';
  readonly at: number;
  readonly by: string;
  /** Why it had been given up; the store fills it in. */
  readonly after?: string | undefined;
}

export interface StateEntry {
  /** At most 200 characters; the same that was committed. */
  readonly key: string;
  readonly value: Json;
}

export interface RejectionLedger {
  /**
   * The oldest first. What comes in meanwhile is on a later page.
   * @param query `after` is `next` of the page before; `limit` is 1 to 500
   * @throws {RangeError} where `limit` is out of its range
   */
  readonly page: (query: { readonly after?: number | undefined; readonly limit: number }) => Promise<{
    readonly rejections: readonly StoredRejection[];
    /** The number of the last one; undefined where there is none behind `after`. */
    readonly next: number | undefined;
  }>;
  /** Takes rejections out; returns how many were there. */
  readonly forget: (ids: readonly string[]) => Promise<number>;
}

export interface StoredRejection extends Rejection {
  readonly id: string;
}

/** A page cursor that this store did not make. */
export class BadCursorError extends Error {
  override readonly name = 'BadCursorError';
}
