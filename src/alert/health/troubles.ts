import type { Alert } from '../alert.ts';
import { healthAlert, type HealthRule, type Trouble } from './health-alert.ts';

/** A trouble that people were told of and that is not over. Plain data. */
export interface OpenTrouble {
  readonly rule: HealthRule;
  readonly subject: string;
  readonly since: number;
  readonly alertId: string;
  readonly title: string;
}

export interface TroubleStep {
  readonly alerts: readonly { readonly alert: Alert; readonly trouble: Trouble }[];
  readonly over: readonly OpenTrouble[];
  readonly open: readonly OpenTrouble[];
}

/**
 * What to tell of the troubles that there are now, after those that were told before. A trouble tells once, as long as it lasts.
 * @param isOver whether one that is not there now is known to be over: after a restart much is not known at first
 */
export function nextTroubles(
  open: readonly OpenTrouble[],
  now: readonly Trouble[],
  isOver: (open: OpenTrouble) => boolean,
  time: number,
): TroubleStep {
  const same = (a: Pick<Trouble, 'rule' | 'subject'>, b: Pick<Trouble, 'rule' | 'subject'>): boolean =>
    a.rule === b.rule && a.subject === b.subject;
  const fresh = now.filter((trouble) => !open.some((told) => same(told, trouble)));
  const alerts = fresh.map((trouble) => ({ trouble, alert: healthAlert(trouble, time) }));
  const over = open.filter((told) => !now.some((trouble) => same(told, trouble)) && isOver(told));
  return {
    alerts,
    over,
    open: [
      ...open.filter((told) => !over.includes(told)),
      ...alerts.map(({ trouble: { rule, subject, since }, alert }) => ({
        rule,
        subject,
        since,
        alertId: alert.id,
        title: alert.title,
      })),
    ],
  };
}
