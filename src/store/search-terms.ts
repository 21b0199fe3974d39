import { createHash } from 'node:crypto';
import type { Alert, AlertEvent } from '../alert/alert.ts';
import { providerWords } from '../context/providers/provider.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';

/** What alerts can be searched by, each compared whole and in whatever case. */
export const alertSubjects = [
  'actor',
  'address',
  'resource',
  'action',
  'service',
  'region',
  'technique',
  'incident',
  'muted',
] as const;

export type AlertSubject = (typeof alertSubjects)[number];

/** A search. */
export interface TermQuery {
  /** Of each list of terms an alert must have one; there is one list at least. */
  readonly all: readonly (readonly string[])[];
  /** It must have none of these. */
  readonly none: readonly string[];
}

const mostTerms = 400;
const longestText = 2_000;
const longestTerm = 80;

/**
 * The terms by which an alert is found, each once, in an alphabet that no database's own ideas of words apply to: lower-case letters, digits,
 * and in place of every other ASCII sign one from the private use area. A term is a word, whole (`arn:aws:s3:::invoices`) and in its parts
 * (`invoices`), or a subject with its value (`action=putbucketpolicy`).
 */
export function alertTerms(alert: Alert): readonly string[] {
  const terms = new Set<string>();
  const add = (term: string): void => {
    if (terms.size < mostTerms) terms.add(term);
  };
  add(plainTerm('severity', alert.severity));
  add(plainTerm('excepted', alert.exception === undefined ? '0' : '1'));
  add(plainTerm('rule', alert.rule.id));
  if (alert.where.account !== undefined) add(plainTerm('account', alert.where.account));
  // Nothing for what nobody has touched: nearly all are open, and writing a term of all costs time.
  const { status, assignee } = lifecycleOf(alert);
  if (status !== 'open') add(plainTerm('status', status));
  if (assignee !== undefined) add(plainTerm('assignee', assignee));
  for (const [subject, value] of subjectsOf(alert)) add(plainTerm(subject, value));
  // Names stand in several places.
  for (const text of new Set(textsOf(alert))) for (const word of knownWordsOf(text)) add(word);
  return [...terms];
}

/** What a search asks for: every word of a text, and every subject. */
export function searchTerms(
  text: string | undefined,
  about: Readonly<Partial<Record<AlertSubject, string | undefined>>> | undefined,
): TermQuery['all'] {
  const asked = alertSubjects.flatMap((subject) => {
    const value = about?.[subject];
    return value === undefined ? [] : [[plainTerm(subject, value)]];
  });
  const words = pieces((text ?? '').slice(0, longestText)).map((piece) => [term(piece)]);
  return [...asked, ...words.slice(0, 20)];
}

/** Some further condition on what an alert is, as terms that any of the given values fulfils. */
export function conditionTerms(
  name: 'severity' | 'excepted' | 'rule' | 'account' | 'status' | 'assignee',
  values: readonly string[],
): readonly string[] {
  return values.map((value) => plainTerm(name, value));
}

function plainTerm(name: string, value: string): string {
  return term(`${name}=${value}`);
}

function subjectsOf(alert: Alert): readonly (readonly [AlertSubject, string])[] {
  const { who, what, where, techniques, correlation, occurrences, incident, muted } = alert;
  const varied = occurrences?.varied;
  const events = correlation?.events ?? [];
  const found: (readonly [AlertSubject, string | undefined])[] = [
    ...[who.name, who.arn, who.accessKeyId, ...who.chain].map((value) => ['actor', value] as const),
    ...what.targets.flatMap(({ name, arn }) => [['resource', name] as const, ['resource', arn] as const]),
    ['action', what.action],
    ['service', what.service],
    ['region', where.region],
    ['address', addressOf(where.origin)],
    ...techniques.map(({ id }) => ['technique', id] as const),
    ['incident', incident?.id],
    ['muted', incident?.mutes === undefined ? undefined : 'incident'],
    ['muted', muted === undefined ? undefined : 'hour'],
    ...events.flatMap((event) => subjectsOfEvent(event)),
    ...[varied?.actor, varied?.principal, varied?.['access-key']].flatMap((values) =>
      (values ?? []).map((value) => ['actor', value] as const),
    ),
    ...(varied?.region ?? []).map((value) => ['region', value] as const),
    ...(varied?.address ?? []).map((value) => ['address', value] as const),
    ...(varied?.target ?? []).map((value) => ['resource', value] as const),
  ];
  return found.flatMap(([subject, value]) =>
    value === undefined || value === '' ? [] : [[subject, value] as const],
  );
}

