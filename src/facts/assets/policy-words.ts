import { isJsonObject, isList, member, type Json, type JsonObject } from '../../event/json.ts';
import { parseConditions } from '../policy/condition.ts';
import { quote } from '../sentence.ts';

/** One statement of a policy in words: each part a list of texts in order, so that writing it otherwise changes nothing. */
export interface StatementWords {
  readonly sid: string | undefined;
  readonly effect: string;
  readonly who: readonly string[];
  readonly does: readonly string[];
  readonly on: readonly string[];
  readonly when: readonly string[];
}

/** The parts of a statement, as they stand in a sentence. */
export const statementParts = ['who', 'does', 'on', 'when'] as const;

// Well above what AWS takes of any policy: KMS's, the longest, may have 32 KiB.
const longestPolicy = 100_000;
const mostStatements = 500;
const mostTexts = 2_000;

/**
 * The statements of any policy document, for people: of resources, of trust, of identities; also a single statement, as Lambda shows
 * them. Undefined where it is no such document. Never throws.
 */
export function statementsOf(document: Json | undefined): readonly StatementWords[] | undefined {
  const root = typeof document === 'string' ? parsed(document) : document;
  if (!isJsonObject(root)) return undefined;
  const element = member(root, 'Statement') ?? (member(root, 'Effect') === undefined ? undefined : root);
  if (element === undefined) return undefined;
  const items: readonly Json[] = isList(element) ? element : [element];
  if (items.length > mostStatements || !items.every(isJsonObject)) return undefined;
  return items.filter(isJsonObject).map(wordsOf);
}

function parsed(text: string): Json | undefined {
  if (text.length > longestPolicy * 3) return undefined;
  try {
    return JSON.parse(/^\s*%7B/i.test(text) ? decodeURIComponent(text) : text) as Json;
  } catch {
    return undefined;
  }
}

function wordsOf(statement: JsonObject): StatementWords {
  const sid = member(statement, 'Sid');
  const effect = member(statement, 'Effect');
  return {
    sid: typeof sid === 'string' && sid !== '' ? sid : undefined,
    effect:
      effect === 'Allow'
        ? 'allow'
        : effect === 'Deny'
          ? 'deny'
          : `(${quote(JSON.stringify(effect ?? null))})`,
    who: [
      ...principalWords(member(statement, 'Principal'), ''),
      ...principalWords(member(statement, 'NotPrincipal'), 'everyone but '),
    ],
    does: [
      // Case says nothing in actions.
      ...textsOf(member(statement, 'Action'), (text) => text.toLowerCase()).map((text) => quote(text)),
      ...textsOf(member(statement, 'NotAction'), (text) => text.toLowerCase()).map(
        (text) => `everything but ${quote(text)}`,
      ),
    ],
    on: [
      ...textsOf(member(statement, 'Resource')).map((text) => quote(text)),
      ...textsOf(member(statement, 'NotResource')).map((text) => `everything but ${quote(text)}`),
    ],
    when: conditionWords(member(statement, 'Condition')),
  };
}

function textsOf(value: Json | undefined, clean = (text: string) => text): readonly string[] {
  const items: readonly Json[] = isList(value) ? value : value === undefined ? [] : [value];
  const texts = items
    .slice(0, mostTexts)
    .map((item) => (typeof item === 'string' ? clean(item) : JSON.stringify(item).slice(0, 200)));
  return [...new Set(texts)].sort();
}

function principalWords(element: Json | undefined, before: string): readonly string[] {
  if (element === undefined) return [];
  if (!isJsonObject(element)) return textsOf(element).map((text) => before + principal('AWS', text));
  return Object.entries(element)
    .flatMap(([kind, value]) => textsOf(value).map((text) => before + principal(kind, text)))
    .sort();
}

function principal(kind: string, text: string): string {
  if (text === '*' && kind === 'AWS') return 'anyone (`*`)';
  const account = /^(?:arn:[^:]*:iam::(\d{12}):root|(\d{12}))$/.exec(text);
  if (kind === 'AWS' && account !== null) return `account ${quote(account[1] ?? account[2] ?? text)}`;
  switch (kind) {
    case 'AWS':
      return quote(text);
    case 'Service':
      return `the service ${quote(text)}`;
    case 'Federated':
      return `those signed in by ${quote(text)}`;
    case 'CanonicalUser':
      return `the canonical user ${quote(text)}`;
    default:
      return `${quote(kind)} ${quote(text)}`;
  }
}

function conditionWords(element: Json | undefined): readonly string[] {
  const tests = parseConditions(element);
  if ('problem' in tests) return [quote(JSON.stringify(element ?? null))];
  return [
    ...new Set(tests.map(({ set, text }) => quote(`${set === undefined ? '' : `${set} of `}${text}`))),
  ].sort();
}

/** A statement as one line: "allow anyone to `s3:getobject` on `arn:…` if `…`". */
export function sentenceOf(words: StatementWords): string {
  const { effect, who, does, on, when } = words;
  const whom = who.length === 0 ? '' : ` ${several(who)} to`;
  const what = does.length === 0 ? ' nothing' : ` ${several(does)}`;
  const where = on.length === 0 ? '' : ` on ${several(on)}`;
  return `${effect}${whom}${what}${where}${when.length === 0 ? '' : ` if ${several(when, ' and ')}`}`;
}

const mostNamed = 8;

function several(texts: readonly string[], between = ', '): string {
  const shown = texts.slice(0, mostNamed).join(between);
  return texts.length > mostNamed ? `${shown} and ${texts.length - mostNamed} more` : shown;
}
