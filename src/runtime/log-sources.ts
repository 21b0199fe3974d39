import type { EventKind } from '../event/event.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import type { LogSource, Rule } from '../sigma/rule.ts';

/** By what Sigma knows CloudTrail. */
const cloudTrailSource: LogSource = { product: 'aws', service: 'cloudtrail', category: undefined };

/** Findings of AWS's services: each has its service, and all together the category `finding`. */
const findingSources: ReadonlyMap<EventKind, LogSource> = new Map(
  (
    [
      ['guardduty.finding', 'guardduty'],
      ['securityhub.finding', 'securityhub'],
      ['access-analyzer.finding', 'access-analyzer'],
      ['macie.finding', 'macie'],
      ['inspector.finding', 'inspector'],
    ] as const
  ).map(([kind, service]) => [kind, { product: 'aws', service, category: 'finding' }]),
);

/** The log source of an event. */
export function logSourceOf(kind: EventKind): LogSource {
  return findingSources.get(kind) ?? cloudTrailSource;
}

/** Whether a rule is for CloudTrail, perhaps for other sources too. */
export function isForCloudTrail(rule: Rule): boolean {
  return meansLogSource(rule.logsource, cloudTrailSource);
}

/** Whether a rule is for any log source that this version decodes. */
export function isForKnownSource(rule: Rule): boolean {
  return (
    isForCloudTrail(rule) ||
    [...findingSources.values()].some((source) => meansLogSource(rule.logsource, source))
  );
}
