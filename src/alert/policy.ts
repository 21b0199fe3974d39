import { severities, type Severity } from '../event/severity.ts';
import { knownAccount, nothingKnown, type Known } from '../facts/known.ts';
import type { Detection, RuleHeader } from '../sigma/rule.ts';
import { compileDetection } from '../sigma/compile.ts';
import type { Alert } from './alert.ts';
import type { Subject } from './finding.ts';
import { compileGrouper, type GroupSetting } from './group.ts';
import { withinHours, type Hours } from './hours.ts';
import { judgedView, type Judged } from './judged.ts';

/** What the configuration makes of alerts: plain data. */
export interface AlertPolicy {
  /** Tried in order; each that holds changes what those before it left. */
  readonly severity: readonly SeverityChange[];
  /** The first that holds counts. */
  readonly exceptions: readonly AlertException[];
  /** What findings are joined by; each is an alert of its own, where left out. */
  readonly groups?: GroupSetting | undefined;
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
  /** Holds for events in these hours only; always, where left out. */
  readonly during?: Hours | undefined;
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
  /** Holds for events in these hours only; always, where left out. */
  readonly during?: Hours | undefined;
}

export const noPolicy: AlertPolicy = { severity: [], exceptions: [] };

/** Puts one alert under the policy. `subject` is there where one event made it. */
export type Judge = (alert: Alert, rule: RuleHeader, subject: Subject | undefined) => Alert;

/**
 * Compiles a policy. Its dates and hours are held against the event's own time, so that an old archive is judged as it would have been.
 * @param suppressions exceptions that were made meanwhile, asked for with each alert; the list must be another one where they have changed
 */
export function compilePolicy(
  policy: AlertPolicy,
  known: Known = nothingKnown,
  suppressions: () => readonly AlertException[] = () => none,
): Judge {
  const view = judgedView(known);
  const changes = policy.severity.map((change) => ({
    ...change,
    holds: compileDetection(change.when, view),
    isOpen: isOpenDuring(change.during),
  }));
  const compile = (some: readonly AlertException[]): readonly CompiledException[] =>
    some.map((one) => ({
      ...one,
      holds: compileDetection(one.when, view),
      isOpen: isOpenDuring(one.during),
    }));
  const exceptions = compile(policy.exceptions);
  let made: { readonly of: readonly AlertException[]; readonly compiled: readonly CompiledException[] } = {
    of: none,
    compiled: [],
  };
  const group = policy.groups && compileGrouper(policy.groups, known);
  return (alert, rule, subject) => {
    const account = knownAccount(alert.where.account, known);
    const placed =
      account === undefined ? alert : { ...alert, where: { ...alert.where, accountName: account.name } };
    const asked = suppressions();
    if (asked !== made.of) made = { of: asked, compiled: compile(asked) };
    const joins = group?.(placed, rule, subject);
    const grouped = joins === undefined ? placed : { ...placed, group: joins };
    if (changes.length + exceptions.length + made.compiled.length === 0) return grouped;
    const judged: Judged = { alert: placed, rule, subject };
    const severity = severityOf(judged, changes);
    const holds = ({ from = Number.NEGATIVE_INFINITY, until, isOpen, holds: matches }: CompiledException) =>
      alert.time >= from && alert.time < until && isOpen(alert.time) && matches(judged);
    const exception = exceptions.find(holds) ?? made.compiled.find(holds);
    return {
      ...grouped,
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

const none: readonly AlertException[] = [];

interface CompiledException extends AlertException {
  readonly holds: (judged: Judged) => boolean;
  readonly isOpen: (time: number) => boolean;
}

const isOpenDuring = (during: Hours | undefined): ((time: number) => boolean) =>
  during === undefined ? () => true : withinHours(during);

interface CompiledChange extends SeverityChange {
  readonly holds: (judged: Judged) => boolean;
  readonly isOpen: (time: number) => boolean;
}

function severityOf(
  judged: Judged,
  changes: readonly CompiledChange[],
): Pick<Alert, 'severity' | 'severityChanges'> {
  let { severity } = judged.alert;
  const severityChanges: string[] = [];
  for (const { name, change, isOpen, holds } of changes) {
    const next = changed(severity, change);
    if (next === severity || !isOpen(judged.alert.time) || !holds(judged)) continue;
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
