import { isJsonObject, member } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { parseConditions } from './condition.ts';
import type { ConditionTest } from './condition.ts';
import type { PatternSet } from './pattern.ts';
import { parsePrincipals } from './principal.ts';
import type { Principal } from './principal.ts';
import { presenceOf, widened } from './variable.ts';

/**
 * What a policy hangs on: a resource (its statements name principals; a role's trust policy is one), or an identity, whose
 * statements name none. Service control, resource control and session policies and permissions boundaries read as `identity`.
 */
export type PolicyKind = 'resource' | 'identity';

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly sid: string | undefined;
  /** Of an identity's policy: everyone, as it speaks of whoever it hangs on. */
  readonly principals: readonly Principal[];
  /** True where `principals` are the exceptions of a `NotPrincipal`. */
  readonly everyoneBut: boolean;
  /** In lower case. */
  readonly actions: PatternSet;
  /** An Allow as wide as its variables can make it, a Deny as narrow: what may come in. */
  readonly resources: PatternSet;
  /** The other way round: what surely comes in. */
  readonly resourcesAtWorst: PatternSet;
  readonly conditions: readonly ConditionTest[];
}

/** A policy: what could be read of it, and what could not, by statement. */
export interface Policy {
  readonly statements: readonly Statement[];
  readonly problems: readonly string[];
}

// The longest policy of a resource that AWS takes is KMS's, 32 KiB. What is longer is no policy, and would only cost time.
const longestPolicy = 32_768;
const longestPattern = 2048;

/**
 * Reads a policy document as CloudTrail holds it: an object, or JSON in a string (percent-encoded, too, as IAM
 * returns it). Never throws; what can't be read is in `problems`.
 * Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(document: Json | undefined, kind: PolicyKind = 'resource'): Policy {
  const root = typeof document === 'string' ? parseText(document) : document;
  if (!isJsonObject(root)) return unreadable('the policy is not a JSON object');
  if (!withinSize(root))
    return unreadable(`the policy is longer than ${longestPolicy} characters or nested too deeply`);
  const element = member(root, 'Statement');
  if (element === undefined) return unreadable('the policy has no Statement');
  const statements: Statement[] = [];
  const problems: string[] = [];
  // Without this version `${...}` is plain text: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
  const hasVariables = member(root, 'Version') === '2012-10-17';
  const items: readonly Json[] = Array.isArray(element) ? element : [element];
  items.forEach((item, index) => {
    const statement = parseStatement(item, kind, hasVariables);
    if ('problem' in statement) problems.push(`statement ${index + 1}: ${statement.problem}`);
    else statements.push(statement);
  });
  return { statements, problems };
}

function unreadable(problem: string): Policy {
  return { statements: [], problems: [problem] };
}

function parseText(document: string): Json | undefined {
  if (document.length > longestPolicy * 3) return undefined;
  try {
    const json = /^\s*%7B/i.test(document) ? decodeURIComponent(document) : document;
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}

/** Bounds both the length and the depth, as later steps multiply the one and recurse into the other. */
function withinSize(root: JsonObject): boolean {
  let left = longestPolicy;
  const visit = (value: Json | undefined, depth: number): void => {
    if (depth > 16) left = -1;
    if (left < 0) return;
    if (typeof value === 'string') left -= value.length + 2;
    else if (Array.isArray(value)) for (const item of value as readonly Json[]) visit(item, depth + 1);
    else if (isJsonObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        left -= key.length + 2;
        visit(item, depth + 1);
      }
    }
    left -= 1;
  };
  visit(root, 0);
  return left >= 0;
}

function parseStatement(
  item: Json,
  kind: PolicyKind,
  hasVariables: boolean,
): Statement | { readonly problem: string } {
  if (!isJsonObject(item)) return { problem: 'it is not an object' };
  const effect = member(item, 'Effect');
  if (effect !== 'Allow' && effect !== 'Deny') return { problem: 'its Effect is neither Allow nor Deny' };
  const principals = kind === 'identity' ? ofIdentity(item) : parseWhom(item);
  if ('problem' in principals) return principals;
  const actions = parsePair(item, 'Action', (text) => text.toLowerCase());
  if ('problem' in actions) return actions;
  const resources = parsePair(item, 'Resource', (text) => text);
  if ('problem' in resources) return resources;
  const conditions = parseConditions(member(item, 'Condition'));
  if ('problem' in conditions) return conditions;
  const sid = member(item, 'Sid');
  return {
    effect,
    sid: typeof sid === 'string' && sid !== '' ? sid : undefined,
    principals,
    everyoneBut: member(item, 'NotPrincipal') !== undefined,
    actions,
    ...(hasVariables ? readings(resources, effect) : { resources, resourcesAtWorst: resources }),
    conditions:
      hasVariables && effect === 'Allow' ? [...conditions, ...presenceOf(resources.include)] : conditions,
  };
}

function readings(
  { include, exclude }: PatternSet,
  effect: Statement['effect'],
): Pick<Statement, 'resources' | 'resourcesAtWorst'> {
  const wide: PatternSet = { include: include.map(widened), exclude };
  const narrow: PatternSet = { include, exclude: exclude.map(widened) };
  return effect === 'Allow'
    ? { resources: wide, resourcesAtWorst: narrow }
    : { resources: narrow, resourcesAtWorst: wide };
}

function parseWhom(item: JsonObject): readonly Principal[] | { readonly problem: string } {
  const whom = member(item, 'Principal');
  const butNot = member(item, 'NotPrincipal');
  if (whom !== undefined && butNot !== undefined) return { problem: 'it has Principal and NotPrincipal' };
  const element = whom ?? butNot;
  return element === undefined ? { problem: 'it has no Principal' } : parsePrincipals(element);
}

function ofIdentity(item: JsonObject): readonly Principal[] | { readonly problem: string } {
  // A resource control policy names everyone, who are the same as nobody named.
  const whom = member(item, 'Principal');
  return (whom === undefined || whom === '*') && member(item, 'NotPrincipal') === undefined
    ? [{ kind: 'everyone', text: '*' }]
    : { problem: 'it names a principal, which the policy of an identity cannot' };
}

function parsePair(
  item: JsonObject,
  name: 'Action' | 'Resource',
  clean: (text: string) => string,
): PatternSet | { readonly problem: string } {
  const positive = member(item, name);
  const negative = member(item, `Not${name}`);
  if (positive !== undefined && negative !== undefined) return { problem: `it has ${name} and Not${name}` };
  const element = positive ?? negative;
  // Trust policies, and those of a few services, name no resource: they mean the one that they hang on.
  if (element === undefined)
    return name === 'Resource' ? { include: ['*'], exclude: [] } : { problem: 'it has no Action' };
  const values: readonly Json[] = Array.isArray(element) ? element : [element];
  const texts: string[] = [];
  for (const value of values) {
    if (typeof value !== 'string' || value === '')
      return { problem: `its ${name} is not a text or a list of texts` };
    if (value.length > longestPattern)
      return { problem: `its ${name} is longer than ${longestPattern} characters` };
    texts.push(clean(value).replace(/\*{2,}/g, '*'));
  }
  if (texts.length === 0) return { problem: `its ${name} is an empty list` };
  return positive !== undefined ? { include: texts, exclude: [] } : { include: ['*'], exclude: texts };
}
