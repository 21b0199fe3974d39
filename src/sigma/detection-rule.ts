import * as z from 'zod';
import { parseCondition } from './condition.ts';
import { detectionOf } from './detection.ts';
import { headerFields, looseText, readHeader } from './header.ts';
import { RuleError } from './problem.ts';
import type { Condition, Detection, Rule } from './rule.ts';
import { readSearch } from './search.ts';

const schema = z.looseObject({
  ...headerFields,
  logsource: z.looseObject({
    product: looseText.optional().nullable(),
    category: looseText.optional().nullable(),
    service: looseText.optional().nullable(),
  }),
  detection: z.looseObject({ condition: z.union([z.string(), z.array(z.string()).min(1).max(100)]) }),
});

/**
 * A detection rule from one document.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html (2.1.0)
 * @throws {z.ZodError | RuleError} with the place of what is wrong
 */
export function readRule(raw: unknown, path: string): Rule {
  const data = schema.parse(raw);
  const { condition, timeframe, ...searches } = data.detection;
  if (timeframe !== undefined)
    throw new RuleError(
      "'timeframe' belongs to an old form of correlation; write a correlation rule instead",
      ['detection', 'timeframe'],
    );
  const elements = (data['sigma-version'] ?? 2) >= 3;
  const names = Object.keys(searches);
  if (names.length === 0) throw new RuleError('there is no detection beside the condition', ['detection']);
  const detections: [string, Detection][] = names.map((name) => [
    name,
    detectionOf(readSearch(searches[name], ['detection', name], { elements })),
  ]);
  const sources = typeof condition === 'string' ? [condition] : condition;
  const conditions: Condition[] = sources.map((source) => parseCondition(source, names));
  return {
    ...readHeader(data, path, ['logsource', 'detection']),
    logsource: {
      product: data.logsource.product ?? undefined,
      category: data.logsource.category ?? undefined,
      service: data.logsource.service ?? undefined,
    },
    detections: Object.fromEntries(detections),
    conditions,
  };
}
