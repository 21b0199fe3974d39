import { readableFieldNames } from '../context/field-names.ts';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import { fieldNames } from '../sigma/correlation/match.ts';
import { lintHeader } from './lint.ts';
import { lintFinding, type LintFinding } from './lint-finding.ts';
import { noPlaces, type Place, type RulePlaces } from './lint-places.ts';
import { correlationFields, headlineFields } from './raise-correlated.ts';

/** What a loaded correlation gets wrong or lacks. `isServing`: it only serves another one, and raises no alert that had to explain itself. */
export function lintCorrelation(
  correlation: Correlation,
  places: RulePlaces = noPlaces,
  isServing = false,
): readonly LintFinding[] {
  const { groupBy, aliases, path } = correlation;
  const known = new Set([
    ...readableFieldNames.map(({ name }) => `tocsin.${name}`),
    ...correlationFields.map(({ name }) => name),
    ...aliases.map(({ name }) => name),
  ]);
  const inHeadline = places.at('tocsin', 'headline');
  const named: readonly (readonly [string, Place])[] = [
    ...groupBy.map((field, i) => [field, places.at('correlation', 'group-by', i)] as const),
    ...fieldNames(correlation)
      .slice(groupBy.length)
      .map((field) => [field, places.at('correlation', 'condition', 'field')] as const),
    ...headlineFields(correlation).map((field) => [field, inHeadline] as const),
  ];
  const findings = named.flatMap(([field, place]): readonly LintFinding[] => {
    if (field === '')
      return [
        lintFinding(
          'empty-placeholder',
          path,
          place,
          "the headline has an empty placeholder '{}'; name a field in it",
        ),
      ];
    if (!field.startsWith('tocsin.') || known.has(field)) return [];
    return [lintFinding('unknown-tocsin-field', path, place, `there is no field '${field}'`)];
  });
  const header = lintHeader(correlation, places, true);
  return [...findings, ...(isServing ? header.filter(({ code }) => !explains.has(code)) : header)];
}

/** What a rule owes to the readers of its alerts, which a rule that raises none does not. */
export const explains: ReadonlySet<string> = new Set([
  'no-description',
  'no-falsepositives',
  'no-headline',
  'no-test',
]);