function subjectsOfEvent(event: AlertEvent): readonly (readonly [AlertSubject, string | undefined])[] {
  return [
    ['actor', event.who.name],
    ['actor', event.who.arn],
    ['resource', event.target],
    ['action', event.action],
    ['address', addressOf(event.origin)],
  ];
}

function addressOf(origin: Alert['where']['origin']): string | undefined {
  return origin.type === 'address' ? origin.address : origin.type === 'service' ? origin.service : undefined;
}

function textsOf(alert: Alert): readonly string[] {
  const { who, what, where, correlation, occurrences, context } = alert;
  const { place } = where;
  const { varied } = occurrences ?? {};
  const joined = [
    varied?.actor,
    varied?.address,
    varied?.target,
    varied?.['access-key'],
    varied?.principal,
    varied?.account,
    varied?.region,
  ];
  const found = [
    alert.title,
    alert.rule.title,
    alert.id,
    who.name,
    who.arn,
    who.accessKeyId,
    ...who.chain,
    what.service,
    what.action,
    what.reason,
    ...what.targets.flatMap(({ name, arn }) => [name, arn]),
    where.account,
    where.accountName,
    where.region,
    addressOf(where.origin),
    place?.countryName,
    place?.city,
    place?.network,
    place?.asName,
    place?.provider && providerWords(place.provider),
    alert.evidence.eventId,
    ...alert.techniques.flatMap(({ id, name }) => [id, name]),
    ...alert.tactics.map(({ name }) => name),
    ...(correlation?.group ?? []).map(({ value }) => value),
    ...alert.facts.map(({ explanation }) => explanation),
    where.userAgent,
    ...(context?.lookups ?? []).flatMap(({ provider, verdict, summary }) => [
      `${provider}=${verdict}`,
      summary,
    ]),
    ...joined.flatMap((values) => values ?? []),
  ];
  return found.flatMap((text) => (text === undefined ? [] : [text.slice(0, longestText)]));
}

/** Alerts have most of their texts in common: names of rules and techniques, addresses, what a fact says. */
const knownWords = new Map<string, readonly string[]>();
const mostKnown = 2_000;
const longestKnown = 300;

function knownWordsOf(text: string): readonly string[] {
  const known = knownWords.get(text);
  if (known !== undefined) return known;
  if (text.length > longestKnown) return wordsOf(text);
  // A part of a text holds the whole, which may be a record of a megabyte.
  const own = JSON.parse(JSON.stringify(text)) as string;
  const words = wordsOf(own);
  if (knownWords.size >= mostKnown) knownWords.clear();
  knownWords.set(own, words);
  return words;
}

/** The words of a text and their parts. */
function wordsOf(text: string): readonly string[] {
  const between = isPlain(text) ? /[^a-zA-Z0-9]+/ : /[^\p{L}\p{N}]+/u;
  return pieces(text).flatMap((piece) => {
    const parts = piece.split(between);
    return parts.length < 2
      ? [term(piece)]
      : [term(piece), ...parts.flatMap((part) => (part === '' ? [] : [term(part)]))];
  });
}

/** What stands between spaces, without the signs around it. */
function pieces(text: string): readonly string[] {
  const [space, around] = isPlain(text)
    ? [/ +/, /^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g]
    : [/[\s\p{Cc}]+/u, /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu];
  return text.split(space).flatMap((piece) => {
    const word = piece.replace(around, '');
    return word === '' ? [] : [word];
  });
}

/** Most texts are ASCII, and classes of Unicode cost several times what plain ones do. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Of the private use area, behind which a sign's own number is added. */
const signs = 0xe000;

function term(text: string): string {
  const short =
    text.length <= longestTerm
      ? text
      : `${text.slice(0, longestTerm / 2)}#${createHash('sha256').update(JSON.stringify(text.toLowerCase())).digest('hex').slice(0, 16)}`;
  const lower = short.toLowerCase();
  if (/^[a-z0-9]*$/.test(lower)) return lower;
  const known = isPlain(lower) ? lower : lower.replace(/[\p{Co}\p{Surrogate}]/gu, '\ufffd');
  return known.replace(/[\0-/:-`{-\x7f]/g, (sign) => String.fromCharCode(signs + sign.charCodeAt(0)));
}
