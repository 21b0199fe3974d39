import type { Detection, FieldDetection, KeywordDetection, Rule, ValueTest } from '../sigma/rule.ts';
import { singleFields, problemOfField } from './lint-cloudtrail.ts';
import { constantOf } from './lint-condition.ts';
import { lintFinding, type LintFinding } from './lint-finding.ts';
import type { RulePlaces } from './lint-places.ts';

/** What can be said about a rule's detections and condition without an event. */
export function lintDetections(rule: Rule, places: RulePlaces): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const cloudTrail = rule.logsource.service === 'cloudtrail';
  const constant = constantOf(rule, cloudTrail ? singleFields : new Set());
  const atCondition = places.at('detection', 'condition');
  if (constant === 'never')
    findings.push(
      lintFinding(
        'never-matches',
        rule.path,
        atCondition,
        'the condition can never hold: its parts ask for opposite things',
      ),
    );
  if (constant === 'always')
    findings.push(
      lintFinding('always-matches', rule.path, atCondition, 'the condition holds for every event'),
    );
  const unknown = new Set<string>();
  for (const part of Object.values(rule.detections).flatMap(leavesOf)) {
    const place = (part.type === 'field' ? places.ofField(part.field) : undefined) ?? places.at('detection');
    const name = part.type === 'field' ? `'${part.field}'` : 'the list of keywords';
    for (const text of shortTexts(part))
      findings.push(
        lintFinding(
          'short-value',
          rule.path,
          place,
          `${name} contains '${text}' in nearly every event; ask for more of the text`,
        ),
      );
    for (const twice of duplicates(part.tests))
      findings.push(
        lintFinding('duplicate-value', rule.path, place, `${name} has ${twice} twice; remove one`),
      );
    if (part.quantifier === 'all' && part.tests.length === 1)
      findings.push(
        lintFinding(
          'single-all',
          rule.path,
          place,
          `${name} asks for 'all' of one value; leave 'all' out, other tools refuse it`,
        ),
      );
    if (part.tests.length > 1 && part.tests.some(({ type }) => type === 'null'))
      findings.push(
        lintFinding(
          'null-in-list',
          rule.path,
          place,
          `${name} has null beside other values; ask for it in a detection of its own, other tools refuse it`,
        ),
      );
    for (const test of part.tests) {
      const plain = test.type === 'regex' ? plainForm(test.source, test.flags) : undefined;
      if (plain !== undefined)
        findings.push(
          lintFinding(
            'plain-regex',
            rule.path,
            place,
            `the regular expression of ${name} says no more than ${plain}, which is read and run faster`,
          ),
        );
    }
    if (part.type !== 'field' || !cloudTrail || part.field.startsWith('tocsin.') || unknown.has(part.field))
      continue;
    unknown.add(part.field);
    const problem = problemOfField(part.field);
    if (problem !== undefined) findings.push(lintFinding('unknown-field', rule.path, place, problem));
  }
  return findings;
}

/** Rules whose detections, conditions and log source are the same: one of them is enough. `placesOf` says where a rule stands. */
export function lintTogether(
  rules: readonly Rule[],
  placesOf: (rule: Rule) => RulePlaces,
): readonly LintFinding[] {
  const first = new Map<string, Rule>();
  const findings: LintFinding[] = [];
  for (const rule of rules) {
    const { detections, conditions, logsource } = rule;
    const key = JSON.stringify([
      Object.values(detections),
      conditions.map((one) => numbered(one, rule)),
      logsource,
    ]);
    const other = first.get(key);
    if (other === undefined) first.set(key, rule);
    else
      findings.push(
        lintFinding(
          'same-detection',
          rule.path,
          placesOf(rule).at('detection'),
          `looks for the same as '${other.title}' (${other.path}); one of them is enough`,
        ),
      );
  }
  return findings;
}

/** The condition with the numbers of detections instead of their names, which mean nothing. */
function numbered(condition: Rule['conditions'][number], rule: Rule): unknown {
  const names = Object.keys(rule.detections);
  return JSON.parse(JSON.stringify(condition), (key, value: unknown) =>
    key === 'name' && typeof value === 'string' ? names.indexOf(value) : value,
  );
}

function leavesOf(detection: Detection): readonly (FieldDetection | KeywordDetection)[] {
  switch (detection.type) {
    case 'all':
    case 'any':
      return detection.of.flatMap(leavesOf);
    case 'element':
      // Names inside begin at the element.
      return Object.values(detection.detections)
        .flatMap(leavesOf)
        .map((leaf) =>
          leaf.type === 'field' ? { ...leaf, field: `${detection.field}[].${leaf.field}` } : leaf,
        );
    default:
      return [detection];
  }
}

/** One or two letters or digits that are looked for anywhere in a text. What must stand with others is no problem by itself. */
function shortTexts({ tests, quantifier }: FieldDetection | KeywordDetection): readonly string[] {
  if (quantifier === 'all' && tests.length > 1) return [];
  return tests.flatMap((test) => {
    if (test.type !== 'text' || test.pattern.length !== 3) return [];
    const [before, middle, after] = test.pattern;
    const isOpen = typeof before === 'object' && typeof after === 'object';
    return isOpen && typeof middle === 'string' && /^[\p{L}\p{N}]{1,2}$/u.test(middle) ? [middle] : [];
  });
}

function duplicates(tests: readonly ValueTest[]): readonly string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const test of tests) {
    const key = JSON.stringify(test, (name, value: unknown) =>
      typeof value === 'string' && test.type === 'text' && !test.cased && name !== 'type'
        ? value.toLowerCase()
        : value,
    );
    if (seen.has(key)) twice.add(written(test));
    seen.add(key);
  }
  return [...twice];
}

function written(test: ValueTest): string {
  switch (test.type) {
    case 'text':
      return `'${test.pattern.map((part) => (typeof part === 'string' ? part : part.wildcard)).join('')}'`;
    case 'number':
      return test.text;
    case 'regex':
      return `/${test.source}/`;
    case 'cidr':
      return test.range;
    default:
      return 'a value';
  }
}

/** The modifiers that say the same as a regular expression without anything special in it; undefined for all others. */
function plainForm(source: string, flags: string): string | undefined {
  if (flags.includes('m')) return undefined;
  const [, start = '', middle = '', end = ''] = /^(\^?)(.*?)(\$?)$/s.exec(source) ?? [];
  const begins = start === '^';
  const ends = end === '$' && !middle.endsWith('\\');
  const open = middle.replace(/^\.\*/, '').replace(/\.\*$/, '');
  const text = open.replace(/\\([.\-/@:_ ])/g, '$1');
  if (text === '' || /[\\^$.|?*+()[\]{}]/.test(open.replace(/\\[.\-/@:_ ]/g, ''))) return undefined;
  const placed = begins && open === middle.replace(/\.\*$/, '');
  const closed = ends && middle.replace(/^\.\*/, '') === open;
  const modifier = placed && closed ? '' : placed ? 'startswith' : closed ? 'endswith' : 'contains';
  const cased = flags.includes('i') ? [] : ['cased'];
  const chain = [...(modifier === '' ? [] : [modifier]), ...cased].join('|');
  return chain === '' ? `the plain value '${text}'` : `'${chain}' with '${text}'`;
}
