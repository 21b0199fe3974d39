import { fold } from './fold.ts';
import { literalOf } from './pattern.ts';
import type { Condition, Detection, Rule } from './rule.ts';

/** A field and the folded texts of which it must hold one for a rule to match at all. */
export interface Requirement {
  readonly field: string;
  readonly texts: ReadonlySet<string>;
}

/**
 * What a rule cannot match without, as far as it shows in plain equalities: each returned requirement alone is necessary.
 * Empty where the rule could match an event whatever single field one looks at.
 */
export function requirementsOf(rule: Rule): readonly Requirement[] {
  return either(rule.conditions.map((condition) => ofCondition(condition, rule)));
}

function ofCondition(condition: Condition, rule: Rule): readonly Requirement[] {
  switch (condition.type) {
    case 'detection': {
      const detection = rule.detections[condition.name];
      return detection === undefined ? [] : ofDetection(detection);
    }
    case 'and':
      return condition.of.flatMap((part) => ofCondition(part, rule));
    case 'or':
    case 'atLeast':
      return either(condition.of.map((part) => ofCondition(part, rule)));
    case 'not':
      return [];
  }
}

function ofDetection(detection: Detection): readonly Requirement[] {
  switch (detection.type) {
    case 'all':
      return detection.of.flatMap(ofDetection);
    case 'any':
      return either(detection.of.map(ofDetection));
    case 'keywords':
      return [];
    case 'field': {
      if (detection.negated || detection.quantifier === 'all') return [];
      const texts = new Set<string>();
      for (const test of detection.tests) {
        const text = test.type === 'text' ? literalOf(test.pattern) : undefined;
        if (text === undefined) return [];
        texts.add(fold(text));
      }
      return [{ field: detection.field, texts }];
    }
  }
}

/** What is needed whichever branch holds: fields that every branch asks for, with the texts of all branches. */
function either(branches: readonly (readonly Requirement[])[]): readonly Requirement[] {
  const [first, ...others] = branches;
  if (first === undefined) return [];
  const common: Requirement[] = [];
  for (const requirement of first) {
    const texts = new Set(requirement.texts);
    const everywhere = others.every((branch) => {
      const same = branch.find((candidate) => candidate.field === requirement.field);
      for (const text of same?.texts ?? []) texts.add(text);
      return same !== undefined;
    });
    if (everywhere) common.push({ field: requirement.field, texts });
  }
  return common;
}
