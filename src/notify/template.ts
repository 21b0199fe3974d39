import mustache from 'mustache';
import type { Alert } from '../alert/alert.ts';
import { templateValues, templateView, type TemplateView } from './template-values.ts';

/**
 * Messages in people's own words, in Mustache (https://mustache.github.io/mustache.5.html): a language without logic, of which only what
 * cannot do harm is taken. There is no way to write a value unescaped, no partial, and no name but those of the values; a value that looks like
 * a template is a text like any other.
 */

/** How one target writes a text so that nothing in it has a meaning. What comes in is visible and on one line. */
export type Escape = (shown: string) => string;

/** The middle of a message in people's own words, escaped for a target; undefined where it does not fit even with short values. */
export type Wording = (escape: Escape, max: number) => string | undefined;

const kinds = new Map(templateValues.map(({ name, kind }) => [name, kind]));
/** A section in a section makes lists times lists; more than that nobody reads. */
const deepest = 2;
export const longestTemplate = 4_000;

/** What is wrong with a template, with line and column; undefined where nothing is. */
export function templateProblem(template: string): string | undefined {
  let tokens: unknown;
  try {
    tokens = mustache.parse(template);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /^(.*) at (\d+)$/.exec(message);
    return at === null ? message : `${placeIn(template, Number(at[2]))}: ${at[1] ?? ''}`;
  }
  return tokensProblem(tokens, template, []);
}

function tokensProblem(tokens: unknown, template: string, within: readonly string[]): string | undefined {
  if (!Array.isArray(tokens)) return undefined;
  for (const token of tokens as readonly unknown[]) {
    if (!Array.isArray(token)) continue;
    const [type, value, start, , inner] = token as readonly unknown[];
    const name = String(value);
    const problem = tokenProblem(String(type), name, within);
    if (problem !== undefined) return `${placeIn(template, Number(start))}: ${problem}`;
    if (type !== '#' && type !== '^') continue;
    const below = tokensProblem(inner, template, [...within, name]);
    if (below !== undefined) return below;
  }
  return undefined;
}

function tokenProblem(type: string, name: string, within: readonly string[]): string | undefined {
  switch (type) {
    case 'text':
    case '!':
      return undefined;
    case 'name':
      if (name === '.')
        return within.some((one) => kinds.get(one) === 'list')
          ? undefined
          : '{{.}} stands for each text of a list, and here is none';
      if (kinds.get(name) === 'list') return `'${name}' is a list; write {{#${name}}}{{.}}{{/${name}}}`;
      return unknownProblem(name);
    case '#':
    case '^':
      if (within.length >= deepest) return `sections stand in one another more than ${deepest} deep`;
      if (within.includes(name)) return `'${name}' stands in itself`;
      return unknownProblem(name);
    case '&':
    case '{':
      return 'values are always escaped; write {{name}} with two braces and without &';
    case '>':
      return 'there are no partials';
    default:
      return 'only {{name}}, {{#name}}, {{^name}} and {{! remarks }} are taken';
  }
}

function unknownProblem(name: string): string | undefined {
  return kinds.has(name)
    ? undefined
    : `there is no value '${name}'; there are ${[...kinds.keys()].join(', ')}`;
}

function placeIn(template: string, offset: number): string {
  const before = template.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Values are shortened until the whole fits. */
const valueLengths = [600, 200, 60, 20] as const;

/**
 * Fills in a template that has no problem. At most `max` long, whatever the alert holds; undefined where that cannot be had.
 * @param link the page of the alert; written as an address and not escaped as a text
 */
export function fillTemplate(
  template: string,
  alert: Alert,
  link: string | undefined,
  escape: Escape,
  max: number,
): string | undefined {
  const address = link === undefined ? undefined : (URL.parse(link)?.href ?? link);
  const escaped = (text: string): string => (text === address ? text : escape(text));
  for (const length of valueLengths) {
    const filled = fillView(template, templateView(alert, address, length), escaped);
    if (filled.length <= max) return filled;
  }
  return undefined;
}

/** The same with values at hand, of whatever length comes of it. */
export function fillView(template: string, view: TemplateView, escape: Escape): string {
  return mustache
    .render(template, view, undefined, { escape: (value: unknown) => escape(String(value)) })
    .trim();
}
