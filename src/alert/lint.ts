import { object, text } from '../event/json.ts';
import { tocsinFieldNames } from '../facts/fields.ts';
import type { Problem } from '../sigma/problem.ts';
import type { Detection, Rule } from '../sigma/rule.ts';
import { tacticOf, techniqueOf } from './attack.ts';
import { compileHeadline } from './headline.ts';
import { noPlaces, type Place, type RulePlaces } from './lint-places.ts';

/**
 * What a loaded rule gets wrong or lacks as a Tocsin rule. `places` says where its parts stand in the file; without it, everything is
 * told of the file as a whole.
 */
export function lintRule(rule: Rule, places: RulePlaces = noPlaces): readonly Problem[] {
  const problems: Problem[] = [];
  const error = (place: Place, message: string) =>
    problems.push({ level: 'error', path: rule.path, ...place, message });
  const advice = (place: Place, message: string) =>
    problems.push({ level: 'warning', path: rule.path, ...place, message });

  const own = object(rule.custom, 'tocsin');
  const headline = text(own, 'headline');
  const known = new Set<string>(tocsinFieldNames.map((field) => `tocsin.${field.name}`));
  const inHeadline = places.at('tocsin', 'headline');
  const named = new Set([
    ...fieldsOfRule(rule),
    ...(headline === undefined ? [] : compileHeadline(headline).fields),
  ]);
  for (const field of named) {
    if (field.startsWith('tocsin.') && !known.has(field))
      error(places.ofField(field) ?? inHeadline, `there is no field '${field}'`);
    if (field === '') error(inHeadline, "the headline has an empty placeholder '{}'; name a field in it");
  }
  for (const key of Object.keys(own ?? {}))
    if (key !== 'headline' && key !== 'response')
      error(places.at('tocsin', key), `'tocsin.${key}' is not a key; known are headline, response`);
  const used = new Set(rule.conditions.flatMap(detectionsOf));
  for (const name of Object.keys(rule.detections))
    if (!used.has(name))
      advice(places.at('detection', name), `the detection '${name}' is not used by the condition`);
  for (const [i, tag] of rule.tags.entries()) {
    if (/^attack\.t\d/i.test(tag) && techniqueOf(tag) === undefined)
      advice(places.at('tags', i), `'${tag}' is not a technique that Tocsin knows`);
    else if (/^attack\.(?!t\d|g\d|s\d)/i.test(tag) && tacticOf(tag) === undefined)
      advice(places.at('tags', i), `'${tag}' is not an ATT&CK tactic`);
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(rule.id))
    advice(places.at('id'), 'has no UUID as id; an alert is known by its rule id, so it should never change');
  if (rule.description === '')
    advice(places.at('description'), 'has no description: say what it means and why it matters');
  if (rule.falsePositives.length === 0) advice(places.at('falsepositives'), 'names no false positives');
  if (headline === undefined) advice(inHeadline, 'has no tocsin.headline; alerts will show the title only');
  return problems;
}

/** The fields that the rule's detections read, each once. */
export function fieldsOfRule(rule: Rule): readonly string[] {
  return [...new Set(Object.values(rule.detections).flatMap(fieldsOf))];
}

function fieldsOf(detection: Detection): readonly string[] {
  switch (detection.type) {
    case 'field':
      return [
        detection.field,
        ...detection.tests.flatMap((test) => (test.type === 'field' ? [test.field] : [])),
      ];
    case 'keywords':
      return [];
    case 'element':
      // What is inside is named from the element on; a comparison is with a field of the event.
      return [detection.field, ...Object.values(detection.detections).flatMap(comparedIn)];
    default:
      return detection.of.flatMap(fieldsOf);
  }
}

function comparedIn(detection: Detection): readonly string[] {
  switch (detection.type) {
    case 'field':
      return detection.tests.flatMap((test) => (test.type === 'field' ? [test.field] : []));
    case 'keywords':
      return [];
    case 'element':
      return Object.values(detection.detections).flatMap(comparedIn);
    default:
      return detection.of.flatMap(comparedIn);
  }
}

function detectionsOf(condition: Rule['conditions'][number]): readonly string[] {
  switch (condition.type) {
    case 'detection':
      return [condition.name];
    case 'not':
      return detectionsOf(condition.of);
    default:
      return condition.of.flatMap(detectionsOf);
  }
}
