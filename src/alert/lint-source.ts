import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type Scalar,
} from 'yaml';
import { severities } from '../event/severity.ts';
import { statuses } from '../sigma/header.ts';
import { tacticOf } from './attack.ts';
import { lintFinding, type Fix, type LintFinding } from './lint-finding.ts';
import type { Place } from './lint-places.ts';
import type { LintedDocument, SourceLint } from './linted-document.ts';
import { lintWildcards } from './lint-wildcards.ts';

/**
 * What can be said about the text of a rule file, whether its rules can be run or not, with the changes that would mend it. Whether a
 * change leaves the rules as they are is for `applyFixes` to find out.
 */
export function lintSource(given: SourceLint): readonly LintFinding[] {
  const { source, path } = given;
  const lines = new LineCounter();
  const parsed = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (documents.some(({ errors }) => errors.length > 0)) return [];
  return [
    ...documents.flatMap((document) => lintDocument({ ...given, document, placeAt })),
    ...lintSpaces(source, path, documents, placeAt),
  ];
}

function lintDocument(of: LintedDocument): readonly LintFinding[] {
  const { contents } = of.document;
  if (!isMap(contents)) return [];
  const value = (key: string): unknown => contents.get(key, true);
  return [
    ...lintId(of, contents.items),
    ...['date', 'modified'].flatMap((key) => lintDate(of, key, value(key))),
    ...lintCase(of, 'level', value('level'), severities),
    ...lintCase(of, 'status', value('status'), statuses),
    ...lintTags(of, value('tags')),
    ...lintCondition(of, value('detection')),
    ...lintWildcards(of, value('detection')),
  ];
}

/** Without an id a rule is known by its name or file, and its alerts change their identity with those. */
function lintId(
  { document, source, path, newId, placeAt }: LintedDocument,
  items: readonly Pair[],
): readonly LintFinding[] {
  const keys = items.map(({ key }) => (isScalar(key) ? key.value : undefined));
  if (keys.includes('id') || !keys.includes('title') || keys.includes('action')) return [];
  const title = items[keys.indexOf('title')];
  const at = isScalar(title?.key) ? (title.key.range?.[0] ?? 0) : 0;
  const message = 'has no id; its alerts would change their identity with the name of its file';
  const { contents } = document;
  const end = isScalar(title?.value) ? title.value.range?.[1] : undefined;
  // In a map in braces, or behind a title of several lines, the place of a new line is for a person to choose.
  const simple =
    isMap(contents) && contents.flow !== true && end !== undefined && !source.slice(at, end).includes('\n');
  if (!simple) return [lintFinding('no-id', path, placeAt(at), message)];
  const lineEnd = source.indexOf('\n', end);
  const newline = lineEnd > 0 && source.charAt(lineEnd - 1) === '\r' ? '\r\n' : '\n';
  const fix: Fix =
    lineEnd < 0
      ? [{ start: source.length, end: source.length, text: `${newline}id: ${newId()}` }]
      : [{ start: lineEnd + 1, end: lineEnd + 1, text: `id: ${newId()}${newline}` }];
  return [lintFinding('no-id', path, placeAt(at), message, fix)];
}

function lintDate(of: LintedDocument, key: string, value: unknown): readonly LintFinding[] {
  if (!isScalar(value) || !value.range) return [];
  const written = String(value.source ?? value.value);
  if (isDay(written)) return [];
  const [, year = '', month = '', day = ''] = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$/.exec(written) ?? [];
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  // What is no day at all is told by the reader.
  if (!isDay(iso)) return [];
  const message = `'${key}' is written as year-month-day: ${iso}`;
  return [lintFinding('date-form', of.path, of.placeAt(value.range[0]), message, rewrite(value, iso))];
}

/** Whether the text is a day that there is: `2026-02-30` is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function lintCase(
  of: LintedDocument,
  key: string,
  value: unknown,
  known: readonly string[],
): readonly LintFinding[] {
  if (!isScalar(value) || typeof value.value !== 'string' || !value.range) return [];
  const folded = value.value.trim().toLowerCase();
  if (value.value === folded || !known.includes(folded)) return [];
  const message = `'${key}' is written in lower case: ${folded}`;
  return [lintFinding('header-case', of.path, of.placeAt(value.range[0]), message, rewrite(value, folded))];
}

/** https://sigmahq.io/sigma-specification/specification/sigma-appendix-tags.html */
function lintTags(of: LintedDocument, tags: unknown): readonly LintFinding[] {
  if (!isSeq(tags)) return [];
  const all = new Set(tags.items.map((item) => (isScalar(item) ? String(item.value) : '')));
  return tags.items.flatMap((item) => {
    if (!isScalar(item) || typeof item.value !== 'string' || !item.range) return [];
    const tag = item.value;
    const wanted = tagAsWanted(tag);
    if (tag === wanted) {
      const namespace = tag.slice(0, tag.indexOf('.'));
      if (namespaces.includes(namespace)) return [];
      const message = `'${namespace}' is no namespace of the specification; there are ${namespaces.join(', ')}`;
      return [lintFinding('unknown-namespace', of.path, of.placeAt(item.range[0]), message)];
    }
    const message =
      wanted === undefined
        ? `the tag '${tag}' is not written as namespace.value in lower case`
        : `the tag '${tag}' is written as ${wanted}`;
    const fix = wanted === undefined || all.has(wanted) ? undefined : rewrite(item, wanted);
    return [lintFinding('tag-form', of.path, of.placeAt(item.range[0]), message, fix)];
  });
}

