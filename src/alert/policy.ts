import { severities, type Severity } from '../event/severity.ts';
import { knownAccount, nothingKnown, type Known } from '../facts/known.ts';
import type { Detection, RuleHeader } from '../sigma/rule.ts';
import { compileDetection } from '../sigma/compile.ts';
import type { Alert } from './alert.ts';
import type { Subject } from './finding.ts';
import { judgedView, type Judged } from './judged.ts';

/** What the configuration makes of alerts: plain data. */
export interface AlertPolicy {
  /** Tried in order; each that holds changes what those before it left. */
  readonly severity: readonly SeverityChange[];
  /** The first that holds counts. */
  readonly exceptions: readonly AlertException[];
}

export interface SeverityChange {
  readonly name: string;
  readonly when: Detection;
  readonly change:
    | { readonly to: Severity }
    /** Steps up, or down where negative; never past the ends. */
    | { readonly by: number }
    | { readonly atLeast: Severity }
    | { readonly atMost: Severity };
}

/** What is known and accepted for a time. Its alerts are kept and counted, and delivered to nobody. */
export interface AlertException {
  readonly name: string;
  readonly when: Detection;
  readonly reason: string;
  readonly owner: string;
  /** Holds for events from this time on, in milliseconds since the epoch; always, where left out. */
  readonly from?: number | undefined;
  /** The first event time for which it holds no longer. */
  readonly until: number;
}

export const noPolicy: AlertPolicy = { severity: [], exceptions: [] };

/** Puts one alert under the policy. `subject` is there where one event made it. */
export type Judge = (alert: Alert, rule: RuleHeader, subject: Subject | undefined) => Alert;

/** Compiles a policy. Its end dates are held against the event's own time, so that an old archive is judged as it would have been. */
export function compilePolicy(policy: AlertPolicy, known: Known = nothingKnown): Judge {
  const view = judgedView(known);
  const changes = policy.severity.map((change) => ({
    ...change,
    holds: compileDetection(change.when, view),
  }));
  const exceptions = policy.exceptions.map((one) => ({ ...one, holds: compileDetection(one.when, view) }));
  return (alert, rule, subject) => {
    const account = knownAccount(alert.where.account, known);
    const placed =
      account === undefined ? alert : { ...alert, where: { ...alert.where, accountName: account.name } };
    if (changes.length + exceptions.length === 0) return placed;
    const judged: Judged = { alert: placed, rule, subject };
    const severity = severityOf(judged, changes);
    const exception = exceptions.find(
      ({ from = Number.NEGATIVE_INFINITY, until, holds }) =>
        alert.time >= from && alert.time < until && holds(judged),
    );
    return {
      ...placed,
      ...severity,
      ...(exception && {
        exception: {
          name: exception.name,
          reason: exception.reason,
          owner: exception.owner,
          until: exception.until,
        },
      }),
    };
  };
}

interface CompiledChange extends SeverityChange {
  readonly holds: (judged: Judged) => boolean;
}

function severityOf(
  judged: Judged,
  changes: readonly CompiledChange[],
): Pick<Alert, 'severity' | 'severityChanges'> {
  let { severity } = judged.alert;
  const severityChanges: string[] = [];
  for (const { name, change, holds } of changes) {
    const next = changed(severity, change);
    if (next === severity || !holds(judged)) continue;
    const word = severities.indexOf(next) > severities.indexOf(severity) ? 'raised' : 'lowered';
    severityChanges.push(`${word} from ${severity} to ${next}: ${name}`);
    severity = next;
  }
  return severityChanges.length === 0 ? { severity } : { severity, severityChanges };
}

function changed(severity: Severity, change: SeverityChange['change']): Severity {
  if ('to' in change) return change.to;
  const at = severities.indexOf(severity);
  const index =
    'by' in change
      ? at + change.by
      : 'atLeast' in change
        ? Math.max(at, severities.indexOf(change.atLeast))
        : Math.min(at, severities.indexOf(change.atMost));
  return severities[Math.min(Math.max(index, 0), severities.length - 1)] ?? severity;
}
