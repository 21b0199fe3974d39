import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { parseCondition } from '../condition.ts';
import { detectionOf } from '../detection.ts';
import { RuleError, type Problem } from '../problem.ts';
import { compileRegex } from '../regex.ts';
import type { Condition } from '../rule.ts';
import { readSearch, type Place } from '../search.ts';
import { offsetOf } from '../yaml-place.ts';
import { pipelineSchema, type TransformationSource } from './schema.ts';

/**
 * A processing pipeline as pySigma reads them: steps that fit rules to the names and values of a log source.
 * https://sigmahq-pysigma.readthedocs.io/en/latest/Processing_Pipelines.html
 */
export interface Pipeline {
  /** The file, or what else it comes from; for messages. */
  readonly path: string;
  /** Pipelines run from the lowest to the highest. */
  readonly priority: number;
  readonly vars: Readonly<Record<string, readonly Scalar[]>>;
  readonly steps: readonly Step[];
}

export type Scalar = string | number | boolean;

export interface Step {
  readonly source: TransformationSource;
  /** `rule_cond_expr` and the like, over the names of the conditions; undefined where they are a list. */
  readonly expressions: Readonly<Record<'rule' | 'item' | 'field', Condition | undefined>>;
  /** 1 is the first; for messages. */
  readonly number: number;
}

/**
 * Reads one pipeline of a YAML file. Anything that Tocsin cannot do is a problem, with place and way out, and then there is no
 * pipeline: rules that are only half fitted would look like rules that find nothing.
 */
export function readPipeline(
  text: string,
  path: string,
): { readonly pipeline?: Pipeline; readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problemAt = (offset: number | undefined, message: string): Problem => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { level: 'error', path, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  const problem = (at: Place, message: string) => problemAt(offsetOf(document, at), message);
  if (document.errors.length > 0)
    return { problems: document.errors.map(({ pos, message }) => problemAt(pos[0], `not YAML: ${message}`)) };
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problems: [problemAt(0, error instanceof Error ? error.message : 'not readable')] };
  }
  const parsed = pipelineSchema.safeParse(raw);
  if (!parsed.success)
    return {
      problems: parsed.error.issues.flatMap((issue) =>
        deepest(issue, []).map(({ at, message }) => problem(at, message)),
      ),
    };
  const { allowed_backends: backends, priority, vars, transformations } = parsed.data;
  if (backends !== undefined && backends.length > 0 && !backends.includes('tocsin'))
    return {
      problems: [
        problem(
          ['allowed_backends'],
          `the pipeline is for ${backends.join(', ')} and not for Tocsin; add 'tocsin' if it fits all the same`,
        ),
      ],
    };
  const problems: Problem[] = [];
  const steps = transformations.map((source, i): Step => {
    const at = ['transformations', i];
    const check = <T>(what: () => T, below: Place): T | undefined => {
      try {
        return what();
      } catch (error) {
        const place = error instanceof RuleError && error.at.length > 0 ? error.at : [...at, ...below];
        problems.push(problem(place, error instanceof Error ? error.message : String(error)));
        return undefined;
      }
    };
    checkTransformation(source, check);
    const expressions = {
      rule: check(
        () => expressionOf('rule', source.rule_conditions, source.rule_cond_expr, source.rule_cond_op, at),
        [],
      ),
      item: check(
        () =>
          expressionOf(
            'detection_item',
            source.detection_item_conditions,
            source.detection_item_cond_expr,
            source.detection_item_cond_op,
            at,
          ),
        [],
      ),
      field: check(
        () =>
          expressionOf(
            'field_name',
            source.field_name_conditions,
            source.field_name_cond_expr,
            source.field_name_cond_op,
            at,
          ),
        [],
      ),
    };
    return { source, expressions, number: i + 1 };
  });
  if (problems.length > 0) return { problems };
  const lists = Object.entries(vars).map(
    ([name, value]) => [name, Array.isArray(value) ? value : [value]] as const,
  );
  return { pipeline: { path, priority, vars: Object.fromEntries(lists), steps }, problems };
}

