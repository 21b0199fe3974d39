import type { Insertable, Selectable } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import type { DeliveryCause } from '../alert/delivery-cause.ts';
import type { Overflow } from '../alert/overflow.ts';
import type { Json } from '../event/json.ts';
import type { Rejection } from '../event/record.ts';
import { assetRow, type NewAssetRow } from './assets.ts';
import { fromColumn, toColumn, toKey } from './column-text.ts';
import { StoreError } from './error.ts';
import { deliveryId, rejectionId } from './identity.ts';
import { lastingOf } from './lasting.ts';
import type {
  AlertRow,
  CounterRow,
  DeliveryRow,
  PositionRow,
  RejectionRow,
  StateTableRow,
} from './schema.ts';
import { alertTerms } from './search-terms.ts';
import type { CommitJoining, OwedDelivery } from './owed.ts';
import type {
  Commit,
  DeadHandling,
  DeliveryState,
  StateEntry,
  StoreCounts,
  StoredRejection,
} from './store.ts';
import type { Told } from './told.ts';

/** Of one rejected stretch of bytes no more than this is kept. */
const longestRejection = 256 * 1024;

/** A row with all of its columns but the number that the database gives it. */
export type NewAlertRow = Omit<Selectable<AlertRow>, 'sequence'>;

/** A row of what nobody has been told of yet. */
export type NewDeliveryRow = Omit<Selectable<DeliveryRow>, 'follows' | 'revision' | 'told_revision'>;

/** A commit as rows: everything that can be wrong with it has been found before a transaction begins. */
export interface CommitRows {
  readonly alerts: readonly {
    readonly id: string;
    readonly row: NewAlertRow;
    /** What it is found by, with a space between them. */
    readonly terms: string;
    readonly owes: readonly OwedDelivery[];
    readonly alert: Alert;
    /** Whether the one that is there may learn from it. */
    readonly grows: boolean;
  }[];
  readonly joining: CommitJoining | undefined;
  readonly overflowsTold: readonly Overflow[];
  readonly rejections: readonly Insertable<RejectionRow>[];
  readonly positions: readonly Insertable<PositionRow>[];
  readonly state: readonly { readonly key: string; readonly row: Insertable<StateTableRow> | undefined }[];
  readonly assets: readonly NewAssetRow[];
  /** The revision of assets that the changes to them were made from; undefined where they are made from none. */
  readonly assetsFrom: number | undefined;
  /** The number of the leader who decided; undefined for what anybody may write. */
  readonly leader: number | undefined;
  /** Whether it has waited for others that came at the same time. */
  readonly isGathered: boolean;
  readonly now: number;
}

/** @throws {StoreError} `unfit` where something in it has no JSON form or no place on the time line. */
export function commitRows(commit: Commit, place: string, leader: number | undefined): CommitRows {
  return {
    alerts: commit.alerts.map(({ alert, channels, grows }) => ({
      id: alert.id,
      row: alertRow(alert, commit.now, place),
      terms: alertTerms(alert).join(' '),
      owes: owedOnce(channels),
      alert,
      grows: grows === true,
    })),
    joining: commit.joining,
    overflowsTold: commit.overflowsTold ?? [],
    rejections: (commit.rejections ?? []).map((rejection) => rejectionRow(rejection, commit.now)),
    positions: (commit.positions ?? []).map(({ source, position }) => ({
      source: toKey(source),
      position: toColumn(position),
      stored_at: commit.now,
    })),
    state: (commit.state ?? []).map((change) => stateChange(change, commit.now)),
    assets: (commit.assets ?? []).map((change) => assetRow(change, commit.now)),
    assetsFrom: commit.assetsFrom,
    leader,
    isGathered: commit.early === true,
    now: commit.now,
  };
}

export function stateChange(
  { key, value }: NonNullable<Commit['state']>[number],
  now: number,
): CommitRows['state'][number] {
  const column = toKey(key);
  return {
    key: column,
    row: value === undefined ? undefined : { key: column, value: JSON.stringify(value), stored_at: now },
  };
}

/** @throws {StoreError} `unfit` where it has no JSON form or no place on the time line. */
export function alertRow(alert: Alert, now: number, place: string): NewAlertRow {
  const unfit = (reason: string, options?: ErrorOptions): StoreError =>
    new StoreError(
      'unfit',
      {
        subject: `alert ${alert.id}`,
        place,
        reason,
        wayOut: 'reject the record that it came from; trying again will not help',
      },
      options,
    );
  if (!Number.isFinite(alert.time))
    throw unfit(`its time is ${alert.time}, not milliseconds since the epoch`);
  let text: string;
  try {
    text = JSON.stringify(alert);
  } catch (cause) {
    throw unfit(
      cause instanceof RangeError
        ? 'it is nested too deeply, or too long, to be written as JSON'
        : `it cannot be written as JSON (${String(cause)})`,
      { cause },
    );
  }
  const { firstSeen, lastSeen } = alert.occurrences ?? { firstSeen: alert.time, lastSeen: alert.time };
  return {
    id: toKey(alert.id),
    time: alert.time,
    severity: alert.severity,
    rule_id: toKey(alert.rule.id),
    account: alert.where.account === undefined ? null : toKey(alert.where.account),
    excepted: alert.exception === undefined ? 0 : 1,
    group_key: alert.group === undefined ? null : toKey(alert.group.key),
    first_seen: firstSeen,
    last_seen: lastSeen,
    lasting: lastingOf(firstSeen, lastSeen),
    status: alert.lifecycle?.status ?? 'open',
    snoozed_until: alert.lifecycle?.snoozedUntil ?? null,
    stored_at: now,
    alert: text,
  };
}

