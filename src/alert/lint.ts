import { object, text } from '../event/json.ts';
import { tocsinFieldNames } from '../facts/fields.ts';
import type { Problem } from '../sigma/problem.ts';
import type { Detection, Rule } from '../sigma/rule.ts';
import { tacticOf, techniqueOf } from './attack.ts';
import { compileHeadline } from './headline.ts';

/** What a loaded rule gets wrong or lacks as a Tocsin rule; places are those of the file as a whole. */
export function lintRule(rule: Rule): readonly Problem[] {
  const problems: Problem[] = [];
  const error = (message: string) =>
    problems.push({ level: 'error', path: rule.path, line: 1, column: 1, message });
  const advice = (message: string) =>
    problems.push({ level: 'warning', path: rule.path, line: 1, column: 1, message });

  const own = object(rule.custom, 'tocsin');
  const headline = text(own, 'headline');
  const known = new Set<string>(tocsinFieldNames.map((field) => `tocsin.${field.name}`));
  const named = [
    ...Object.values(rule.detections).flatMap(fieldsOf),
    ...(headline === undefined ? [] : compileHeadline(headline).fields),
  ];
  for (const field of new Set(named)) {
    if (field.startsWith('tocsin.') && !known.has(field)) error(`there is no field '${field}'`);
    if (field === '') error("the headline has an empty placeholder '{}'; name a field in it");
  }
  for (const key of Object.keys(own ?? {}))
    if (key !== 'headline' && key !== 'response')
      error(`'tocsin.${key}' is not a key; known are headline, response`);
  const used = new Set(rule.conditions.flatMap(detectionsOf));
  for (const name of Object.keys(rule.detections))
    if (!used.has(name)) advice(`the detection '${name}' is not used by the condition`);
  for (const tag of rule.tags) {
    if (/^attack\.t\d/i.test(tag) && techniqueOf(tag) === undefined)
      advice(`'${tag}' is not a technique that Tocsin knows`);
    else if (/^attack\.(?!t\d|g\d|s\d)/i.test(tag) && tacticOf(tag) === undefined)
      advice(`'${tag}' is not an ATT&CK tactic`);
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(rule.id))
    advice('has no UUID as id; an alert is known by its rule id, so it should never change');
  if (rule.description === '') advice('has no description: say what it means and why it matters');
  if (rule.falsePositives.length === 0) advice('names no false positives');
  if (headline === undefined) advice('has no tocsin.headline; alerts will show the title only');
  return problems;
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
    default:
      return detection.of.flatMap(fieldsOf);
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
