import type { Kysely, Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import { groupKeys } from '../alert/grouping.ts';
import { hourMs, type Overflow } from '../alert/overflow.ts';
import { atLeast } from '../event/severity.ts';
import { toKey } from './column-text.ts';
import type { OwedDelivery } from './owed.ts';
import { readJson, type CommitRows } from './rows.ts';
import type { PaceRow, Tables } from './schema.ts';

/** What of a rule was told in the hour that runs, and what was not. */
export interface Pace extends Overflow {
  readonly told: number;
}

/** What a telling comes with. */
type Batch = Pick<CommitRows, 'joining' | 'now'>;

export interface RulePaces {
  /**
   * Counts one telling; false where its rule may tell no more in this hour, which ends at `endOf`.
   * @param owes who would be told
   */
  readonly admits: (alert: Alert, batch: Batch, owes: readonly OwedDelivery[]) => Promise<boolean>;
  /** How many tellings of a batch were kept back. */
  readonly mutedOf: (batch: Batch) => number;
  /** When the hour of an alert's rule is over. Only after `admits`. */
  readonly endOf: (alert: Alert) => number;
  /** The hours that have changed. */
  readonly changed: () => Iterable<Pace>;
}

const mostActors = 50;

/** Names come from configurations, of which an hour sees a few at most; so nobody is left out who has fewer channels. */
const mostChannels = 500;

/**
 * The hours of rules as far as one transaction needs them: each is read once and written once. An hour begins with the first telling.
 * @param read the last hour of a rule
 */
export function rulePaces(read: (ruleId: string) => Promise<Pace | undefined>): RulePaces {
  const paces = new Map<string, Pace>();
  const muted = new Map<Batch, number>();

  async function paceOf({ rule, severity, time }: Alert, now: number): Promise<Pace> {
    const held = paces.get(rule.id) ?? (await read(rule.id));
    // An hour that has not begun yet is one of a clock that was set back.
    if (held !== undefined && now >= held.start && now < held.start + hourMs) return held;
    return {
      rule,
      severity,
      start: now,
      told: 0,
      muted: 0,
      actors: [],
      channels: [],
      first: time,
      last: time,
    };
  }

  return {
    admits: async (alert, batch, owes) => {
      const most = batch.joining?.perHour?.(alert);
      if (most === undefined) return true;
      const pace = await paceOf(alert, batch.now);
      const isAdmitted = pace.told < most;
      paces.set(alert.rule.id, isAdmitted ? { ...pace, told: pace.told + 1 } : withMuted(pace, alert, owes));
      if (!isAdmitted) muted.set(batch, (muted.get(batch) ?? 0) + 1);
      return isAdmitted;
    },
    mutedOf: (batch) => muted.get(batch) ?? 0,
    endOf: ({ rule }) => (paces.get(rule.id)?.start ?? 0) + hourMs,
    changed: () => paces.values(),
  };
}

function withMuted(pace: Pace, alert: Alert, owes: readonly OwedDelivery[]): Pace {
  const { actor } = groupKeys(alert);
  const isFirst = pace.muted === 0;
  const time = alert.occurrences?.lastSeen ?? alert.time;
  return {
    ...pace,
    muted: pace.muted + 1,
    // Where only the last counted, a trifle at the end would carry what is grave past whoever waits for what is grave.
    severity: isFirst || atLeast(alert.severity, pace.severity) ? alert.severity : pace.severity,
    channels: [...new Set([...(pace.channels ?? []), ...namesOf(owes)])].slice(0, mostChannels),
    actors:
      pace.actors.includes(actor) || pace.actors.length >= mostActors ? pace.actors : [...pace.actors, actor],
    first: isFirst ? time : Math.min(pace.first, time),
    last: isFirst ? time : Math.max(pace.last, time),
  };
}

/** Who would have been told without a further condition; where nobody would, who would have been told later under one. */
function namesOf(owes: readonly OwedDelivery[]): readonly string[] {
  const certain = owes.filter(({ cause }) => cause === undefined || cause.type === 'client');
  return (certain.length > 0 ? certain : owes).map(({ channel }) => channel);
}

export async function readPace(
  trx: Transaction<Tables>,
  ruleId: string,
  place: string,
): Promise<Pace | undefined> {
  const row = await trx
    .selectFrom('rule_pace')
    .selectAll()
    .where('rule_id', '=', toKey(ruleId))
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && paceOfRow(row, place);
}

function paceOfRow({ start, told, muted, detail }: PaceRow, place: string): Pace {
  const rest = readJson(detail, 'the pace of a rule', place) as Omit<Pace, 'start' | 'told' | 'muted'>;
  return { ...rest, start, told, muted };
}

export async function writePace(
  trx: Transaction<Tables>,
  { start, told, muted, ...rest }: Pace,
): Promise<void> {
  const ruleId = toKey(rest.rule.id);
  const detail = JSON.stringify(rest);
  await trx
    .insertInto('rule_pace')
    .values({ rule_id: ruleId, start, told, muted, detail })
    .onConflict((conflict) => conflict.columns(['rule_id', 'start']).doUpdateSet({ told, muted, detail }))
    .execute();
  // Hours that are over stay only while something of them has to be told.
  await trx
    .deleteFrom('rule_pace')
    .where('rule_id', '=', ruleId)
    .where('start', '<', start)
    .where('muted', '=', 0)
    .execute();
}

/** Hours that were over at `now`, in which something was kept back. */
export async function selectOverflows(
  db: Kysely<Tables>,
  now: number,
  place: string,
): Promise<readonly Overflow[]> {
  const rows = await db
    .selectFrom('rule_pace')
    .selectAll()
    .where('muted', '>', 0)
    .where('start', '<=', now - hourMs)
    .orderBy('start')
    .execute();
  return rows.map((row) => {
    const { told: _, ...overflow } = paceOfRow(row, place);
    return overflow;
  });
}

/** What has been told of, with the alerts of the same transaction. */
export async function endOverflows(trx: Transaction<Tables>, told: readonly Overflow[]): Promise<void> {
  for (const { rule, start } of told)
    await trx
      .deleteFrom('rule_pace')
      .where('rule_id', '=', toKey(rule.id))
      .where('start', '=', start)
      .execute();
}
