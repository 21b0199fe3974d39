import { detectionOf } from './detection.ts';
import type { ProblemAt } from './later-places.ts';
import type { AppliedFilter, Condition, LogSource, Rule, RuleHeader } from './rule.ts';
import type { Search } from './search.ts';

/** A detection rule between reading and running: filters are added to it and pipelines change it, then a rule is made of it. */
export interface RuleDraft {
  readonly header: RuleHeader;
  readonly logsource: LogSource;
  readonly searches: Readonly<Record<string, Search>>;
  readonly conditions: readonly Condition[];
  readonly filters: readonly AppliedFilter[];
  /** Fields that correlations read in the rule's events, and what pipelines call them by now. */
  readonly correlated?: Readonly<Record<string, readonly string[]>>;
  readonly problem: ProblemAt;
}

/** @throws {RuleError} where a search cannot be run. */
export function ruleOf({ header, logsource, searches, conditions, filters }: RuleDraft): Rule {
  const detections = Object.entries(searches).map(([name, search]) => [name, detectionOf(search)] as const);
  return {
    ...header,
    logsource,
    detections: Object.fromEntries(detections),
    conditions,
    ...(filters.length > 0 ? { filters } : {}),
  };
}
