import type { Json } from '../../event/json.ts';
import { accessByVerb } from '../policy/access.ts';
import type { ConditionTest } from '../policy/condition.ts';
import { parsePolicy } from '../policy/document.ts';
import type { Policy, Statement } from '../policy/document.ts';
import { covers, overlaps, setCovers, setOverlaps } from '../policy/pattern.ts';
import { escalationPaths } from './escalation-paths.ts';
import type { EscalationPath } from './escalation-paths.ts';

/**
 * How much a policy lets its holder do, most first. `admin`: every right of the account, at once or by giving them to oneself;
 * `escalation`: a way to the rights of others; `power`: every service but the management of identities; `hijack`: to speak
 * through any running thing of a kind, with its role; `limited-escalation`: a way to more rights, through named targets or
 * under conditions only; `write`, `read`: what the actions say; `none`: nothing is allowed.
 */
export const rightsLevels = [
  'admin',
  'escalation',
  'power',
  'hijack',
  'limited-escalation',
  'write',
  'read',
  'none',
  'unknown',
] as const;

export type RightsLevel = (typeof rightsLevels)[number];

/** What a path may be taken to. `self`: only to the holder itself; `named`: to what the policy names or its conditions admit. */
export type Breadth = 'any' | 'self' | 'named';

export interface OpenPath {
  readonly path: EscalationPath;
  readonly breadth: Breadth;
}

export interface Rights {
  readonly level: RightsLevel;
  readonly paths: readonly OpenPath[];
  /** Patterns of the Allow statements, sorted: actions in lower case, `all but ...` for NotAction. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly string[];
  /** Why the document, or a statement of it, can't be read. */
  readonly problems: readonly string[];
}

/** What ties the policy to its place: the account that it is in, and the ARN of who holds it, where they are known. */
export interface Holder {
  readonly account: string | undefined;
  readonly arn: string | undefined;
}

/**
 * What a policy of an identity (inline, managed, or of a permission set) lets its holder do, with the escalation paths
 * that this one document opens. Other policies of the holder, its boundary and the organisation's are not in it. Never throws.
 */
export function rightsOf(document: Json | undefined, holder: Holder): Rights {
  const parsed = parsePolicy(document, 'identity');
  const { statements, problems } = isTooMuch(parsed.statements) ? tooMuch : parsed;
  const denies = statements.filter(({ effect }) => effect === 'Deny');
  const allows = statements
    .filter(({ effect }) => effect === 'Allow')
    .filter((allow) => !isDenied(allow, denies));
  const reader = needReader(allows, denies, holder);
  const paths = escalationPaths.flatMap((path): readonly OpenPath[] => {
    const breadth = breadthOf(path, reader);
    return breadth === undefined ? [] : [{ path, breadth }];
  });
  return {
    level: levelOf(paths, allows, problems),
    paths,
    actions: textsOf(allows, ({ actions }) => actions),
    resources: textsOf(allows, ({ resourcesAtWorst }) => resourcesAtWorst),
    conditions: sorted(allows.flatMap(({ conditions }) => conditions.map(({ text }) => text))),
    problems,
  };
}

// Each pattern of the one is held against each of the other. Documents that people write stay a hundred times below.
const mostComparisons = 20_000;
const tooMuch: Policy = {
  statements: [],
  problems: ['the policy has too many combinations of Allow and Deny statements to work out'],
};

function isTooMuch(statements: readonly Statement[]): boolean {
  const count = (effect: Statement['effect']): number =>
    statements
      .filter((statement) => statement.effect === effect)
      .flatMap(({ actions, resources }) => [actions, resources])
      .reduce((sum, { include, exclude }) => sum + include.length + exclude.length, 0);
  return count('Allow') * (count('Deny') + 1) > mostComparisons;
}

/** Whether one Deny takes back all that a statement allows. */
function isDenied(allow: Statement, denies: readonly Statement[]): boolean {
  return denies.some(
    ({ actions, resources, conditions }) =>
      conditions.length === 0 &&
      setCovers(resources, '*') &&
      allow.actions.include.every((pattern) => setCovers(actions, pattern)),
  );
}

