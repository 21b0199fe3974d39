import { asFilled, splitPlaceholders } from '../placeholder.ts';
import { RuleError } from '../problem.ts';
import type { SearchItem, SearchValue } from '../search.ts';
import type { Pipeline, Scalar } from './pipeline.ts';

/** So many texts of one value; more would make a rule slow to load and to run. */
const mostExpanded = 10_000;

/**
 * Fills the placeholders of an item's values (`%name%`, where the modifier `expand` stands). `valuesOf` gives what is put in, or
 * undefined to leave the placeholder for somebody else.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#placeholders
 * @throws {RuleError} where it would make too many values.
 */
export function fillPlaceholders(
  item: SearchItem,
  valuesOf: (name: string, at: SearchValue['at']) => readonly string[] | undefined,
): SearchItem {
  if (!item.modifiers.includes('expand')) return item;
  const all = item.modifiers.includes('all');
  const regex = item.modifiers.includes('re');
  let changed = false;
  const values = item.values.flatMap((one): readonly SearchValue[] => {
    if (typeof one.value !== 'string') return [one];
    const parts = splitPlaceholders(one.value);
    let texts: readonly string[] = [''];
    let filled = false;
    for (const part of parts) {
      const values = typeof part === 'string' ? undefined : valuesOf(part.placeholder, one.at);
      if (values !== undefined) filled = true;
      const ways = values?.map((value) => asFilled(value, regex)) ?? [
        typeof part === 'string' ? part : `%${part.placeholder}%`,
      ];
      if (texts.length * ways.length > mostExpanded)
        throw new RuleError(
          `the placeholders of '${one.value}' make more than ${mostExpanded} texts`,
          one.at,
        );
      texts = texts.flatMap((before) => ways.map((way) => before + way));
    }
    if (!filled) return [one];
    changed = true;
    if (all && texts.length > 1)
      throw new RuleError(
        `a placeholder with several values stands for any of them, and 'all' asks for each; leave 'all' out, or give '${one.value}' one value`,
        one.at,
      );
    return texts.map((value) => ({ value, at: one.at }));
  });
  return changed ? { ...item, values } : item;
}

export type PlaceholderValues = Readonly<Record<string, Scalar | readonly Scalar[]>>;

/** The values of placeholders that stand in the configuration, as a pipeline that runs last. */
export function placeholderPipeline(placeholders: PlaceholderValues): Pipeline {
  const vars = Object.entries(placeholders).map(([name, values]) => [name, [values].flat()] as const);
  return {
    path: 'rules.placeholders of the configuration',
    priority: Number.POSITIVE_INFINITY,
    vars: Object.fromEntries(vars),
    steps: [
      {
        source: {
          type: 'value_placeholders',
          include: Object.keys(placeholders),
          rule_cond_not: false,
          detection_item_cond_not: false,
          field_name_cond_not: false,
        },
        expressions: { rule: undefined, item: undefined, field: undefined },
        number: 1,
      },
    ],
  };
}
