import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../event/severity.ts';

/** Matches of one rule beyond those that were raised as alerts: counted, so that a flood of one kind hides nothing else. */
export interface Further {
  readonly rule: { readonly id: string; readonly title: string };
  readonly severity: Severity;
  readonly matches: number;
  /** The oldest and the newest event time among them. */
  readonly first: number;
  readonly last: number;
}

/** A rule as far as it is limited. */
interface Limited {
  readonly id: string;
  readonly title: string;
}

/** Lets so many alerts of each rule and severity through and counts the rest. Alerts under an exception count for nothing and pass. */
export interface AlertLimit {
  /** Whether no more alerts of this rule and severity will be let through, so that a match need not be made an alert of. */
  readonly isReached: (ruleId: string, severity: Severity) => boolean;
  /** Keys of all rules and severities whose limit is reached: plain data, for limits in other threads. */
  readonly reached: () => ReadonlySet<string>;
  /** Counts a match of a rule whose limit is reached. */
  readonly count: (rule: Limited, severity: Severity, time: number) => void;
  /** False where the alert is beyond the limit; it has been counted then. */
  readonly admits: (alert: Alert) => boolean;
  readonly add: (further: readonly Further[]) => void;
  /** What was counted since this was last called. */
  readonly take: () => readonly Further[];
}

/** @param before what was reached by what comes before, as another limit tells it */
export function createAlertLimit(most: number, before: () => ReadonlySet<string> = none): AlertLimit {
  const admitted = new Map<string, number>();
  const reached = new Set<string>();
  let counted = new Map<string, Further>();
  const keys = new Map<string, Map<Severity, string>>();
  // A text that is made anew has to be hashed anew, for each event a few times.
  const keyOf = (ruleId: string, severity: Severity): string => {
    let ofRule = keys.get(ruleId);
    if (ofRule === undefined) keys.set(ruleId, (ofRule = new Map<Severity, string>()));
    let key = ofRule.get(severity);
    if (key === undefined) ofRule.set(severity, (key = `${severity} ${ruleId}`));
    return key;
  };
  const isReached = (ruleId: string, severity: Severity): boolean => {
    if (most === 0) return true;
    // As most of the time; a key is not made for nothing then.
    const earlier = before();
    if (reached.size === 0 && earlier.size === 0) return false;
    const key = keyOf(ruleId, severity);
    return reached.has(key) || earlier.has(key);
  };
  const add = (more: Further): void => {
    const key = keyOf(more.rule.id, more.severity);
    const known = counted.get(key);
    counted.set(key, known === undefined ? more : joined(known, more));
  };
  const count = ({ id, title }: Limited, severity: Severity, time: number): void =>
    add({ rule: { id, title }, severity, matches: 1, first: time, last: time });
  return {
    isReached,
    reached: () => reached,
    count,
    admits: ({ rule, severity, time, exception }) => {
      if (exception !== undefined) return true;
      if (isReached(rule.id, severity)) {
        count(rule, severity, time);
        return false;
      }
      const key = keyOf(rule.id, severity);
      const number = (admitted.get(key) ?? 0) + 1;
      admitted.set(key, number);
      if (number >= most) reached.add(key);
      return true;
    },
    add: (further) => further.forEach(add),
    take: () => {
      const taken = [...counted.values()];
      counted = new Map();
      return taken;
    },
  };
}

const nothing: ReadonlySet<string> = new Set();
const none = (): ReadonlySet<string> => nothing;

function joined(a: Further, b: Further): Further {
  return {
    ...a,
    matches: a.matches + b.matches,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
  };
}
