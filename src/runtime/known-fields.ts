import { judgedFieldNames } from '../alert/judged.ts';
import { readableFieldNames } from '../context/field-names.ts';
import type { Detection } from '../sigma/rule.ts';

const names: readonly string[] = [...readableFieldNames, ...judgedFieldNames].map(
  ({ name }) => `tocsin.${name}`,
);
const known: ReadonlySet<string> = new Set(
  names.flatMap((name) => name.split('.').map((_part, depth, parts) => parts.slice(0, depth + 1).join('.'))),
);

/** The fields under `tocsin.` that a search names and nothing ever fills: it would never match, and nobody would notice. */
export function unknownFields(search: Detection): readonly string[] {
  switch (search.type) {
    case 'all':
    case 'any':
      return search.of.flatMap(unknownFields);
    case 'field':
    case 'element': {
      const name = search.field.replaceAll('[]', '');
      return name.startsWith('tocsin.') && !known.has(name) ? [search.field] : [];
    }
    case 'keywords':
      return [];
  }
}
