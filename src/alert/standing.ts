import type { Severity } from '../event/severity.ts';
import type { Alert } from './alert.ts';

/** What people have made of an alert, in the order in which it is usual. */
export const statuses = ['open', 'acknowledged', 'in-progress', 'resolved', 'false-positive'] as const;

export type Status = (typeof statuses)[number];

/** What may change of an alert after it was raised. */
export interface Standing {
  readonly status: Status;
  readonly severity: Severity;
  /** How many times it happened, or how many events are in it. */
  readonly count: number;
  /** Who gave it the status, and why; absent while nobody has touched it. Written by people, and hostile all the same. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** How an alert stands that nobody has touched. */
export function raisedStanding(alert: Alert): Standing {
  return { status: 'open', severity: alert.severity, count: alert.correlation?.total ?? 1 };
}