/** How far an Allow reaches for one action: `services` are those to which roles may be passed, where a condition names them. */
interface Reach {
  readonly breadth: Breadth;
  readonly services: readonly string[] | undefined;
}

type NeedReader = (action: string) => readonly Reach[];

/** Says how an action is allowed. Actions of the same statements on targets of the same type have one answer, which is worked out once. */
function needReader(allows: readonly Statement[], denies: readonly Statement[], holder: Holder): NeedReader {
  const known = new Map<string, readonly Reach[]>();
  return (action) => {
    const name = action.toLowerCase();
    const target = targetOf(action, holder);
    const gives = allows.filter(({ actions }) => setCovers(actions, name));
    if (gives.length === 0) return [];
    const bites = denies.filter(({ actions }) => setCovers(actions, name));
    const key = `${target ?? ''} ${gives.map((allow) => allows.indexOf(allow)).join()} ${bites.map((deny) => denies.indexOf(deny)).join()}`;
    const held = known.get(key);
    if (held !== undefined) return held;
    const reaches = gives.flatMap((allow) => reachOf(allow, bites, target, holder));
    known.set(key, reaches);
    return reaches;
  };
}

const targetTypes: readonly (readonly [RegExp, string])[] = [
  [
    /^iam:(CreateAccessKey|DeleteAccessKey|CreateLoginProfile|UpdateLoginProfile|(Put|Attach)UserPolicy|DeleteUserPermissionsBoundary)$/,
    'user',
  ],
  [
    /^(iam:(PassRole|(Put|Attach)RolePolicy|UpdateAssumeRolePolicy|DeleteRolePermissionsBoundary)|sts:AssumeRole)$/,
    'role',
  ],
  [/^iam:((Put|Attach)GroupPolicy|AddUserToGroup)$/, 'group'],
  [/^iam:(CreatePolicyVersion|SetDefaultPolicyVersion)$/, 'policy'],
  [/^iam:UpdateSAMLProvider$/, 'saml-provider'],
];

/** A pattern of everything that the action can be used on; undefined for actions of other services, whose resources have many forms. */
function targetOf(action: string, holder: Holder): string | undefined {
  const type = targetTypes.find(([actions]) => actions.test(action))?.[1];
  if (type === undefined) return undefined;
  const partition = /^arn:(aws[a-z-]*):/.exec(holder.arn ?? '')?.[1] ?? 'aws';
  // A role can be assumed in any account that trusts this one.
  const account = action === assumeRole ? '*' : (holder.account ?? '*');
  return `arn:${partition}:iam::${account}:${type}/*`;
}

const assumeRole = 'sts:AssumeRole';
const selfVariable = /\$\{aws:(username|userid)\}/i;
// arn:partition:service:region:account: and then anything, or anything of one type.
const wideArn = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|[a-z-]+[/:]\*)$/i;

function reachOf(
  allow: Statement,
  bites: readonly Statement[],
  target: string | undefined,
  holder: Holder,
): readonly Reach[] {
  const narrowed =
    allow.conditions.some(isNarrowing) || bites.some((deny) => deny.conditions.some(isNarrowing));
  const hard = bites.filter((deny) => deny.conditions.length === 0);
  const services = passedTo(allow.conditions);
  if (target !== undefined && allow.resources.exclude.some((out) => covers(out, target))) return [];
  // As the document writes them, with variables: `${aws:username}` is the holder.
  return allow.resourcesAtWorst.include.flatMap((pattern): readonly Reach[] => {
    if (target !== undefined && !overlaps(pattern, target)) return [];
    const concerned = target !== undefined && covers(pattern, target) ? target : pattern;
    if (hard.some((deny) => setCovers(deny.resources, concerned))) return [];
    const breadth = breadthOfPattern(pattern, target, holder);
    return [{ breadth: breadth === 'any' && narrowed ? 'named' : breadth, services }];
  });
}

