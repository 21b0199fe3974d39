import type { Json } from '../../event/json.ts';
import { line } from '../../notify/safe-text.ts';
import type {
  ExplainedCondition,
  ExplainedDetection,
  ExplainedElements,
  ExplainedTest,
  Explanation,
} from '../../sigma/explain.ts';
import { paint, type Terminal } from '../terminal.ts';

const mostWanted = 5;
const mostTests = 12;

/** The tree of an explanation, a line for each part, ticked or crossed. Each detection stands out in full where it is first named. */
export function renderExplanation(explanation: Explanation, terminal: Terminal): string {
  const tree: Tree = { lines: [], terminal, explanation, shown: new Set() };
  const [only] = explanation.conditions;
  if (explanation.conditions.length === 1 && only !== undefined) addCondition(tree, only, 0);
  else {
    add(tree, explanation.matches, 'one of the conditions', '', 0);
    for (const condition of explanation.conditions) addCondition(tree, condition, 1);
  }
  for (const [name, detection] of Object.entries(explanation.detections)) {
    if (tree.shown.has(name)) continue;
    add(tree, detection.holds, line(name, 60), 'no condition names it', 0);
    addParts(tree, detection, 1);
  }
  for (const { title, path, holds, suppresses } of explanation.filters ?? []) {
    const what = holds
      ? 'lets it through'
      : suppresses
        ? 'keeps the rule from matching'
        : 'would keep the rule from matching';
    add(tree, holds, `filter '${line(title, 80)}' ${what}`, line(path, 200), 0);
  }
  return `${tree.lines.join('\n')}\n`;
}

interface Tree {
  readonly lines: string[];
  readonly terminal: Terminal;
  readonly explanation: Explanation;
  readonly shown: Set<string>;
}

/** One line, cut to the width of the terminal; `remark` is what is said beside it. */
function add(tree: Tree, holds: boolean, text: string, remark: string, depth: number): void {
  const { terminal } = tree;
  const indent = '  '.repeat(Math.min(depth, 20));
  const room = Math.max(20, terminal.width - indent.length - 2);
  const shown = cut(text, room);
  const left = room - Array.from(shown).length - 2;
  const fits = Array.from(remark).length <= left;
  const beside = remark === '' || !fits ? '' : `  ${paint(terminal, 'dim', remark)}`;
  const mark = holds ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗');
  tree.lines.push(`${indent}${mark} ${shown}${beside}`);
  // What does not fit beside it stands below it.
  if (remark !== '' && !fits)
    tree.lines.push(`${indent}    ${paint(terminal, 'dim', cut(remark, room - 2))}`);
}

function addCondition(tree: Tree, condition: ExplainedCondition, depth: number): void {
  switch (condition.type) {
    case 'detection': {
      const detection = tree.explanation.detections[condition.name];
      const again = tree.shown.has(condition.name);
      tree.shown.add(condition.name);
      const name = line(condition.name, 60);
      if (again || detection === undefined) add(tree, condition.holds, name, 'see above', depth);
      else {
        const remark =
          detection.type === 'all'
            ? 'each of'
            : detection.type === 'any' || detection.type === 'keywords'
              ? quantifierOf(detection)
              : '';
        add(tree, condition.holds, name, remark, depth);
        addParts(tree, detection, depth + 1);
      }
      break;
    }
    case 'not':
      add(tree, condition.holds, 'not', condition.holds ? '' : 'what must not hold does', depth);
      addCondition(tree, condition.of, depth + 1);
      break;
    case 'and':
    case 'or':
    case 'atLeast': {
      const word =
        condition.type === 'atLeast'
          ? `${condition.count} or more of`
          : condition.type === 'and'
            ? 'all of'
            : 'one of';
      const held = condition.of.filter(({ holds }) => holds).length;
      add(tree, condition.holds, word, `${held} of ${condition.of.length} hold`, depth);
      for (const part of condition.of) addCondition(tree, part, depth + 1);
    }
  }
}

function quantifierOf(detection: Extract<ExplainedDetection, { type: 'any' | 'all' | 'keywords' }>): string {
  if (detection.type === 'keywords')
    return detection.quantifier === 'all' ? 'each of these texts' : 'one of these texts';
  return detection.type === 'all' ? 'each of' : 'one of';
}

