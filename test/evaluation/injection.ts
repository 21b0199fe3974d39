import { join } from 'node:path';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import { injectionRules, requestMatcher } from '../../src/web/inject-match.ts';
import { requestsOf } from '../../src/web/testing/requests.ts';
import type { LabelledRequest } from './injection-cases.ts';

export interface Verdict {
  readonly of: LabelledRequest;
  /** The rules that match. */
  readonly rules: readonly Rule[];
}

/** The rules on requests that come with Tocsin. */
export async function builtinInjectionRules(): Promise<readonly Rule[]> {
  const { rules, problems } = await loadRules([join(builtinRules, 'web')]);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`${problem.path}:${problem.line}: ${problem.message}`);
  return injectionRules(rules);
}

/** What the rules say to each request, as the signal asks them. */
export function judge(rules: readonly Rule[], cases: readonly LabelledRequest[]): readonly Verdict[] {
  const match = requestMatcher(rules);
  const requests = requestsOf(cases.map(({ request }) => request));
  return cases.map((of, row) => ({ of, rules: match(requests, row) }));
}

export interface Confusion {
  readonly group: string;
  readonly attacks: number;
  readonly found: number;
  readonly normal: number;
  readonly alarms: number;
}

/** Counts by group, and in sum. */
export function confusionOf(verdicts: readonly Verdict[]): readonly Confusion[] {
  const groups = [...new Set(verdicts.map(({ of }) => of.group))].sort();
  const count = (group: string, among: readonly Verdict[]): Confusion => {
    const attacks = among.filter(({ of }) => of.isAttack);
    const normal = among.filter(({ of }) => !of.isAttack);
    const hits = (some: readonly Verdict[]) => some.filter(({ rules }) => rules.length > 0).length;
    return {
      group,
      attacks: attacks.length,
      found: hits(attacks),
      normal: normal.length,
      alarms: hits(normal),
    };
  };
  return [
    ...groups.map((group) =>
      count(
        group,
        verdicts.filter(({ of }) => of.group === group),
      ),
    ),
    count('all', verdicts),
  ];
}
