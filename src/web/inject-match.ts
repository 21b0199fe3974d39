import type { Requests } from '../event/requests.ts';
import { compileRule, type Matcher } from '../sigma/compile.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import type { Rule } from '../sigma/rule.ts';
import { rowFilter, type RowFilter } from './inject-prefilter.ts';
import { requestSubject, requestView, webServerSource, type RequestSubject } from './inject-view.ts';

/** The rules that match a row of a batch. */
export type RequestMatcher = (requests: Requests, row: number) => readonly Rule[];

const none: readonly Rule[] = [];

/** Of all rules those for access logs that run. */
export function injectionRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(
    ({ logsource, status }) => meansLogSource(logsource, webServerSource) && status !== 'unsupported',
  );
}

/** Tries rules on rows; most rows are decided by their bytes alone. One row at a time. */
export function requestMatcher(rules: readonly Rule[]): RequestMatcher {
  const { mayMatch, match } = batchMatcher(rules);
  return (requests, row) => (mayMatch(requests, row) ? match(requests, row) : none);
}

/** Tries rules on batches: those that `suspects` leaves out match none, and `match` judges one of the others. */
export interface BatchMatcher extends Pick<RowFilter, 'mayMatch' | 'suspects' | 'isCleared'> {
  readonly match: RequestMatcher;
}

export function batchMatcher(rules: readonly Rule[]): BatchMatcher {
  const { mayMatch, suspects, isCleared, candidates } = rowFilter(rules);
  const view = requestView();
  const matchers: (Matcher<RequestSubject> | undefined)[] = rules.map(() => undefined);
  const match: RequestMatcher = (requests, row) => {
    const subject = requestSubject(requests, row);
    const matched: Rule[] = [];
    for (const number of candidates(requests, row)) {
      const rule = rules[number];
      if (rule === undefined) continue;
      const matches = (matchers[number] ??= compileRule(rule, view));
      if (matches(subject)) matched.push(rule);
    }
    return matched;
  };
  return { mayMatch, suspects, isCleared, match };
}
