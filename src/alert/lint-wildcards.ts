import { isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { lintFinding, type Fix, type LintFinding } from './lint-finding.ts';
import type { LintedDocument } from './linted-document.ts';

type Placed = 'contains' | 'startswith' | 'endswith';

/** Fields all of whose values have wildcards at the same ends, which a modifier says better. */
export function lintWildcards(of: LintedDocument, detection: unknown): readonly LintFinding[] {
  if (!isMap(detection)) return [];
  return detection.items.flatMap(({ key, value }) =>
    isScalar(key) && key.value === 'condition' ? [] : pairsIn(value).flatMap((pair) => lintPair(of, pair)),
  );
}

/** The fields of a detection: of its map, or of each map in its list. */
function pairsIn(detection: unknown): readonly Pair[] {
  if (isMap(detection)) return detection.items;
  return isSeq(detection) ? detection.items.flatMap((item) => (isMap(item) ? item.items : [])) : [];
}

function lintPair(of: LintedDocument, { key, value }: Pair): readonly LintFinding[] {
  if (!isScalar(key) || typeof key.value !== 'string' || !key.range) return [];
  const [field = '', ...modifiers] = key.value.split('|');
  if (
    field === '' ||
    modifiers.some((modifier) => modifier !== 'all' && modifier !== 'cased' && modifier !== 'neq')
  )
    return [];
  const values: readonly unknown[] = isSeq(value) ? value.items : [value];
  const texts = values.filter(isTextNode);
  if (texts.length === 0 || texts.length < values.length) return [];
  const places = new Set(texts.map((text) => placedBy(text.value)));
  const [placed] = places;
  if (places.size > 1 || placed === undefined) return [];
  const wanted = [field, placed, ...modifiers].join('|');
  const keyEdit = renamed(of.source, key, field, placed);
  const edits = texts.map((text) => withoutEnds(text, placed));
  const fix =
    keyEdit === undefined || edits.some((edit) => edit === undefined)
      ? undefined
      : [keyEdit, ...edits.flatMap((edit) => edit ?? [])];
  const message = `write '${wanted}' instead of wildcards at the end${placed === 'contains' ? 's' : ''} of ${texts.length === 1 ? 'the value' : 'each value'}`;
  return [lintFinding('wildcard-ends', of.path, of.placeAt(key.range[0]), message, fix)];
}

type TextNode = Scalar<string>;

function isTextNode(node: unknown): node is TextNode {
  return isScalar(node) && typeof node.value === 'string';
}

/** The modifier that says what the wildcards at the ends of a text say. Other wildcards in it stay. */
function placedBy(text: string): Placed | undefined {
  const begins = text.startsWith('*');
  const ends = text.endsWith('*') && !/(^|[^\\])(\\\\)*\\\*$/.test(text);
  const inner = text.slice(begins ? 1 : 0, ends ? -1 : undefined);
  if (inner === '' || inner.startsWith('*') || inner.endsWith('*')) return undefined;
  if (begins && ends) return 'contains';
  if (begins) return 'endswith';
  return ends ? 'startswith' : undefined;
}

function renamed(source: string, key: Scalar, field: string, placed: Placed): Fix[number] | undefined {
  if (!key.range) return undefined;
  const at = source.indexOf(field, key.range[0]);
  // A name with escapes in quotes stands otherwise than it reads.
  if (at < 0 || at > key.range[0] + 1) return undefined;
  const end = at + field.length;
  return { start: end, end, text: `|${placed}` };
}

function withoutEnds(text: TextNode, placed: Placed): Fix | undefined {
  if (!text.range) return undefined;
  const quotes = text.type === 'PLAIN' ? 0 : 1;
  if (text.type !== 'PLAIN' && text.type !== 'QUOTE_SINGLE' && text.type !== 'QUOTE_DOUBLE') return undefined;
  const first = text.range[0] + quotes;
  const last = text.range[1] - quotes;
  return [
    ...(placed === 'startswith' ? [] : [{ start: first, end: first + 1, text: '' }]),
    ...(placed === 'endswith' ? [] : [{ start: last - 1, end: last, text: '' }]),
  ];
}
