import type { Severity } from '../event/severity.ts';
import type { Alert } from './alert.ts';
import type { Status } from './alert-life.ts';
import { lifecycleOf } from './lifecycle.ts';

/** What may change of an alert after it was raised. */
export interface Standing {
  readonly status: Status;
  readonly severity: Severity;
  /** How many times it happened, or how many events are in it. */
  readonly count: number;
  /** Who gave it the status, and why; absent while nobody has touched it. Written by people, and hostile all the same. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** How often there was news of it that people are told of; absent where there was none. */
  readonly news?: number | undefined;
}

/** How an alert stands. */
export function standingOf(alert: Alert): Standing {
  const { severity, correlation, occurrences, lifecycle, news } = alert;
  const count = occurrences?.count ?? correlation?.total ?? 1;
  const { status, by, reason } = lifecycleOf(alert);
  return {
    status,
    severity,
    count,
    ...(lifecycle !== undefined && by !== '' && { by }),
    ...(reason !== undefined && { reason }),
    ...(news !== undefined && { news: news.number }),
  };
}

/** How an alert stood that nobody had touched. */
export function raisedStanding(alert: Alert): Standing {
  return { status: 'open', severity: alert.severity, count: alert.correlation?.total ?? 1 };
}
