import type { Generated } from 'kysely';
import type { Status } from '../alert/alert-life.ts';
import type { HistoryAction } from '../alert/lifecycle.ts';
import type { Severity } from '../event/severity.ts';
import type { BlockState } from '../web/block.ts';
import type { Approval, AuditAction, AuditPhase } from './block-store.ts';

/**
 * Where a delivery stands. `pending` to the outside are the first three: `ready` may be claimed,
 * `waiting` was put off until `due`, `leased` is held by a claimer until `due`. `dropped` is owed no longer, and was not made.
 */
export type Phase = 'ready' | 'waiting' | 'leased' | 'delivered' | 'dead' | 'dropped';

export interface AlertRow {
  /** Rises with each insert: the order of creation. */
  sequence: Generated<number>;
  id: string;
  time: number;
  severity: Severity;
  rule_id: string;
  account: string | null;
  /** 1 where the alert falls under an exception. */
  excepted: Generated<0 | 1>;
  /** What findings join it by; null where each is an alert of its own. */
  group_key: string | null;
  /** Event times of its first and last finding. */
  first_seen: number;
  last_seen: number;
  /** By how long it lasts: see `lasting.ts`. Null where it is of one moment. */
  lasting: Generated<number | null>;
  status: Generated<Status>;
  snoozed_until: Generated<number | null>;
  stored_at: number;
  /** The whole alert as JSON; text and not a JSON type, because those refuse or change NUL and lone surrogates. */
  alert: string;
}

export interface DeliveryRow {
  /** `sequence` of the alert. */
  alert: number;
  channel: string;
  id: string;
  phase: Phase;
  /** When the next attempt may begin, or when the lease ends. */
  due: number;
  attempts: number;
  reason: string | null;
  settled_at: number | null;
  /** 1 for a message about an alert that the channel knows already; such messages come after all first ones. */
  follows: Generated<0 | 1>;
  /** Rises with each change of the alert that the channel has to be told of. */
  revision: Generated<number>;
  /** The revision that was told last; -1 before the first message. */
  told_revision: Generated<number>;
  /** JSON of what was told last. */
  told: string | null;
  changed_at: number | null;
  /** JSON of why it is owed, where that is not only that a route said so. */
  cause: string | null;
  /** JSON list of what people did with it after it was given up. */
  history: string | null;
}

/** A finding that joined an alert, by the id that it would have had. */
export interface OccurrenceRow {
  id: string;
  /** `sequence` of the alert. */
  alert: number;
  time: number;
}

export interface HistoryRow {
  sequence: Generated<number>;
  /** Id of the alert, which may be gone. */
  alert: string;
  time: number;
  action: HistoryAction;
  by: string;
  via: string;
  detail: string;
  revision: number;
}

export interface FiguresRow {
  rule_id: string;
  /** Its id and title as JSON, as they were last. */
  rule: string;
  resolved: number;
  false_positives: number;
}

/** How much was told of a rule in an hour. */
export interface PaceRow {
  rule_id: string;
  start: number;
  told: number;
  muted: number;
  /** JSON: what of an `Overflow` is in no column. */
  detail: string;
}

export interface SuppressionRow {
  sequence: Generated<number>;
  id: string;
  /** JSON. */
  suppression: string;
}

export interface RejectionRow {
  sequence: Generated<number>;
  id: string;
  stored_at: number;
  /** Length of what was refused; `bytes` may be shorter. */
  length: number;
  /** Provenance and reason as JSON. */
  about: string;
  bytes: Uint8Array;
  /** What the row counts for in the limit on all rejections, in bytes. */
  size: number;
}

export interface PositionRow {
  source: string;
  position: string;
  stored_at: number;
}

export interface StateTableRow {
  key: string;
  /** JSON, as text for the same reason as an alert's. */
  value: string;
  stored_at: number;
}

export interface AssetRow {
  sequence: Generated<number>;
  key: string;
  type: string;
  account: string | null;
  /** Name, id and ARN in lower case, for finding it by a part of them. */
  words: string;
  last_seen: number;
  /** Of the commit that wrote it. */
  revision: number;
  stored_at: number;
  /** JSON; null where it was forgotten. */
  asset: string | null;
}

export interface BlockRow {
  sequence: Generated<number>;
  id: string;
  subject: string;
  /** As it was written down: a block whose time is over may still be `active` here. */
  state: BlockState;
  rule: string;
  decided_at: number;
  expires_at: number;
  stored_at: number;
  /** The whole block as JSON. */
  block: string;
}

export interface ApprovalRow {
  source: string;
  network: string;
  kind: Approval['kind'];
  reason: string | null;
  by: string;
  at: number;
}

export interface AuditRow {
  sequence: Generated<number>;
  time: number;
  action: AuditAction;
  by: string;
  subject: string;
  block: string | null;
  detail: string;
  phase: AuditPhase;
  settled_at: number | null;
  outcome: string | null;
}

export interface TargetRow {
  name: string;
  /** JSON list of networks. */
  held: string;
  left_out: string;
  tried_at: number | null;
  confirmed_at: number | null;
}

export interface LeaseRow {
  name: string;
  holder: string;
  until: number;
}

/** Running totals, so that counting never reads the tables. Kept by triggers, in the transaction of each change. */
export interface CounterRow {
  name: Counter;
  value: number;
}

export type Counter =
  | `alerts.${Severity}`
  | 'alerts.excepted'
  | 'deliveries.pending'
  | 'deliveries.delivered'
  | 'deliveries.dead'
  | 'deliveries.dropped'
  | 'rejections'
  | 'rejections.bytes'
  | 'rejections.dropped'
  | 'assets.revision'
  | `status.${Exclude<Status, 'open'>}`
  /** The number of the leader, which rises with each. */
  | 'leader';

/** The tables of every SQL store; each dialect makes them in its own migrations. */
export interface Tables {
  alerts: AlertRow;
  deliveries: DeliveryRow;
  occurrences: OccurrenceRow;
  alert_history: HistoryRow;
  rule_figures: FiguresRow;
  rule_pace: PaceRow;
  suppressions: SuppressionRow;
  rejections: RejectionRow;
  positions: PositionRow;
  state: StateTableRow;
  assets: AssetRow;
  blocks: BlockRow;
  block_approvals: ApprovalRow;
  block_audit: AuditRow;
  block_targets: TargetRow;
  block_leases: LeaseRow;
  counters: CounterRow;
}
