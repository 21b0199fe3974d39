import * as z from 'zod';
import { parseCondition } from './condition.ts';
import { headerFields, logSourceOf, logSourceSchema, looseText, readHeader } from './header.ts';
import type { ProblemAt } from './later-places.ts';
import { RuleError } from './problem.ts';
import type { ReadContext } from './read-context.ts';
import type { Condition, LogSource, RuleHeader } from './rule.ts';
import { readSearch, type Search } from './search.ts';

/**
 * A Sigma filter: searches that are added to rules from outside, for exceptions that hold for many of them.
 * https://sigmahq.io/sigma-specification/specification/sigma-filters-specification.html (2.1.0)
 */
export interface Filter {
  readonly header: RuleHeader;
  readonly logsource: LogSource;
  /** Ids or names of rules; 'any' is every rule of the log source. */
  readonly rules: 'any' | readonly string[];
  /** Those that the condition names. */
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: Condition;
  readonly problem: ProblemAt;
}

const schema = z.looseObject({
  ...headerFields,
  logsource: logSourceSchema,
  filter: z.looseObject({
    rules: z.union([looseText, z.array(looseText)], "takes ids or names of rules, or 'any'"),
    condition: z.string(),
  }),
});

/**
 * A filter from one document.
 * @throws {z.ZodError | RuleError} with the place of what is wrong
 */
export function readFilter(raw: unknown, context: ReadContext): Filter {
  const data = schema.parse(raw);
  const { rules: target, condition: source, ...named } = data.filter;
  const rules = typeof target === 'string' ? [target] : target;
  if (rules.length === 0)
    throw new RuleError("names no rule; give ids or names of rules, or write 'any'", ['filter', 'rules']);
  const twice = rules.findIndex((rule, i) => rules.indexOf(rule) !== i);
  if (twice >= 0) context.warn(`names the rule '${rules[twice]}' twice`, ['filter', 'rules', twice]);
  const names = Object.keys(named);
  if (names.length === 0)
    throw new RuleError("there is no search beside the condition; write it below 'selection'", ['filter']);
  const at = ['filter', 'condition'];
  const condition = parseCondition(source, names, at);
  if (!hasNot(condition))
    context.warn(
      `the rules will match only where '${source}' holds, as a filter's condition is joined to theirs by 'and'; to leave such events out, write 'not ...'`,
      at,
    );
  for (const key of ['level', 'status'] as const)
    if (data[key] !== undefined) context.warn(`'${key}' has no sense in a filter and changes nothing`, [key]);
  const elements = (data['sigma-version'] ?? 2) >= 3;
  const used = namesIn(condition);
  const searches: [string, Search][] = [];
  for (const name of names) {
    const search = readSearch(named[name], ['filter', name], { elements, warn: context.warn });
    if (used.has(name)) searches.push([name, search]);
    else context.warn(`the search '${name}' is not used by the condition`, ['filter', name]);
  }
  return {
    header: readHeader(data, context, ['logsource', 'filter']),
    logsource: logSourceOf(data.logsource, context),
    rules: rules.some((rule) => rule.toLowerCase() === 'any') ? 'any' : rules,
    searches: Object.fromEntries(searches),
    condition,
    problem: context.problem,
  };
}

function hasNot(condition: Condition): boolean {
  if (condition.type === 'detection') return false;
  return condition.type === 'not' || condition.of.some(hasNot);
}

function namesIn(condition: Condition): ReadonlySet<string> {
  const names = new Set<string>();
  const pending: Condition[] = [condition];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.type === 'detection') names.add(next.name);
    else if (next.type === 'not') pending.push(next.of);
    else for (const part of next.of) pending.push(part);
  }
  return names;
}
