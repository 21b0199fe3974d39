import { isList, member, object, text } from '../event/json.ts';
import { readableFieldNames } from '../context/field-names.ts';
import type { Detection, Rule, RuleHeader } from '../sigma/rule.ts';
import { tacticOf, techniqueOf } from './attack.ts';
import { parseTimespan } from '../sigma/correlation/timespan.ts';
import { judgedFieldNames } from './judged.ts';
import { compileHeadline } from './headline.ts';
import type { LintCode } from './lint-codes.ts';
import { lintDetections } from './lint-detection.ts';
import { lintFinding, type LintFinding } from './lint-finding.ts';
import { noPlaces, type Place, type RulePlaces } from './lint-places.ts';
import { requestFieldNames } from './request-fields.ts';

/** Longer titles are cut in tables and messages. */
const longestTitle = 120;

/**
 * What a loaded rule gets wrong or lacks as a Tocsin rule. `places` says where its parts stand in the file; without it, everything is
 * told of the file as a whole.
 */
export function lintRule(rule: Rule, places: RulePlaces = noPlaces): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const say = (code: LintCode, place: Place, message: string) =>
    findings.push(lintFinding(code, rule.path, place, message));

  const own = object(rule.custom, 'tocsin');
  const headline = text(own, 'headline');
  const known = new Set<string>(
    [...readableFieldNames, ...requestFieldNames].map((field) => `tocsin.${field.name}`),
  );
  const inHeadline = places.at('tocsin', 'headline');
  const named = new Set([
    ...fieldsOfRule(rule),
    ...(headline === undefined ? [] : compileHeadline(headline).fields),
  ]);
  for (const field of named) {
    if (field.startsWith('tocsin.') && !known.has(field))
      say('unknown-tocsin-field', places.ofField(field) ?? inHeadline, `there is no field '${field}'`);
    if (field === '')
      say('empty-placeholder', inHeadline, "the headline has an empty placeholder '{}'; name a field in it");
  }
  const used = new Set(rule.conditions.flatMap(detectionsOf));
  for (const name of Object.keys(rule.detections))
    if (!used.has(name))
      say(
        'unused-detection',
        places.at('detection', name),
        `the detection '${name}' is not used by the condition`,
      );
  findings.push(...lintDetections(rule, places));
  // Of techniques the table holds those of clouds, and a headline is read where a rule runs.
  const ofCloud = rule.logsource.product === 'aws' || rule.logsource.service === 'cloudtrail';
  findings.push(...lintHeader(rule, places, ofCloud));
  return findings;
}

/** What an alert can be grouped by, under `tocsin.`. */
const groupFields: ReadonlySet<string> = new Set(
  [...readableFieldNames, ...judgedFieldNames].map(({ name }) => `tocsin.${name}`),
);

/** The keys below `tocsin` in a rule. */
const tocsinKeys: readonly string[] = ['headline', 'response', 'dial', 'group-by', 'group-window'];

/** What every kind of rule says of itself. `ofCloud`: whether it runs on the logs of a cloud. */
export function lintHeader(rule: RuleHeader, places: RulePlaces, ofCloud: boolean): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const say = (code: LintCode, place: Place, message: string) =>
    findings.push(lintFinding(code, rule.path, place, message));
  const own = object(rule.custom, 'tocsin');
  for (const key of Object.keys(own ?? {}))
    if (!tocsinKeys.includes(key))
      say(
        'unknown-tocsin-key',
        places.at('tocsin', key),
        `'tocsin.${key}' is not a key; known are ${tocsinKeys.join(', ')}`,
      );
  const window = member(own, 'group-window');
  if (window !== undefined) {
    const span = parseTimespan(typeof window === 'string' ? window : '');
    if (typeof span !== 'number')
      say('bad-grouping', places.at('tocsin', 'group-window'), `'tocsin.group-window' ${span.problem}`);
  }
  const by = member(own, 'group-by');
  if (by !== undefined) {
    const names = isList(by) ? by : [undefined];
    const at = places.at('tocsin', 'group-by');
    for (const name of names)
      if (typeof name !== 'string' || name === '')
        say(
          'bad-grouping',
          at,
          "'tocsin.group-by' is a list of names of fields, such as [tocsin.actor.name]",
        );
      else if (name.startsWith('tocsin.') && !groupFields.has(name))
        say('unknown-tocsin-field', at, `there is no field '${name}'`);
  }
  for (const [i, tag] of rule.tags.entries()) {
    if (ofCloud && /^attack\.t\d/i.test(tag) && techniqueOf(tag) === undefined)
      say('unknown-technique', places.at('tags', i), `'${tag}' is not a technique that Tocsin knows`);
    else if (/^attack\.(?!t\d|g\d|s\d|ds\d|m\d|a\d)/i.test(tag) && tacticOf(tag) === undefined)
      say('unknown-tactic', places.at('tags', i), `'${tag}' is not an ATT&CK tactic that Tocsin knows`);
  }
  const titleProblem = problemOfTitle(rule.title);
  if (titleProblem !== undefined) say('title-form', places.at('title'), titleProblem);
  // A rule without an id is known by its name or its file; that is told where the text is looked at.
  const hasId = rule.id !== rule.path && rule.id !== rule.name;
  if (hasId && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(rule.id))
    say(
      'id-form',
      places.at('id'),
      'has no UUID as id; an alert is known by its rule id, so it should never change',
    );
  if (rule.description === '')
    say(
      'no-description',
      places.at('description'),
      'has no description: say what it means and why it matters',
    );
  if (rule.falsePositives.length === 0)
    say('no-falsepositives', places.at('falsepositives'), 'names no false positives');
  if (text(own, 'headline') === undefined && ofCloud)
    say(
      'no-headline',
      places.at('tocsin', 'headline'),
      'has no tocsin.headline; alerts will show the title only',
    );
  return findings;
}

function problemOfTitle(title: string): string | undefined {
  if (Array.from(title).length > longestTitle)
    return `the title is longer than ${longestTitle} characters; say the rest in the description`;
  if (/[.!]$/.test(title.trim()) && !/\.\w+\.$|\.\.\.$/.test(title.trim()))
    return 'the title is no sentence: leave out the mark at its end';
  if (/^(detects?|detecting|rule|alert)\b/i.test(title.trim()))
    return `the title says what happened, so it does not begin with '${/^\w+/.exec(title.trim())?.[0] ?? ''}'`;
  return undefined;
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
      return [...namedIn(detection), ...Object.values(detection.detections).flatMap(comparedIn)];
    default:
      return detection.of.flatMap(fieldsOf);
  }
}

/** The list that elements are asked of; of Tocsin's own facts, the fields that are asked, whose names are known. */
function namedIn({ field, detections }: Extract<Detection, { type: 'element' }>): readonly string[] {
  if (!field.startsWith('tocsin.')) return [field];
  return Object.values(detections)
    .flatMap(askedIn)
    .map((name) => (name === '.' ? field : `${field}.${name}`));
}

function askedIn(detection: Detection): readonly string[] {
  switch (detection.type) {
    case 'field':
    case 'element':
      return [detection.field];
    case 'keywords':
      return [];
    default:
      return detection.of.flatMap(askedIn);
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