function breadthOfPattern(pattern: string, target: string | undefined, holder: Holder): Breadth {
  if (selfVariable.test(pattern) || (holder.arn !== undefined && pattern === holder.arn)) return 'self';
  if (pattern === '*' || wideArn.test(pattern)) return 'any';
  return target !== undefined && covers(pattern, target) ? 'any' : 'named';
}

// Conditions on how and when a call is made leave the rights as wide as they are; every other one narrows what they are good for.
const circumstances =
  /^aws:(multifactorauth(present|age)|sourceip|sourcevpc[a-z]*|vpcsourceip|securetransport|requestedregion|currenttime|epochtime|tokenissuetime|viaawsservice|calledvia(first|last)?|useragent|referer|principalorgid|principalaccount)$/;

function isNarrowing(test: ConditionTest): boolean {
  return test.key !== passedToService && !circumstances.test(test.key);
}

const passedToService = 'iam:passedtoservice';

/** The services of `iam:PassedToService` conditions, where they limit; undefined where none does. */
function passedTo(conditions: readonly ConditionTest[]): readonly string[] | undefined {
  const tests = conditions.filter(
    (test) => test.key === passedToService && !test.negated && test.operator.startsWith('string'),
  );
  return tests.length === 0 ? undefined : tests.flatMap(({ values }) => values);
}

const widest: Readonly<Record<Breadth, number>> = { any: 2, self: 1, named: 0 };

/** The breadth of a path: that of its narrowest need; undefined where one of them isn't allowed at all. */
function breadthOf(path: EscalationPath, reachesOf: NeedReader): Breadth | undefined {
  let narrowest: Breadth = 'any';
  for (const action of path.needs) {
    const usable = reachesOf(action).filter(
      ({ breadth, services }) =>
        // To be oneself is nobody's escalation.
        (breadth !== 'self' || path.kind === 'own-rights') &&
        (action !== 'iam:PassRole' || services === undefined || serves(services, path.passedTo)),
    );
    const best = usable.reduce<Breadth | undefined>(
      (most, { breadth }) => (most === undefined || widest[breadth] > widest[most] ? breadth : most),
      undefined,
    );
    if (best === undefined) return undefined;
    if (widest[best] < widest[narrowest]) narrowest = best;
  }
  return narrowest;
}

function serves(services: readonly string[], service: string | undefined): boolean {
  return service === undefined || services.some((pattern) => covers(pattern, service));
}

function levelOf(
  paths: readonly OpenPath[],
  allows: readonly Statement[],
  problems: readonly string[],
): RightsLevel {
  const strong = paths.filter(({ path }) => path.kind !== 'hijack');
  if (strong.some(({ path, breadth }) => path.isAdmin === true && breadth !== 'named')) return 'admin';
  if (strong.some(({ breadth }) => breadth !== 'named')) return 'escalation';
  if (allows.some(isNearlyEverything)) return 'power';
  if (paths.some(({ breadth }) => breadth === 'any')) return 'hijack';
  if (strong.length > 0) return 'limited-escalation';
  if (allows.length === 0) return problems.length > 0 ? 'unknown' : 'none';
  return allows.some(isWriting) ? 'write' : 'read';
}

/** Whether a statement allows all actions, but for some, on everything. */
function isNearlyEverything({ actions, resources, conditions }: Statement): boolean {
  return (
    actions.include.some((pattern) => /^\*(:\*)?$/.test(pattern)) &&
    setOverlaps(resources, '*') &&
    resources.include.includes('*') &&
    !conditions.some(isNarrowing)
  );
}

function isWriting({ actions }: Statement): boolean {
  return (
    actions.exclude.length > 0 ||
    actions.include.some((pattern) => !['read', 'list'].includes(accessByVerb(pattern)))
  );
}

const mostTexts = 100;

function textsOf(
  allows: readonly Statement[],
  pick: (allow: Statement) => Statement['actions'],
): readonly string[] {
  return sorted(
    allows.flatMap((allow) => {
      const { include, exclude } = pick(allow);
      return exclude.length > 0 ? [`all but ${[...exclude].sort().join(', ')}`] : include;
    }),
  );
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort().slice(0, mostTexts);
}
