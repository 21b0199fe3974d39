import type { RuleDraft } from './draft.ts';
import { detectionOf } from './detection.ts';
import type { Filter } from './filter.ts';
import { RuleError, type Problem } from './problem.ts';
import type { AppliedFilter, Condition, LogSource, RuleHeader } from './rule.ts';
import type { Search } from './search.ts';

/**
 * Adds filters to the rules that they name and whose log source they fit: the rule then matches where its own condition and that of each
 * filter hold. Files do not matter, and a filter's searches never meet a rule's of the same name. A filter with a wrong search is left
 * out; one that names what is not there, or does not fit, is told.
 */
export function applyFilters(
  drafts: readonly RuleDraft[],
  filters: readonly Filter[],
  correlations: readonly RuleHeader[],
): { readonly drafts: readonly RuleDraft[]; readonly problems: readonly Problem[] } {
  if (filters.length === 0) return { drafts, problems: [] };
  const problems: Problem[] = [];
  const added = new Map<number, Filter[]>();
  const byReference = new Map<string, number[]>();
  for (const [i, { header }] of drafts.entries())
    for (const reference of new Set([header.id, header.name ?? header.id])) {
      const known = byReference.get(reference);
      if (known === undefined) byReference.set(reference, [i]);
      else known.push(i);
    }
  const correlated = new Set(correlations.flatMap(({ id, name }) => [id, name ?? id]));
  for (const filter of filters) {
    const broken = problemIn(filter);
    if (broken !== undefined) {
      problems.push(broken);
      continue;
    }
    const told: Problem[] = [];
    const targets = new Set<number>();
    if (filter.rules === 'any') {
      for (const [i, draft] of drafts.entries()) if (fits(filter.logsource, draft.logsource)) targets.add(i);
    } else {
      for (const [place, reference] of filter.rules.entries()) {
        const named = byReference.get(reference) ?? [];
        const tell = (message: string) =>
          told.push(filter.problem('warning', message, ['filter', 'rules', place]));
        if (named.length === 0)
          tell(
            correlated.has(reference)
              ? `'${reference}' is a correlation, which has no event of its own to be filtered; name the rules that it refers to`
              : `no rule with the id or name '${reference}' is loaded; check it, or load the rule's file as well`,
          );
        for (const i of named) {
          const draft = drafts[i];
          if (draft !== undefined && fits(filter.logsource, draft.logsource)) targets.add(i);
          else if (draft !== undefined)
            tell(
              `the filter is for ${describe(filter.logsource)}, and the rule '${reference}' for ${describe(draft.logsource)}; make the filter's logsource fit`,
            );
        }
      }
    }
    problems.push(...told);
    if (targets.size === 0)
      problems.push(
        filter.problem('warning', `the filter '${filter.header.title}' is for none of the loaded rules`, [
          'filter',
          'rules',
        ]),
      );
    for (const i of targets) {
      const others = added.get(i);
      if (others === undefined) added.set(i, [filter]);
      else others.push(filter);
    }
  }
  return { drafts: drafts.map((draft, i) => withFilters(draft, added.get(i) ?? [])), problems };
}

/** Once for the filter, and not for each rule that would have to bear it. */
function problemIn(filter: Filter): Problem | undefined {
  try {
    for (const search of Object.values(filter.searches)) detectionOf(search, { placeholders: 'later' });
    return undefined;
  } catch (error) {
    if (error instanceof RuleError) return filter.problem('error', error.message, error.at);
    throw error;
  }
}

/** As in pySigma: what the filter leaves open fits everything. */
function fits(filter: LogSource, rule: LogSource): boolean {
  return (['product', 'category', 'service'] as const).every(
    (part) => filter[part] === undefined || filter[part].toLowerCase() === rule[part]?.toLowerCase(),
  );
}

function describe(logsource: LogSource): string {
  const parts = (['product', 'category', 'service'] as const).flatMap((part) =>
    logsource[part] === undefined ? [] : [`${part}: ${logsource[part]}`],
  );
  return parts.length === 0 ? 'any log source' : parts.join(', ');
}

function withFilters(draft: RuleDraft, filters: readonly Filter[]): RuleDraft {
  if (filters.length === 0) return draft;
  const searches = new Map<string, Search>(Object.entries(draft.searches));
  const applied = filters.map(({ header, searches: own, condition }, number): AppliedFilter => {
    const { id, title, path } = header;
    const renamed = new Map<string, string>();
    for (const [name, search] of Object.entries(own)) {
      // The number only where the name is taken, so that people read names and not numbers.
      let free = `${title}: ${name}`;
      if (searches.has(free)) free = `${title} (${number + 1}): ${name}`;
      while (searches.has(free)) free += "'";
      searches.set(free, search);
      renamed.set(name, free);
    }
    return { id, title, path, condition: rename(condition, renamed) };
  });
  const conditions = applied.map(({ condition }) => condition);
  return {
    ...draft,
    searches: Object.fromEntries(searches),
    conditions: draft.conditions.map((own) => ({ type: 'and', of: [own, ...conditions] })),
    filters: applied,
  };
}

function rename(condition: Condition, names: ReadonlyMap<string, string>): Condition {
  switch (condition.type) {
    case 'detection':
      return { type: 'detection', name: names.get(condition.name) ?? condition.name };
    case 'not':
      return { type: 'not', of: rename(condition.of, names) };
    case 'and':
    case 'or':
      return { type: condition.type, of: condition.of.map((part) => rename(part, names)) };
    case 'atLeast':
      return { ...condition, of: condition.of.map((part) => rename(part, names)) };
  }
}
