import { isPair, isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';
import type { RuleHeader } from '../sigma/rule.ts';
import { offsetOf } from '../sigma/yaml-place.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where things of one rule stand in its file; lines and columns begin at 1. */
export interface RulePlaces {
  /** The key (or list item) at this path of keys, else its nearest parent that is there. */
  readonly at: (...path: readonly (string | number)[]) => Place;
  /** The first detection that reads the field, as a key or as the other field of a `fieldref`. */
  readonly ofField: (field: string) => Place | undefined;
}

const start: Place = { line: 1, column: 1 };

/** Where nothing is known of the file. */
export const noPlaces: RulePlaces = { at: () => start, ofField: () => undefined };

/** Reads the text of a rule file once more, for the places of what its rules hold. */
export function placesIn(source: string): (rule: RuleHeader) => RulePlaces {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  const place = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  return (rule) => {
    const document =
      documents.find((one) => textAt(one, 'id') === rule.id) ??
      documents.find((one) => textAt(one, 'name') === rule.id) ??
      documents.find((one) => textAt(one, 'title') === rule.title);
    if (document === undefined) return noPlaces;
    let fields: ReadonlyMap<string, number> | undefined;
    return {
      at: (...path) => place(offsetOf(document, path)),
      ofField: (field) => {
        const offset = (fields ??= offsetsOfFields(document)).get(field);
        return offset === undefined ? undefined : place(offset);
      },
    };
  };
}

function textAt(document: Document, key: string): string | undefined {
  const value: unknown = document.get(key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Where each field is read first, for all of them at once: a rule may read thousands. */
function offsetsOfFields(document: Document): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  visit(document, {
    Scalar: (role, node, path) => {
      // A key `field|modifier`, or a value under a key with `fieldref`; a list lies between the key and its values.
      const isKey = role === 'key';
      const field = isKey ? String(node.value).split('|')[0] : node.value;
      if (typeof field !== 'string' || !node.range || found.has(field)) return;
      const keys = path.flatMap((above) =>
        isPair(above) && isScalar(above.key) ? [String(above.key.value)] : [],
      );
      if (!keys.includes('detection')) return;
      if (isKey || keys.some((key) => /\|fieldref\b/.test(key))) found.set(field, node.range[0]);
    },
  });
  return found;
}
