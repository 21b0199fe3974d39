import { compileRule, type EventView, type Matcher } from './compile.ts';
import { compileIndex } from './rule-index.ts';
import type { Rule } from './rule.ts';
import { shareTests } from './shared-tests.ts';

/** Returns the rules that match, in the order in which they were given. Safe to call from anywhere but from its own view. */
export type RuleSet<E> = (event: E) => readonly Rule[];

const none: readonly Rule[] = [];

/**
 * Compiles rules into one function that tries, for each event, only those that the event's own values make candidates: a rule that
 * needs `eventName: PutBucketPolicy`, or `sekurlsa` in a command line, costs nothing on any other event. What candidates read
 * and test is shared between them. A rule itself is compiled when it is a candidate for the first time. Hot; see bench/matching.ts.
 */
export function compileRules<E>(rules: readonly Rule[], view: EventView<E>): RuleSet<E> {
  let set = newSet(rules, view);
  let left = eventsOfSet;
  return (event) => {
    if (left-- === 0) {
      set = newSet(rules, view);
      left = eventsOfSet;
    }
    return set(event);
  };
}

/** A set numbers its events with small integers, which cost no memory; when they run out, a new set begins anew. */
const eventsOfSet = 2 ** 29;

function newSet<E>(rules: readonly Rule[], view: EventView<E>): RuleSet<E> {
  const sharing = shareTests(view);
  const find = compileIndex(rules, view, sharing);
  const matchers: (Matcher<E> | undefined)[] = rules.map(() => undefined);
  return (event) => {
    try {
      const found: number[] = [];
      for (const i of find(event, sharing.begin())) {
        const rule = rules[i];
        if (rule === undefined) continue;
        const matches = (matchers[i] ??= compileRule(rule, sharing.view));
        if (matches(event)) found.push(i);
      }
      if (found.length === 0) return none;
      if (found.length > 1) found.sort((a, b) => a - b);
      const matched: Rule[] = [];
      for (const i of found) {
        const rule = rules[i];
        if (rule !== undefined) matched.push(rule);
      }
      return matched;
    } finally {
      sharing.end();
    }
  };
}
