import type { Alert } from '../alert/alert.ts';
import { Subject, subjectView, type Finding } from '../alert/finding.ts';
import { alertRaiser } from '../alert/raise.ts';
import type { Event } from '../event/event.ts';
import type { LogSource, Rule } from '../sigma/rule.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import { compileRules } from '../sigma/ruleset.ts';

/** The pure middle: from events to alerts, with no I/O and no clock of its own. */
export interface Engine {
  /** Rules that can match what this version decodes; the others wait for their log source. */
  readonly active: readonly Rule[];
  /** What the event makes match, in the order of the rules. */
  readonly find: (event: Event) => readonly Finding[];
  readonly raise: (finding: Finding, decidedAt: number) => Alert;
}

const none: readonly Finding[] = [];

/** By what Sigma knows CloudTrail. Rules for other log sources cost its events nothing. */
const cloudTrail: LogSource = { product: 'aws', service: 'cloudtrail', category: undefined };

export function createEngine(rules: readonly Rule[]): Engine {
  const active = rules.filter(
    (rule) => meansLogSource(rule.logsource, cloudTrail) && rule.status !== 'unsupported',
  );
  const match = compileRules(active, subjectView);
  return {
    active,
    raise: alertRaiser(),
    find: (event) => {
      const subject = new Subject(event);
      const matched = match(subject);
      return matched.length === 0 ? none : matched.map((rule) => ({ rule, subject }));
    },
  };
}
