import type { Correlation, CorrelationTest } from '../correlation/correlation.ts';
import type { RuleDraft } from '../draft.ts';
import type { Problem } from '../problem.ts';

/**
 * Fields that correlations read in the events of each rule, by the rule's id or name. A pipeline gives them new names together with
 * those of the rule itself.
 */
export function correlatedFields(
  correlations: readonly Correlation[],
): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, Set<string>>();
  const add = (rule: string, field: string) => {
    const known = fields.get(rule);
    if (known === undefined) fields.set(rule, new Set([field]));
    else known.add(field);
  };
  for (const correlation of correlations) {
    for (const rule of baseRules(correlation, correlations))
      for (const field of plainFields(correlation)) add(rule, field);
    for (const { fields: of } of correlation.aliases) for (const { rule, field } of of) add(rule, field);
  }
  return new Map([...fields].map(([rule, names]) => [rule, [...names]]));
}

/** The correlations in the names that pipelines have given to their rules; one that has no single name left is a problem. */
export function fitCorrelations(
  correlations: readonly Correlation[],
  drafts: readonly RuleDraft[],
): { readonly correlations: readonly Correlation[]; readonly problems: readonly Problem[] } {
  const byReference = new Map(
    drafts.flatMap((draft) =>
      [draft.header.id, draft.header.name ?? draft.header.id].map((one) => [one, draft]),
    ),
  );
  const problems: Problem[] = [];
  const fitted = correlations.flatMap((correlation): readonly Correlation[] => {
    const rules = baseRules(correlation, correlations);
    const plain = new Set(plainFields(correlation));
    try {
      const rename = (field: string) => (plain.has(field) ? nameIn(rules, field, byReference) : field);
      const aliases = correlation.aliases.map((alias) => ({
        ...alias,
        fields: alias.fields.map(({ rule, field }) => ({ rule, field: nameIn([rule], field, byReference) })),
      }));
      return [
        {
          ...correlation,
          aliases,
          groupBy: correlation.groupBy.map(rename),
          test: testIn(correlation.test, rename),
        },
      ];
    } catch (error) {
      const { line, column } = correlation.rules[0] ?? { line: 1, column: 1 };
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ level: 'error', path: correlation.path, line, column, message });
      return [];
    }
  });
  return { correlations: fitted, problems };
}

/** The ids and names of the rules behind a correlation, also through other correlations. */
function baseRules(correlation: Correlation, all: readonly Correlation[]): readonly string[] {
  const byReference = new Map(all.flatMap((one) => [one.id, one.name ?? one.id].map((name) => [name, one])));
  const rules = new Set<string>();
  const seen = new Set<Correlation>();
  const pending = [correlation];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const { name } of next.rules) {
      const inner = byReference.get(name);
      if (inner === undefined) rules.add(name);
      else pending.push(inner);
    }
  }
  return [...rules];
}

/** Fields that the correlation names itself, and not through an alias. */
function plainFields({ groupBy, aliases, test }: Correlation): readonly string[] {
  const named: string[] = [...groupBy];
  testIn(test, (field) => {
    named.push(field);
    return field;
  });
  return named.filter((field) => !aliases.some(({ name }) => name === field));
}

function nameIn(rules: readonly string[], field: string, drafts: ReadonlyMap<string, RuleDraft>): string {
  const names = new Set<string>();
  for (const rule of rules) for (const name of drafts.get(rule)?.correlated?.[field] ?? []) names.add(name);
  const [only = field] = names;
  if (names.size > 1)
    throw new Error(
      `pipelines give '${field}' several names in its rules (${[...names].join(', ')}); give it one with 'aliases', or map it to one`,
    );
  return only;
}

function testIn(test: CorrelationTest, rename: (field: string) => string): CorrelationTest {
  if ('fields' in test) return { ...test, fields: test.fields.map(rename) };
  return 'field' in test ? { ...test, field: rename(test.field) } : test;
}
