import { alertFieldNames } from '../alert/alert-view.ts';
import { judgedFieldNames } from '../alert/judged.ts';
import { readableFieldNames } from '../context/field-names.ts';
import type { Detection } from '../sigma/rule.ts';

type Names = readonly { readonly name: string }[];

function withPrefixes(names: Names): ReadonlySet<string> {
  return new Set(
    names.flatMap(({ name }) =>
      `tocsin.${name}`.split('.').map((_part, depth, parts) => parts.slice(0, depth + 1).join('.')),
    ),
  );
}

/** What a search can read of an event under judgement. */
export const ofEvents = withPrefixes([...readableFieldNames, ...judgedFieldNames]);
/** What a search can read of an alert out of the store. */
export const ofAlerts = withPrefixes(alertFieldNames);

/** The fields under `tocsin.` that a search names and nothing ever fills: it would never match, and nobody would notice. */
export function unknownFields(search: Detection, known: ReadonlySet<string> = ofEvents): readonly string[] {
  switch (search.type) {
    case 'all':
    case 'any':
      return search.of.flatMap((part) => unknownFields(part, known));
    case 'field':
    case 'element': {
      const name = search.field.replaceAll('[]', '');
      return name.startsWith('tocsin.') && !known.has(name) ? [search.field] : [];
    }
    case 'keywords':
      return [];
  }
}
