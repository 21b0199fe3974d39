import type { Condition } from '../rule.ts';
import type { Held } from './entry.ts';
import { alternativesOf, holds } from './expression.ts';
import type { Measure } from './window-measure.ts';

/** How many of the rules have matched; with an expression 1 where it holds and else 0. */
export function expressionMeasure(names: readonly string[], expression?: Condition): Measure {
  const present = countsOf(names.length);
  return {
    ...present,
    value: () => {
      if (expression === undefined) return names.filter((_, i) => present.has(i)).length;
      return holds(expression, (name) => present.has(names.indexOf(name))) ? 1 : 0;
    },
  };
}

/** How many of the rules have matched one after the other, in their order. Events of one instant are in any order that is wanted. */
export function orderedMeasure(rules: number): Measure {
  /** For each rule and number of rules: the latest start of so many in order that end with this one. */
  const latest = Array.from({ length: rules }, () => filled(rules + 1, Number.NEGATIVE_INFINITY));
  const instants = byInstant((time, members) => {
    const before = filled(rules + 1, Number.NEGATIVE_INFINITY);
    for (const [rule, own] of latest.entries()) {
      if (members.has(rule)) {
        own[1] = time;
        for (let length = 2; length <= rule + 1; length++)
          own[length] = Math.max(own[length] ?? -Infinity, before[length - 1] ?? -Infinity);
      }
      for (let length = 1; length <= rule + 1; length++)
        before[length] = Math.max(before[length] ?? -Infinity, own[length] ?? -Infinity);
    }
  });
  return {
    add: instants.add,
    remove: () => {},
    value: (_, start) => {
      instants.finish();
      let most = 0;
      for (const own of latest)
        for (let length = rules; length > most; length--)
          if ((own[length] ?? -Infinity) >= start) most = length;
      return most;
    },
  };
}

/** 1 where one of the expression's sequences has come about and what it excludes has not, else 0. */
export function sequencesMeasure(names: readonly string[], expression: Condition): Measure {
  const written = alternativesOf(expression);
  // Checked when the rule was read.
  if (typeof written === 'string') throw new Error(written);
  const present = countsOf(names.length);
  const alternatives = written.map(({ sequence, without }) => ({
    sequence: sequence.map((name) => names.indexOf(name)),
    without: without.map((name) => names.indexOf(name)),
    /** For each step: the latest start of the sequence up to it. */
    latest: filled(sequence.length, Number.NEGATIVE_INFINITY),
  }));
  const instants = byInstant((time, members) => {
    for (const { sequence, latest } of alternatives)
      for (const [step, rule] of sequence.entries())
        if (members.has(rule))
          latest[step] =
            step === 0 ? time : Math.max(latest[step] ?? -Infinity, latest[step - 1] ?? -Infinity);
  });
  return {
    add: (held) => {
      present.add(held);
      instants.add(held);
    },
    remove: present.remove,
    value: (_, start) => {
      instants.finish();
      const found = alternatives.some(
        ({ latest, without }) => (latest.at(-1) ?? -Infinity) >= start && !without.some(present.has),
      );
      return found ? 1 : 0;
    },
  };
}

function filled(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

function countsOf(rules: number) {
  const counts = filled(rules, 0);
  return {
    add: ({ members }: Held) => {
      for (const member of members) counts[member] = (counts[member] ?? 0) + 1;
    },
    remove: ({ members }: Held) => {
      for (const member of members) counts[member] = (counts[member] ?? 0) - 1;
    },
    has: (rule: number) => (counts[rule] ?? 0) > 0,
  };
}

/** Gathers the rules that matched in one instant, whatever the order in which they come, and hands them on together. */
function byInstant(apply: (time: number, members: ReadonlySet<number>) => void) {
  let time: number | undefined;
  const members = new Set<number>();
  function finish(): void {
    if (members.size === 0) return;
    if (time !== undefined) apply(time, members);
    members.clear();
  }
  return {
    finish,
    add: ({ entry, members: matched }: Held) => {
      if (entry.time !== time) finish();
      time = entry.time;
      for (const member of matched) members.add(member);
    },
  };
}
