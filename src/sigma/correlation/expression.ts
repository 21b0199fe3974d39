import type { Condition } from '../rule.ts';

/** One way in which an ordered condition can hold: these rules one after the other, and none of those. */
export interface Alternative {
  readonly sequence: readonly string[];
  readonly without: readonly string[];
}

/** A condition written out into more ways than this would cost more than it says. */
const mostAlternatives = 100;

/**
 * What a condition over rules means when their order counts: `and` is "then", in the order in which it is written. A sentence where it
 * cannot be written out so.
 */
export function alternativesOf(condition: Condition): readonly Alternative[] | string {
  try {
    const alternatives = writtenOut(condition, false);
    return alternatives.some(({ sequence }) => sequence.length === 0)
      ? 'can hold without any of the rules having matched; name at least one that must'
      : alternatives;
  } catch (error) {
    if (error instanceof TooMuch) return error.message;
    throw error;
  }
}

class TooMuch extends Error {
  override readonly name = 'TooMuch';
}

function writtenOut(condition: Condition, negated: boolean): readonly Alternative[] {
  switch (condition.type) {
    case 'detection':
      return [
        negated ? { sequence: [], without: [condition.name] } : { sequence: [condition.name], without: [] },
      ];
    case 'not':
      return writtenOut(condition.of, !negated);
    case 'and':
    case 'or': {
      const parts = condition.of.map((part) => writtenOut(part, negated));
      const together = (condition.type === 'and') !== negated;
      return together ? parts.reduce(joined) : bounded(parts.flat());
    }
    case 'atLeast':
      throw new TooMuch(`has '${condition.count} of', which says no order; write the rules out`);
  }
}

function joined(before: readonly Alternative[], after: readonly Alternative[]): readonly Alternative[] {
  if (before.length * after.length > mostAlternatives)
    return bounded(Array.from({ length: mostAlternatives + 1 }));
  return before.flatMap((one) =>
    after.map((two) => ({
      sequence: [...one.sequence, ...two.sequence],
      without: [...one.without, ...two.without],
    })),
  );
}

function bounded(alternatives: readonly Alternative[]): readonly Alternative[] {
  if (alternatives.length <= mostAlternatives) return alternatives;
  throw new TooMuch(
    `stands for more than ${mostAlternatives} orders when written out; make several rules of it`,
  );
}
/** Whether the condition can stop holding when one more rule matches. */
export function hasNot(condition: Condition): boolean {
  switch (condition.type) {
    case 'detection':
      return false;
    case 'not':
      return true;
    default:
      return condition.of.some(hasNot);
  }
}

export function holds(condition: Condition, matched: (name: string) => boolean): boolean {
  switch (condition.type) {
    case 'detection':
      return matched(condition.name);
    case 'not':
      return !holds(condition.of, matched);
    case 'and':
      return condition.of.every((part) => holds(part, matched));
    case 'or':
      return condition.of.some((part) => holds(part, matched));
    case 'atLeast':
      return condition.of.filter((part) => holds(part, matched)).length >= condition.count;
  }
}
