import type { RelatedRule, RuleDetails } from './rule.ts';

type At = readonly (string | number)[];
type Warn = (message: string, at: At) => void;

/** https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#identification */
export const relations: readonly string[] = ['derived', 'obsolete', 'merged', 'renamed', 'similar'];

/**
 * What a document says for people and for other tools, which decides nothing: whatever cannot be read is told and left out, and the rule
 * runs all the same.
 */
export function readDetails(data: Readonly<Record<string, unknown>>, warn: Warn): RuleDetails {
  const text = (key: string, most = 65_535) => textOf(data[key], key, most, warn);
  const related = relatedOf(data['related'], warn);
  const date = dayOf(data['date'], 'date', warn);
  const modified = dayOf(data['modified'], 'modified', warn);
  if (date !== undefined && modified !== undefined && modified < date)
    warn(`'modified' (${modified}) lies before 'date' (${date})`, ['modified']);
  const details = {
    related: related.length > 0 ? related : undefined,
    taxonomy: text('taxonomy', 256),
    license: text('license'),
    author: Array.isArray(data['author'])
      ? textsOf(data['author'], 'author', warn)?.join(', ')
      : text('author'),
    date,
    modified,
    fields: textsOf(data['fields'], 'fields', warn),
    scope: textsOf(data['scope'], 'scope', warn),
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

function textOf(value: unknown, key: string, most: number, warn: Warn): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    warn(`'${key}' is no text and is left out`, [key]);
    return undefined;
  }
  const text = String(value).trim();
  if (text.length > most) {
    warn(`'${key}' is longer than ${most} characters and is left out`, [key]);
    return undefined;
  }
  return text === '' ? undefined : text;
}

function textsOf(value: unknown, key: string, warn: Warn): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) {
    const one = textOf(value, key, 65_535, warn);
    return one === undefined ? undefined : [one];
  }
  const texts = new Set<string>();
  for (const [i, item] of (value as readonly unknown[]).entries()) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean')
      warn(`'${key}' holds something that is no text, which is left out`, [key, i]);
    else if (texts.has(String(item))) warn(`'${key}' has '${item}' twice`, [key, i]);
    else texts.add(String(item));
  }
  return texts.size > 0 ? [...texts] : undefined;
}

function relatedOf(value: unknown, warn: Warn): readonly RelatedRule[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    warn("'related' is a list of 'id' and 'type', and is left out", ['related']);
    return [];
  }
  return (value as readonly unknown[]).flatMap((item, i) => {
    const { id, type } =
      typeof item === 'object' && item !== null ? (item as { id?: unknown; type?: unknown }) : {};
    if (typeof id !== 'string' || typeof type !== 'string') {
      warn("a related rule has an 'id' and a 'type'; this one is left out", ['related', i]);
      return [];
    }
    if (!relations.includes(type)) {
      warn(`'${type}' is no relation; there are ${relations.join(', ')}; this one is left out`, [
        'related',
        i,
        'type',
      ]);
      return [];
    }
    return [{ id, type: type as RelatedRule['type'] }];
  });
}

/** As year-month-day. Slashes and dots are what rules had before the specification, and lint tells of them. */
function dayOf(value: unknown, key: string, warn: Warn): string | undefined {
  const text = textOf(value, key, 100, warn);
  if (text === undefined) return undefined;
  const [, year = '', month = '', day = ''] = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? [];
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = Date.parse(iso);
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(iso)) return iso;
  warn(`'${key}' is no day (${text.slice(0, 30)}) and is left out; write it as 2026-11-21`, [key]);
  return undefined;
}