type Check = <T>(what: () => T, below: Place) => T | undefined;

/** What a schema cannot say. */
function checkTransformation(source: TransformationSource, check: Check): void {
  for (const [i, condition] of entriesOf(source.detection_item_conditions))
    if (condition.type === 'match_string')
      check(() => regex(condition.pattern), ['detection_item_conditions', i, 'pattern']);
  for (const [i, condition] of entriesOf(source.field_name_conditions))
    if ('mode' in condition && condition.mode === 're')
      for (const [j, one] of condition.fields.entries())
        check(() => regex(one), ['field_name_conditions', i, 'fields', j]);
  switch (source.type) {
    case 'replace_string':
      check(() => regex(source.regex), ['regex']);
      break;
    case 'add_condition':
      check(
        () => detectionOf(readSearch(source.conditions, ['conditions'], { elements: false })),
        ['conditions'],
      );
      break;
    case 'change_logsource':
      if (source.product === undefined && source.category === undefined && source.service === undefined)
        check(() => {
          throw new Error("names no log source; give it 'product', 'category' or 'service'");
        }, []);
      break;
    case 'value_placeholders':
    case 'wildcard_placeholders':
      if (source.include !== undefined && source.exclude !== undefined)
        check(() => {
          throw new Error("has 'include' and 'exclude'; one of them says it all");
        }, ['exclude']);
      break;
    default:
  }
}

function regex(source: string): void {
  try {
    compileRegex(source, '');
  } catch (error) {
    throw new Error(
      `the regular expression ${source} cannot be run in linear time: ${error instanceof Error ? error.message : 'unknown reason'}`,
      { cause: error },
    );
  }
}

/** The conditions of one sort, by place or by name. */
export function entriesOf<T>(
  conditions: readonly T[] | Readonly<Record<string, T>> | undefined,
): readonly (readonly [string | number, T])[] {
  if (conditions === undefined) return [];
  return Array.isArray(conditions)
    ? [...(conditions as readonly T[]).entries()]
    : Object.entries(conditions as Readonly<Record<string, T>>);
}

function expressionOf(
  prefix: 'rule' | 'detection_item' | 'field_name',
  conditions: readonly unknown[] | Readonly<Record<string, unknown>> | undefined,
  expression: string | undefined,
  operator: 'and' | 'or' | undefined,
  at: Place,
): Condition | undefined {
  if (expression === undefined) return undefined;
  const place = [...at, `${prefix}_cond_expr`];
  if (operator !== undefined)
    throw new RuleError(
      `'${prefix}_cond_expr' and '${prefix}_cond_op' say the same thing twice; leave one out`,
      place,
    );
  if (conditions === undefined || Array.isArray(conditions))
    throw new RuleError(
      `needs names for the conditions: write '${prefix}_conditions' as a map from names to conditions`,
      place,
    );
  return parseCondition(expression, Object.keys(conditions), place);
}

/** Of a choice that fits in no way, what is wrong with the way that fits best: the one that fails deepest inside. */
function deepest(
  issue: z.core.$ZodIssue,
  above: Place,
): readonly { readonly at: Place; readonly message: string }[] {
  const at = [...above, ...issue.path.filter((key) => typeof key !== 'symbol')];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ at: [...at, key], message: `there is no such key as '${key}' here` }));
  if (issue.code === 'invalid_key')
    return [{ at, message: 'has an empty name; texts without a field cannot be given one' }];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => branch.flatMap((inner) => deepest(inner, at)));
    const depth = (branch: (typeof branches)[number]) => Math.max(...branch.map((one) => one.at.length));
    const best = branches.toSorted((a, b) => depth(b) - depth(a))[0];
    if (best !== undefined && depth(best) > at.length) return best;
  }
  const name = at.at(-1);
  const key = typeof name === 'string' ? `'${name}' ` : '';
  return [
    {
      at,
      message: /^(?:'|has |takes |names )/.test(issue.message)
        ? issue.message
        : `${key}${issue.message.replace(/^Invalid/, 'is wrong: invalid')}`,
    },
  ];
}
