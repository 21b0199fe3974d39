import type { CountedRule } from '../decode/prefilter/wanted.ts';
import { mostCountedFields, mostCountedRules, mostNames } from '../decode/prefilter/wanted.ts';
import type { Condition, Detection, FieldDetection, Rule } from '../sigma/rule.ts';
import type { Engine } from './engine.ts';
import { isForCloudTrail } from './log-sources.ts';

/**
 * The rules whose matches a scanner can count without decoding the records, where no more is asked of them: those that only compare
 * texts, whatever the case of their letters, under plain names, and that no correlation refers to. None where a policy may make something else
 * of an alert.
 */
export function countableRules(engine: Engine): readonly CountedRule[] {
  if (engine.hasPolicy) return [];
  const referred = new Set(engine.correlations.flatMap(({ members }) => members.map(({ id }) => id)));
  return engine.standalone
    .filter((rule) => isForCloudTrail(rule) && !referred.has(rule.id))
    .flatMap((rule) => countedRule(rule) ?? []);
}

/** As many of them as a scanner can count. */
export function atMost(rules: readonly CountedRule[]): readonly CountedRule[] {
  const taken: CountedRule[] = [];
  let fields = 0;
  for (const rule of rules) {
    if (taken.length === mostCountedRules) break;
    if (fields + rule.fields.length > mostCountedFields) continue;
    fields += rule.fields.length;
    taken.push(rule);
  }
  return taken;
}

function countedRule(rule: Rule): CountedRule | undefined {
  const [condition, ...others] = rule.conditions;
  const all = condition === undefined || others.length > 0 ? undefined : detectionsOf(condition);
  const fields = all
    ?.map((name) => rule.detections[name])
    .flatMap((detection) => (detection === undefined ? [undefined] : fieldsOf(detection)));
  const counted = fields?.map((field) => field && countedField(field));
  if (counted === undefined || counted.length === 0) return undefined;
  const known = counted.filter((field) => field !== undefined);
  return known.length === counted.length ? { id: rule.id, fields: known } : undefined;
}

/** The names of detections all of which must hold, where the condition says no more. */
function detectionsOf(condition: Condition): readonly string[] | undefined {
  if (condition.type === 'detection') return [condition.name];
  if (condition.type !== 'and') return undefined;
  const parts = condition.of.map(detectionsOf);
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known.flat() : undefined;
}

function fieldsOf(detection: Detection): readonly (FieldDetection | undefined)[] {
  if (detection.type === 'field') return [detection];
  return detection.type === 'all' ? detection.of.flatMap(fieldsOf) : [undefined];
}

/** JSON writes such a key in one way only, but for escapes. */
const plainName = /^[A-Za-z0-9_$@:-]{1,64}$/;

/** Printable ASCII without what JSON writes in other ways. */
const plainText = /^[ !#-[\]-~]{1,200}$/;

function countedField({
  field,
  quantifier,
  negated,
  tests,
}: FieldDetection): CountedRule['fields'][number] | undefined {
  if (negated || (quantifier === 'all' && tests.length > 1)) return undefined;
  const path = field.split('.');
  if (path[0] === 'tocsin' || path.length > mostNames || !path.every((name) => plainName.test(name)))
    return undefined;
  const texts: string[] = [];
  for (const test of tests) {
    if (test.type !== 'text' || test.cased) return undefined;
    const [text, ...more] = test.pattern;
    if (typeof text !== 'string' || more.length > 0 || !plainText.test(text)) return undefined;
    texts.push(text.toLowerCase());
  }
  return texts.length === 0 ? undefined : { path, texts };
}