function rejectionRow(rejection: Rejection, now: number): Insertable<RejectionRow> {
  const about = JSON.stringify({ provenance: rejection.provenance, reason: rejection.reason });
  const bytes = rejection.bytes.slice(0, longestRejection);
  return {
    id: rejectionId(rejection),
    stored_at: now,
    length: rejection.length,
    about,
    bytes,
    size: bytes.length + Buffer.byteLength(about),
  };
}

/** What is owed, each channel once: what comes first of one counts. */
export function owedOnce(channels: Commit['alerts'][number]['channels']): readonly OwedDelivery[] {
  const once = new Map<string, OwedDelivery>();
  for (const one of channels) {
    const owed = typeof one === 'string' ? { channel: one } : one;
    if (!once.has(owed.channel)) once.set(owed.channel, owed);
  }
  return [...once.values()];
}

/** An alert waits a few seconds for what is looked up about it; that is still its first message, as old as the alert. */
const longWaitMs = 60_000;

export function deliveryRow(
  alert: { readonly id: string; readonly sequence: number },
  { channel, due: asked, cause }: OwedDelivery,
  now: number,
): NewDeliveryRow {
  const due = Math.max(asked ?? now, now);
  return {
    alert: alert.sequence,
    channel: toColumn(channel),
    id: deliveryId(alert.id, channel),
    phase: due > now ? 'waiting' : 'ready',
    due,
    attempts: 0,
    reason: null,
    settled_at: null,
    told: null,
    // What was to wait is young when its time has come.
    changed_at: due - now >= longWaitMs ? due : null,
    cause: cause === undefined ? null : JSON.stringify(cause),
    history: null,
  };
}

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readState(row: Pick<StateTableRow, 'key' | 'value'>, place: string): StateEntry {
  const key = fromColumn(row.key);
  return { key, value: readJson(row.value, `the state of ${key}`, place) as Json };
}

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readAlert(text: string, place: string): Alert {
  return readJson(text, 'an alert', place) as Alert;
}

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readTold(text: string | null, place: string): Told | undefined {
  return text === null ? undefined : (readJson(text, 'what a channel was told', place) as Told);
}

export function readRejection(row: Selectable<RejectionRow>, place: string): StoredRejection {
  const about = readJson(row.about, `rejection ${row.id}`, place) as Pick<Rejection, 'provenance' | 'reason'>;
  return {
    id: row.id,
    provenance: about.provenance,
    reason: about.reason,
    length: row.length,
    bytes: new Uint8Array(row.bytes),
  };
}

export function readJson(text: string, subject: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreError(
      'corrupt',
      {
        subject,
        place,
        reason: 'what is stored is not JSON any more',
        wayOut: 'restore the store from a backup',
      },
      { cause },
    );
  }
}

/** What `readDeliveryState` reads. */
export const deliveryStateColumns = [
  'deliveries.id',
  'deliveries.channel',
  'deliveries.phase',
  'deliveries.due',
  'deliveries.attempts',
  'deliveries.reason',
  'deliveries.cause',
  'deliveries.history',
  'deliveries.told_revision',
] as const;

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readDeliveryState(
  row: Pick<
    Selectable<DeliveryRow>,
    'id' | 'channel' | 'phase' | 'due' | 'attempts' | 'reason' | 'cause' | 'history' | 'told_revision'
  >,
  place: string,
): DeliveryState {
  const history = readHistory(row.history, place);
  const cause = readCause(row.cause, place);
  return {
    id: row.id,
    channel: fromColumn(row.channel),
    state: overPhases.find((phase) => phase === row.phase) ?? 'pending',
    attempts: row.attempts,
    reason: row.reason === null ? undefined : fromColumn(row.reason),
    ...(row.phase === 'waiting' ? { due: row.due } : {}),
    ...(row.phase !== 'delivered' && row.told_revision >= 0 ? { toldBefore: true } : {}),
    ...(cause === undefined ? {} : { cause }),
    ...(history.length === 0 ? {} : { history }),
  };
}

const overPhases = ['delivered', 'dead', 'dropped'] as const;

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readCause(text: string | null, place: string): DeliveryCause | undefined {
  return text === null ? undefined : (readJson(text, 'why a delivery is owed', place) as DeliveryCause);
}

/** @throws {StoreError} `corrupt` where the text in the table is no longer JSON. */
export function readHistory(text: string | null, place: string): readonly DeadHandling[] {
  return text === null ? [] : (readJson(text, 'the history of a delivery', place) as DeadHandling[]);
}

export function readCounts(rows: readonly CounterRow[]): StoreCounts {
  const values = new Map(rows.map((row) => [row.name, row.value]));
  const count = (name: CounterRow['name']): number => values.get(name) ?? 0;
  return {
    alerts: {
      informational: count('alerts.informational'),
      low: count('alerts.low'),
      medium: count('alerts.medium'),
      high: count('alerts.high'),
      critical: count('alerts.critical'),
    },
    excepted: count('alerts.excepted'),
    deliveries: {
      pending: count('deliveries.pending'),
      delivered: count('deliveries.delivered'),
      dead: count('deliveries.dead'),
      dropped: count('deliveries.dropped'),
    },
    rejections: count('rejections'),
    rejectionsDropped: count('rejections.dropped'),
  };
}
