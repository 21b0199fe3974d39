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
  const { mayMatch, candidates } = rowFilter(rules);
  const tried = ruleTrial(rules);
  return (requests, row) =>
    mayMatch(requests, row) ? tried(requests, row, candidates(requests, row)) : none;
}

/** Tries rules on batches: those rows that `suspects` leaves out match none, and `match` judges one of the others. */
export interface BatchMatcher extends Pick<RowFilter, 'suspects'> {
  readonly match: RequestMatcher;
}

export function batchMatcher(rules: readonly Rule[]): BatchMatcher {
  const { suspects, candidates, verdictOf } = rowFilter(rules);
  const tried = ruleTrial(rules);
  const ruleOf = (number: number): readonly Rule[] => {
    const rule = rules[number];
    return rule === undefined ? none : [rule];
  };
  const match: RequestMatcher = (requests, row) => {
    const verdict = verdictOf(row);
    if (verdict === undefined) return tried(requests, row, candidates(requests, row));
    const { matching, open } = verdict;
    if (open.length === 0) return matching.length === 0 ? none : matching.flatMap(ruleOf);
    // Each rule is either; all of them are told in their order.
    const also = new Set(tried(requests, row, open));
    return [...matching, ...open]
      .sort((a, b) => a - b)
      .flatMap((number) => ruleOf(number).filter((rule) => matching.includes(number) || also.has(rule)));
  };
  return { suspects, match };
}

/** Tries those of the rules that have these numbers. */
function ruleTrial(
  rules: readonly Rule[],
): (requests: Requests, row: number, numbers: readonly number[]) => readonly Rule[] {
  const view = requestView();
  const matchers: (Matcher<RequestSubject> | undefined)[] = rules.map(() => undefined);
  return (requests, row, numbers) => {
    const subject = requestSubject(requests, row);
    return numbers.flatMap((number) => {
      const rule = rules[number];
      if (rule === undefined) return none;
      return (matchers[number] ??= compileRule(rule, view))(subject) ? [rule] : none;
    });
  };
}
