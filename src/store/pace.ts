import type { Kysely, Transaction } from 'kysely';
import type { Alert } from '../alert/alert.ts';
import { groupKeys } from '../alert/grouping.ts';
import type { Joining } from '../alert/join.ts';
import { hourMs, type Overflow } from '../alert/overflow.ts';
import { toKey } from './column-text.ts';
import { readJson } from './rows.ts';
import type { PaceRow, Tables } from './schema.ts';

/** What of a rule was told in the hour that runs, and what was not. */
export interface Pace extends Overflow {
  readonly told: number;
}

export interface RulePaces {
  /** Counts one telling; false where its rule may tell no more in this hour, which ends at `endOf`. */
  readonly admits: (alert: Alert, joining: Joining, now: number) => Promise<boolean>;
  /** When the hour of an alert's rule is over. Only after `admits`. */
  readonly endOf: (alert: Alert) => number;
  /** The hours that have changed. */
  readonly changed: () => Iterable<Pace>;
}

const mostActors = 50;

/**
 * The hours of rules as far as one transaction needs them: each is read once and written once. An hour begins with the first telling.
 * @param read the last hour of a rule
 */
export function rulePaces(read: (ruleId: string) => Promise<Pace | undefined>): RulePaces {
  const paces = new Map<string, Pace>();

  async function paceOf({ rule, severity, time }: Alert, now: number): Promise<Pace> {
    const held = paces.get(rule.id) ?? (await read(rule.id));
    // An hour that has not begun yet is one of a clock that was set back.
    if (held !== undefined && now >= held.start && now < held.start + hourMs) return held;
    return { rule, severity, start: now, told: 0, muted: 0, actors: [], first: time, last: time };
  }

  return {
    admits: async (alert, joining, now) => {
      const most = joining.perHour?.(alert);
      if (most === undefined) return true;
      const pace = await paceOf(alert, now);
      const isAdmitted = pace.told < most;
      paces.set(alert.rule.id, isAdmitted ? { ...pace, told: pace.told + 1 } : withMuted(pace, alert));
      return isAdmitted;
    },
    endOf: ({ rule }) => (paces.get(rule.id)?.start ?? 0) + hourMs,
    changed: () => paces.values(),
  };
}

function withMuted(pace: Pace, alert: Alert): Pace {
  const { actor } = groupKeys(alert);
  const isFirst = pace.muted === 0;
  const time = alert.occurrences?.lastSeen ?? alert.time;
  return {
    ...pace,
    muted: pace.muted + 1,
    severity: alert.severity,
    actors:
      pace.actors.includes(actor) || pace.actors.length >= mostActors ? pace.actors : [...pace.actors, actor],
    first: isFirst ? time : Math.min(pace.first, time),
    last: isFirst ? time : Math.max(pace.last, time),
  };
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
