import * as z from 'zod';
import { headerFields, looseText, readHeader, textList } from '../header.ts';
import { RuleError } from '../problem.ts';
import type { ReadContext } from '../read-context.ts';
import type { Alias, Correlation, RuleReference } from './correlation.ts';
import { readTest, testTypes, type TestSource } from './parse-test.ts';
import { parseTimespan } from './timespan.ts';

/** More rules than this in one correlation are no relation any more; the cost of some types grows with their square. */
const mostRules = 100;

const schema = z.looseObject({
  ...headerFields,
  generate: z.boolean().optional(),
  correlation: z.looseObject({
    type: looseText,
    rules: textList.optional(),
    'group-by': textList.optional().nullable(),
    timespan: looseText,
    aliases: z.record(z.string(), z.record(z.string(), looseText)).optional().nullable(),
    condition: z.union([z.string(), z.looseObject({})]).optional(),
    generate: z.boolean().optional(),
    learning: looseText.optional(),
    minimum: z.number().int().min(1).optional(),
    reference: z.number().int().min(1).optional(),
  }),
});

/** The keys below `correlation`. */
export const correlationKeys: ReadonlySet<string> = new Set([
  'type',
  'rules',
  'group-by',
  'timespan',
  'aliases',
  'condition',
  'generate',
  'learning',
  'minimum',
  'reference',
]);

/**
 * A correlation rule from one document. References are only collected here; `linkCorrelations` resolves them.
 * https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html (2.1.0)
 * @throws {z.ZodError | RuleError} with the place of what is wrong
 */
export function readCorrelation(raw: unknown, context: ReadContext): Correlation {
  const data = schema.parse(raw);
  const own = data.correlation;
  for (const key of Object.keys(own))
    if (!correlationKeys.has(key))
      context.warn(`'${key}' is not a key of correlations and changes nothing`, at(key));
  if (!testTypes.includes(own.type))
    throw new RuleError(
      `'${own.type}' is not a type of correlation; there are ${testTypes.join(', ')}`,
      at('type'),
    );
  const timespan = span(own.timespan, 'timespan');
  const groupBy = own['group-by'] ?? [];
  noneTwice(groupBy, 'group-by', 'field');
  const source: TestSource = {
    type: own.type,
    rules: own.rules,
    condition: own.condition,
    learning: own.learning === undefined ? undefined : span(own.learning, 'learning'),
    minimum: own.minimum,
    reference: own.reference,
  };
  const { test, rules: names } = readTest(source);
  if (names.length === 0)
    throw new RuleError(
      "'rules' names no rule; give the ids or names of the rules to correlate",
      at('rules'),
    );
  if (names.length > mostRules)
    throw new RuleError(
      `'rules' names ${names.length} rules; at most ${mostRules} can be correlated`,
      at('rules'),
    );
  noneTwice(names, 'rules', 'rule');
  const rules = names.map((name, i): RuleReference => ({
    name,
    ...context.placeOf(own.rules === undefined ? at('condition') : at('rules', i)),
  }));
  return {
    ...readHeader(data, context, ['correlation', 'generate']),
    rules,
    groupBy,
    timespan,
    timespanText: own.timespan,
    aliases: readAliases(own.aliases ?? {}, names),
    generate: own.generate ?? data.generate ?? false,
    test,
  };
}

function readAliases(
  aliases: Readonly<Record<string, Readonly<Record<string, string>>>>,
  rules: readonly string[],
) {
  return Object.entries(aliases).map(([name, fields]): Alias => {
    for (const rule of Object.keys(fields))
      if (!rules.includes(rule))
        throw new RuleError(
          `the alias '${name}' names the rule '${rule}', which is not among 'rules'; write it there as it is written here`,
          at('aliases', name, rule),
        );
    return { name, fields: Object.entries(fields).map(([rule, field]) => ({ rule, field })) };
  });
}

function noneTwice(names: readonly string[], key: string, what: string): void {
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) throw new RuleError(`'${key}' names the ${what} '${names[twice]}' twice`, at(key, twice));
}

function span(text: string, key: string): number {
  const parsed = parseTimespan(text);
  if (typeof parsed === 'number') return parsed;
  throw new RuleError(`'${key}' ${parsed.problem}`, at(key));
}

function at(...keys: readonly (string | number)[]): readonly (string | number)[] {
  return ['correlation', ...keys];
}
