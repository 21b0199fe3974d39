import { compileRule, type EventView, type Matcher } from './compile.ts';
import { compileFamilies, type Rests } from './families.ts';
import { compileIndex } from './rule-index.ts';
import type { Rule, RuleLogic } from './rule.ts';
import { shareTests, type Sharing } from './shared-tests.ts';

/** Returns the rules that match, in the order in which they were given. Safe to call from anywhere but from its own view. */
export type RuleSet<E> = (event: E) => readonly Rule[];

const none: readonly Rule[] = [];

/**
 * Compiles rules into one function that tries, for each event, only those that the event's own values make candidates: a rule that
 * needs `eventName: PutBucketPolicy`, or `sekurlsa` in a command line, costs nothing on any other event. What candidates read
 * and test is shared between them. Where the view tells events into families, what is common to a family is asked only once.
 * A rule itself is compiled when it is a candidate for the first time. Hot; see bench/matching.ts.
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
  const all = compilePart(rules, [...rules.keys()], [], view, sharing, true);
  const { families } = view;
  const partOf = families && compileFamilies(rules, view, families, (rests) => partFor(rests, view, sharing));
  return (event) => {
    const part = partOf?.(event) ?? all;
    if (part === idle) return none;
    try {
      const found: number[] = [];
      part.match(event, sharing.begin(), found);
      if (found.length === 0) return none;
      if (found.length > fewFound) found.sort((a, b) => a - b);
      else sortFew(found);
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

/** So few numbers are put in order sooner by hand. */
const fewFound = 20;

/** Puts numbers in order where they stand. The list's own way makes garbage each time, and few rules match at once. */
function sortFew(numbers: number[]): void {
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i] ?? 0;
    let at = i;
    for (let before = numbers[at - 1]; before !== undefined && before > number; before = numbers[at - 1])
      numbers[at--] = before;
    numbers[at] = number;
  }
}

/** Rules of a set that are tried on some of its events. */
interface Part<E> {
  /** Adds the numbers of those that match. */
  readonly match: (event: E, epoch: number, found: number[]) => void;
}

/** Where no rule can match. */
const idle: Part<unknown> = { match: () => undefined };

function partFor<E>(rests: Rests, view: EventView<E>, sharing: Sharing<E>): Part<E> {
  const rules: RuleLogic[] = [];
  const numbers: number[] = [];
  const sure: number[] = [];
  for (const [i, rest] of rests.entries()) {
    if (rest === true) sure.push(i);
    else if (rest !== false) {
      rules.push(rest);
      numbers.push(i);
    }
  }
  return rules.length + sure.length === 0 ? idle : compilePart(rules, numbers, sure, view, sharing, false);
}

/** So few are tried sooner than it is found out which of them to try. */
const fewRules = 20;

/**
 * @param numbers of the rules, in the set
 * @param sure numbers of rules that match whatever else stands in the event
 * @param remembers see `compileIndex`
 */
function compilePart<E>(
  rules: readonly RuleLogic[],
  numbers: readonly number[],
  sure: readonly number[],
  view: EventView<E>,
  sharing: Sharing<E>,
  remembers: boolean,
): Part<E> {
  const all = [...rules.keys()];
  const find = rules.length <= fewRules ? () => all : compileIndex(rules, view, sharing, remembers);
  const matchers: (Matcher<E> | undefined)[] = rules.map(() => undefined);
  return {
    match: (event, epoch, found) => {
      for (const number of sure) found.push(number);
      for (const i of find(event, epoch)) {
        const [rule, number] = [rules[i], numbers[i]];
        if (rule === undefined || number === undefined) continue;
        const matches = (matchers[i] ??= compileRule(rule, sharing.view));
        if (matches(event)) found.push(number);
      }
    },
  };
}
