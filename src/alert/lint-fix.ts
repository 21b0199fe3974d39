import { isMap, isScalar, isSeq, parseAllDocuments, type Document } from 'yaml';
import { joinRules, readRules } from '../sigma/parse.ts';
import type { Fix, LintFinding, TextEdit } from './lint-finding.ts';

export interface Fixed {
  readonly text: string;
  /** What was mended. */
  readonly applied: readonly LintFinding[];
  /** The changes of the source, the first first. */
  readonly edits: readonly TextEdit[];
}

/**
 * Mends what can be mended without changing what any rule matches. That is not taken on trust: the rules are read before and after, and a
 * change after which they are not the same in detection, condition, log source and everything else that is no part of the header's form is
 * left out. Everything outside of the changes stays byte for byte.
 */
export function applyFixes(source: string, path: string, findings: readonly LintFinding[]): Fixed {
  const fixable = findings.filter(({ fix }) => fix !== undefined && fix.length > 0);
  const before = meaningOf(source, path);
  const tried = (some: readonly LintFinding[]): string | undefined => {
    const edits = editsOf(some);
    if (edits === undefined) return undefined;
    const text = applyEdits(source, edits);
    return meaningOf(text, path) === before ? text : undefined;
  };
  // Mostly all of them are fine together; one by one only where they are not.
  let applied = fixable;
  let text = tried(applied);
  if (text === undefined) {
    applied = [];
    text = source;
    for (const finding of fixable) {
      const more = tried([...applied, finding]);
      if (more === undefined) continue;
      applied = [...applied, finding];
      text = more;
    }
  }
  return { text, applied, edits: editsOf(applied) ?? [] };
}

/** All changes in the order of their places; undefined where two of them touch the same text. */
function editsOf(findings: readonly LintFinding[]): Fix | undefined {
  const edits = findings.flatMap(({ fix }) => fix ?? []).sort((a, b) => a.start - b.start || a.end - b.end);
  const overlap = edits.some((edit, i) => edit.start < (edits[i - 1]?.end ?? 0));
  return overlap ? undefined : edits;
}

export function applyEdits(source: string, edits: readonly TextEdit[]): string {
  let text = '';
  let at = 0;
  for (const edit of edits) {
    text += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.slice(at);
}

/** Header values in which only the form is mended, and what stands in their place when rules are compared. */
const formOnly: Readonly<Record<string, string>> = {
  level: 'low',
  status: 'test',
  date: '2000-01-01',
  modified: '2000-01-01',
};

/**
 * All that is read of a file, as a text to compare, but for ids and for header values of which only the form is mended. Where a part
 * cannot be read, its plain YAML stands for it.
 */
function meaningOf(source: string, path: string): string {
  const documents = documentsOf(source);
  const { filters, ...file } = readRules(applyEdits(source, neutralEdits(documents)), path);
  const { problems, ...joined } = joinRules([{ ...file, filters }]);
  const read = { ...joined, filters };
  const errors = problems.filter(({ level }) => level === 'error').map(({ message }) => message);
  const unread = errors.length === 0 ? [] : documents.map(plainOf);
  return JSON.stringify([read, errors, unread], (key, value: unknown) => (key === 'id' ? undefined : value));
}

function documentsOf(source: string): readonly Document[] {
  const parsed = parseAllDocuments(source, { prettyErrors: false, uniqueKeys: false });
  return Array.isArray(parsed) ? parsed : [];
}

/** Puts something neutral in the place of header values, so that rules with a wrong form there can be read and compared. */
function neutralEdits(documents: readonly Document[]): Fix {
  const edits: TextEdit[] = [];
  for (const { contents } of documents) {
    if (!isMap(contents)) continue;
    for (const [key, text] of Object.entries(formOnly)) {
      const value = contents.get(key, true);
      if (isScalar(value) && value.range && value.type !== 'BLOCK_LITERAL' && value.type !== 'BLOCK_FOLDED')
        edits.push({ start: value.range[0], end: value.range[1], text });
    }
    const tags = contents.get('tags', true);
    for (const tag of isSeq(tags) ? tags.items : [])
      if (isScalar(tag) && tag.range && String(tag.value) !== '')
        edits.push({ start: tag.range[0], end: tag.range[1], text: 'a.b' });
  }
  return edits.sort((a, b) => a.start - b.start);
}

function plainOf(document: Document): unknown {
  try {
    const plain: unknown = document.toJS({ maxAliasCount: 100 });
    if (typeof plain !== 'object' || plain === null) return plain;
    return Object.fromEntries(
      Object.entries(plain).filter(
        ([key]) => key !== 'tags' && key !== 'id' && !Object.hasOwn(formOnly, key),
      ),
    );
  } catch (error) {
    return error instanceof Error ? error.message : 'not readable';
  }
}
