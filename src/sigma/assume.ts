import type { Condition, Detection, ElementDetection, FieldDetection, RuleLogic } from './rule.ts';

/** Whether a test holds in all the events that are spoken of; undefined where that differs from event to event. */
export type Assumed = (detection: FieldDetection | ElementDetection) => boolean | undefined;

/** What is left of a rule: whether it matches is known already, or a rule with fewer tests decides it. */
export type Rest = boolean | RuleLogic;

/**
 * What is left to ask of a rule where the outcome of some of its tests is known. The rest matches exactly those of these events
 * that the rule matches; its tests are the rule's own objects.
 */
export function assume(rule: RuleLogic, assumed: Assumed): Rest {
  const rests = new Map<string, boolean | Detection>();
  // Only what is asked for: of most rules the first test says that they cannot match.
  const named: Named = (name) => {
    let rest = rests.get(name);
    if (rest !== undefined) return rest;
    const detection = rule.detections[name];
    if (detection === undefined) return undefined;
    rests.set(name, (rest = ofDetection(detection, assumed)));
    return rest;
  };
  const conditions: Condition[] = [];
  for (const condition of rule.conditions) {
    const rest = ofCondition(condition, named);
    if (rest === true) return true;
    if (rest !== false) conditions.push(rest);
  }
  if (conditions.length === 0) return false;
  const detections = [...rests].filter((entry): entry is [string, Detection] => typeof entry[1] === 'object');
  // From entries, so that a name such as `__proto__` is a name like any other.
  return { detections: Object.fromEntries(detections), conditions };
}

type Named = (name: string) => boolean | Detection | undefined;

function ofDetection(detection: Detection, assumed: Assumed): boolean | Detection {
  switch (detection.type) {
    case 'all':
    case 'any':
      return joined(
        detection.of,
        (part) => ofDetection(part, assumed),
        detection.type === 'any',
        (of) => ({ type: detection.type, of }),
      );
    case 'field':
    case 'element':
      return assumed(detection) ?? detection;
    case 'keywords':
      return detection;
  }
}

function ofCondition(condition: Condition, named: Named): boolean | Condition {
  switch (condition.type) {
    case 'detection': {
      const rest = named(condition.name);
      return typeof rest === 'boolean' ? rest : condition;
    }
    case 'and':
    case 'or':
      return joined(
        condition.of,
        (part) => ofCondition(part, named),
        condition.type === 'or',
        (of) => ({ type: condition.type, of }),
      );
    case 'not': {
      const of = ofCondition(condition.of, named);
      return typeof of === 'boolean' ? !of : { type: 'not', of };
    }
    case 'atLeast': {
      const parts = condition.of.map((part) => ofCondition(part, named));
      const of = parts.filter((part) => typeof part !== 'boolean');
      const count = condition.count - parts.filter((part) => part === true).length;
      if (count <= 0) return true;
      return count > of.length ? false : { type: 'atLeast', count, of };
    }
  }
}

/** Parts of which one decides the whole where it is `decides`, and does not count where it is the opposite. */
function joined<T extends object>(
  parts: readonly T[],
  restOf: (part: T) => boolean | T,
  decides: boolean,
  whole: (of: readonly T[]) => T,
): boolean | T {
  const of: T[] = [];
  for (const part of parts) {
    const rest = restOf(part);
    if (rest === decides) return decides;
    if (typeof rest === 'object') of.push(rest);
  }
  const [only] = of;
  if (only === undefined) return !decides;
  return of.length === 1 ? only : whole(of);
}
