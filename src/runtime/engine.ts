import type { Alert } from '../alert/alert.ts';
import { Subject, subjectView, type Finding } from '../alert/finding.ts';
import { alertRaiser } from '../alert/raise.ts';
import type { Event } from '../event/event.ts';
import type { LogSource, Rule } from '../sigma/rule.ts';
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

export function createEngine(rules: readonly Rule[]): Engine {
  const active = rules.filter((rule) => isCloudTrail(rule.logsource) && rule.status !== 'unsupported');
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

/** Sigma names the log source of CloudTrail `product: aws, service: cloudtrail`; each part that is absent stands for any. */
function isCloudTrail({ product, service, category }: LogSource): boolean {
  return (
    category === undefined &&
    (product === undefined || product === 'aws') &&
    (service === undefined || service === 'cloudtrail') &&
    (product !== undefined || service !== undefined)
  );
}
