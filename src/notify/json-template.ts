import type { Alert } from '../alert/alert.ts';
import { sampleAlert } from './sample.ts';
import { fillTemplate, fillView } from './template.ts';
import { templateValues, templateView, type TemplateView } from './template-values.ts';

/** Templates of bodies that are JSON as a whole: values are escaped so that they stay within the quotes that the template puts around them. */

/** A text within the quotes of a JSON string. */
export function jsonEscape(shown: string): string {
  return JSON.stringify(shown).slice(1, -1);
}

const bare: Alert = {
  ...sampleAlert(0),
  description: '',
  response: '',
  facts: [],
  techniques: [],
  who: { kind: 'unknown', name: '', chain: [] },
  what: { ...sampleAlert(0).what, targets: [] },
  where: { origin: { type: 'unknown', text: '' } },
};

/** Ends a text, a list and an object of JSON, wherever it stands without quotes. */
const hostile = '", "\\\n\u0000\ud83d] } , [ {:';

type Value = TemplateView[string];

/**
 * Why a template that has no other problem would not always make JSON; undefined where it would. What a log says is not known before, so each value is
 * tried hostile and where it can be absent, and each list with several texts, among others that are there and among others that are not.
 */
export function jsonTemplateProblem(template: string): string | undefined {
  for (const alert of [sampleAlert(0), bare]) {
    const wrong = jsonProblem(
      fillTemplate(template, alert, 'https://tocsin.example/', jsonEscape, Number.POSITIVE_INFINITY),
    );
    if (wrong !== undefined) return `is no JSON when it is filled in: ${wrong}`;
  }
  const least = templateView(bare, undefined, 100);
  const all = viewOf(({ kind }) => (kind === 'list' ? ['1'] : '1'));
  const few = viewOf(({ name, kind }) => (least[name]?.length === 0 ? (kind === 'list' ? [] : '') : '1'));
  for (const { name, kind } of templateValues) {
    const isList = kind === 'list';
    const section = `{{#${name}}} and {{/${name}}}`;
    const quoted = isList ? `[{{#${name}}}"{{.}}", {{/${name}}}""]` : `"{{${name}}}"`;
    for (const others of [all, few]) {
      const isWrongWith = (...texts: readonly string[]): boolean => {
        const value = isList ? texts : (texts[0] ?? '');
        return jsonProblem(fillView(template, { ...others, [name]: value }, jsonEscape)) !== undefined;
      };
      if (isWrongWith('1'))
        return `is no JSON where there is '${name}' and nothing else that may not be there; put it with its comma between ${section}`;
      if (isWrongWith(hostile))
        return `is no JSON with every value that '${name}' can have; put quotes around it: ${quoted}`;
      if (isList && isWrongWith('1', '1'))
        return `is no JSON where '${name}' has several texts; put commas between them: ${quoted}`;
      if (least[name]?.length === 0 && isWrongWith())
        return `is no JSON where there is no '${name}'; put what belongs to it, with its comma, between ${section}`;
    }
  }
  return undefined;
}

function viewOf(valueOf: (value: (typeof templateValues)[number]) => Value): TemplateView {
  return Object.fromEntries(templateValues.map((value) => [value.name, valueOf(value)]));
}

function jsonProblem(text: string | undefined): string | undefined {
  try {
    JSON.parse(text ?? '');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