/** What is inside a detection whose own line is there already. */
function addParts(tree: Tree, detection: ExplainedDetection, depth: number): void {
  switch (detection.type) {
    case 'field':
      addField(tree, detection, depth);
      break;
    case 'keywords':
      addTests(tree, detection.tests, depth);
      break;
    case 'element':
      addElements(tree, detection, depth);
      break;
    default:
      for (const part of detection.of) {
        if (part.type === 'field') addField(tree, part, depth);
        else if (part.type === 'element') addElements(tree, part, depth);
        else {
          add(tree, part.holds, quantifierOf(part), '', depth);
          addParts(tree, part, depth + 1);
        }
      }
  }
}

const asked = {
  any: 'one element must hold',
  all: 'each element must hold',
  all_or_empty: 'each element must hold',
  none: 'no element may hold',
} as const;

function addElements(tree: Tree, part: ExplainedElements, depth: number): void {
  const { count, elements } = part;
  const there = count === 0 ? 'has no element' : count === 1 ? 'has 1 element' : `has ${count} elements`;
  add(tree, part.holds, `${line(part.field, 200)} ${there}`, asked[part.quantifier], depth);
  for (const element of elements) {
    const { detections, condition } = element;
    const of = `element ${element.position}`;
    const inner = {
      ...tree,
      shown: new Set<string>(),
      explanation: { matches: element.holds, conditions: [condition], detections },
    };
    const only = detections.element;
    add(tree, element.holds, of, only === undefined ? '' : shorten(element.value), depth + 1);
    if (condition.type === 'detection' && only !== undefined) addParts(inner, only, depth + 2);
    else addCondition(inner, condition, depth + 2);
  }
  if (count > elements.length)
    tree.lines.push(`${'  '.repeat(depth + 1)}  … and ${count - elements.length} more`);
}

function addField(
  tree: Tree,
  field: Extract<ExplainedDetection, { readonly type: 'field' }>,
  depth: number,
): void {
  const value = field.value === undefined ? 'is missing' : `= ${shorten(field.value)}`;
  // Of a long name the end tells most, and the value must not be pushed out by it.
  const name = Array.from(line(field.field, 200));
  const room = Math.max(20, tree.terminal.width - depth * 2 - 3 - Array.from(value).length);
  const shown = name.length > room ? `…${name.slice(name.length - room + 1).join('')}` : name.join('');
  add(tree, field.holds, `${shown} ${value}`, remarkOn(field), depth);
}

function remarkOn(field: Extract<ExplainedDetection, { readonly type: 'field' }>): string {
  const held = field.tests.filter(({ holds }) => holds);
  const lacking = field.tests.filter(({ holds }) => !holds);
  if (field.negated) return `${field.holds ? 'not' : 'must not be'} ${listed(field.tests, 'or')}`;
  if (!field.holds)
    return field.quantifier === 'all'
      ? `lacks ${listed(lacking, 'and')}`
      : `wanted ${listed(field.tests, 'or')}`;
  const matched = listed(field.quantifier === 'all' ? field.tests : held, 'and');
  // `= s3.amazonaws.com  matches s3.amazonaws.com` would tell nothing.
  return field.value !== undefined && matched === shorten(field.value) ? '' : `matches ${matched}`;
}

function listed(tests: readonly ExplainedTest[], word: 'and' | 'or'): string {
  const shown = tests.slice(0, mostWanted).map(({ wanted }) => line(wanted, 80));
  const more = tests.length - shown.length;
  if (more > 0) return `${shown.join(', ')} ${word} ${more} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} ${word} ${last}`;
}

function addTests(tree: Tree, tests: readonly ExplainedTest[], depth: number): void {
  // Those that were found tell more than those that were not.
  const ordered = [...tests.filter(({ holds }) => holds), ...tests.filter(({ holds }) => !holds)];
  for (const test of ordered.slice(0, mostTests))
    add(tree, test.holds, line(test.wanted, 80), test.holds ? 'found' : 'not found', depth);
  if (ordered.length > mostTests)
    tree.lines.push(`${'  '.repeat(depth)}  … and ${ordered.length - mostTests} more`);
}

/** A value as a person reads it: a text without quotes, the first members of a list. */
function shorten(value: Json): string {
  if (typeof value === 'string') return value === '' ? "''" : line(value, 80);
  if (!Array.isArray(value)) return line(JSON.stringify(value), 80);
  const items: readonly Json[] = value;
  if (items.length === 0) return 'an empty list';
  const shown = items
    .slice(0, 4)
    .map((item) => (typeof item === 'string' ? line(item, 40) : line(JSON.stringify(item), 40)));
  const more = items.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function cut(text: string, width: number): string {
  const points = Array.from(text);
  return points.length > width ? `${points.slice(0, Math.max(1, width - 1)).join('')}…` : text;
}
