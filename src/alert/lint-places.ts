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
  const parsed = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false });
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
    return {
      at: (...path) => place(offsetOf(document, path)),
      ofField: (field) => {
        const offset = offsetOfField(document, field);
        return offset === undefined ? undefined : place(offset);
      },
    };
  };
}

function textAt(document: Document, key: string): string | undefined {
  const value: unknown = document.get(key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function offsetOfField(document: Document, field: string): number | undefined {
  let found: number | undefined;
  visit(document, {
    Scalar: (role, node, path) => {
      const parent = path.at(-1);
      // A key `field|modifier`, or a value under a key with `fieldref`; a list lies between the key and its values.
      const isField =
        role === 'key'
          ? String(node.value).split('|')[0] === field
          : node.value === field &&
            path.some(
              (above) => isPair(above) && isScalar(above.key) && /\|fieldref\b/.test(String(above.key.value)),
            );
      const underDetection = path.some(
        (above) => isPair(above) && isScalar(above.key) && above.key.value === 'detection',
      );
      if (!isField || !underDetection || parent === undefined || !node.range) return undefined;
      found = node.range[0];
      return visit.BREAK;
    },
  });
  return found;
}
