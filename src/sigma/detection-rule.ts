import * as z from 'zod';
import { parseCondition } from './condition.ts';
import type { RuleDraft } from './draft.ts';
import { headerFields, logSourceOf, logSourceSchema, readHeader } from './header.ts';
import { RuleError } from './problem.ts';
import type { ReadContext } from './read-context.ts';
import { readSearch } from './search.ts';

const schema = z.looseObject({
  ...headerFields,
  logsource: logSourceSchema,
  detection: z.looseObject({ condition: z.union([z.string(), z.array(z.string()).min(1).max(100)]) }),
});

/**
 * A detection rule from one document.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html (2.1.0)
 * @throws {z.ZodError | RuleError} with the place of what is wrong
 */
export function readRule(raw: unknown, context: ReadContext): RuleDraft {
  const data = schema.parse(raw);
  const { condition, timeframe, ...named } = data.detection;
  if (timeframe !== undefined)
    throw new RuleError(
      "'timeframe' belongs to an old form of correlation; write a correlation rule instead",
      ['detection', 'timeframe'],
    );
  const names = Object.keys(named);
  if (names.length === 0) throw new RuleError('there is no detection beside the condition', ['detection']);
  const elements = (data['sigma-version'] ?? 2) >= 3;
  const searches = names.map(
    (name) => [name, readSearch(named[name], ['detection', name], { elements, warn: context.warn })] as const,
  );
  const sources = typeof condition === 'string' ? [condition] : condition;
  return {
    header: readHeader(data, context, ['logsource', 'detection']),
    logsource: logSourceOf(data.logsource, context),
    searches: Object.fromEntries(searches),
    conditions: sources.map((source) => parseCondition(source, names)),
    filters: [],
    problem: context.problem,
  };
}
