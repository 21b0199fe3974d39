import type { Requests } from '../event/requests.ts';
import { compileRules } from '../sigma/ruleset.ts';
import { meansLogSource } from '../sigma/log-source.ts';
import type { Rule } from '../sigma/rule.ts';
import { rowFilter } from './inject-prefilter.ts';
import { requestSubject, requestView, webServerSource } from './inject-view.ts';

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
  const { mayMatch } = rowFilter(rules);
  const matching = compileRules(rules, requestView());
  return (requests, row) => (mayMatch(requests, row) ? matching(requestSubject(requests, row)) : none);
}