const namespaces: readonly string[] = ['attack', 'car', 'cve', 'd3fend', 'detection', 'stp', 'tlp'];

const tagForm = /^[a-z0-9_-]+\.[a-z0-9._-]+$/;

/** The tag as the specification writes it; undefined where no one can tell what was meant. */
function tagAsWanted(tag: string): string | undefined {
  // Names of D3FEND's artifacts have capitals in them.
  if (/^d3fend\.d3f-\w+$/.test(tag)) return tag;
  const folded = tag
    .trim()
    .toLowerCase()
    .replace(/^att&ck\./, 'attack.');
  const cve = /^cve[.-](\d{4})[.-](\d{4,})$/.exec(folded);
  if (cve !== null) return `cve.${cve[1]}-${cve[2]}`;
  const tactic = folded.replaceAll('_', '-');
  if (folded.includes('_') && tacticOf(folded) !== undefined) return tactic;
  return tagForm.test(folded) ? folded : undefined;
}

/** `1 of selection*` where only one detection is called so. Filters are left alone: others are meant to be added to them. */
function lintCondition(of: LintedDocument, detection: unknown): readonly LintFinding[] {
  if (!isMap(detection)) return [];
  const condition = detection.get('condition', true);
  if (!isScalar(condition) || typeof condition.value !== 'string' || !condition.range) return [];
  // Only where the text stands as it is, so that places in it are places in the file.
  const from = of.source.indexOf(condition.value, condition.range[0]);
  if (from < 0 || from > condition.range[0] + 1) return [];
  const names = detection.items
    .map(({ key }) => (isScalar(key) ? String(key.value) : ''))
    .filter((name) => name !== 'condition' && name !== 'timeframe');
  return [...condition.value.matchAll(/(?<![^\s(])(1|any|all)\s+of\s+([^\s()]+)/gi)].flatMap((found) => {
    const [whole, , pattern = ''] = found;
    const matching =
      pattern === 'them'
        ? names.filter((name) => !name.startsWith('_'))
        : names.filter((name) => globMatches(pattern, name));
    const [only] = matching;
    if (only === undefined || matching.length > 1 || pattern.startsWith('filter')) return [];
    const start = from + found.index;
    const message = `'${whole}' is one detection: write ${only}`;
    const fix = [{ start, end: start + whole.length, text: only }];
    return [lintFinding('quantified-one', of.path, of.placeAt(start), message, fix)];
  });
}

function globMatches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return name === pattern;
  const last = others.pop() ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

function lintSpaces(
  source: string,
  path: string,
  documents: readonly Document[],
  placeAt: (offset: number) => Place,
): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const texts = rangesOfLongTexts(source, documents);
  let next = 0;
  let at = 0;
  for (const line of source.split('\n')) {
    const ending = line.endsWith('\r') ? 1 : 0;
    const end = at + line.length - ending;
    const kept = line.slice(0, line.length - ending).replace(/[ \t]+$/, '');
    const start = at + kept.length;
    // Inside of a text of several lines a space may be meant.
    while ((texts[next]?.[1] ?? source.length) <= start && next < texts.length) next++;
    const inText = (texts[next]?.[0] ?? source.length) <= start;
    if (start < end && !inText)
      findings.push(
        lintFinding('trailing-space', path, placeAt(start), 'spaces at the end of the line', [
          { start, end, text: '' },
        ]),
      );
    at += line.length + 1;
  }
  if (source !== '' && !source.endsWith('\n')) {
    const end = source.length;
    const newline = source.includes('\r\n') ? '\r\n' : '\n';
    findings.push(
      lintFinding('no-final-newline', path, placeAt(Math.max(0, end - 1)), 'the last line does not end', [
        { start: end, end, text: newline },
      ]),
    );
  }
  return findings;
}

/** Texts of several lines, the first first; none of them overlap. */
function rangesOfLongTexts(
  source: string,
  documents: readonly Document[],
): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  for (const document of documents)
    visit(document, {
      Scalar: (_, node) => {
        if (node.range && source.slice(node.range[0], node.range[1]).includes('\n'))
          ranges.push([node.range[0], node.range[1]]);
      },
    });
  return ranges.sort(([a], [b]) => a - b);
}

/** The scalar with another text, in the quotes that it has. */
function rewrite(node: Scalar, text: string): Fix | undefined {
  if (!node.range) return undefined;
  const [start, end] = node.range;
  switch (node.type) {
    case 'PLAIN':
      return [{ start, end, text }];
    case 'QUOTE_SINGLE':
      return [{ start, end, text: `'${text}'` }];
    case 'QUOTE_DOUBLE':
      return [{ start, end, text: `"${text}"` }];
    default:
      return undefined;
  }
}
