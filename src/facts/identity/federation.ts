import type { ConditionTest } from '../policy/condition.ts';
import type { Policy, Statement } from '../policy/document.ts';
import { setCovers } from '../policy/pattern.ts';
import { oidcProvider } from './oidc-providers.ts';

/**
 * How a trust policy ties the tokens of an identity provider to those who are meant. `fixed`: a claim says who; `owner`: a claim says
 * whose, and no more (every repository of one organisation); `wide`: the claim's pattern lets strangers in; `missing`: no claim
 * is asked for; `guests`: the visitors of an identity pool who do not sign in at all.
 */
export type SubjectCondition = 'fixed' | 'owner' | 'wide' | 'missing' | 'guests';

/** A role's trust in one identity provider. */
export interface Federation {
  /** As the policy names it. */
  readonly principal: string;
  readonly protocol: 'oidc' | 'saml';
  /** `token.actions.githubusercontent.com`; the provider's name for SAML. */
  readonly provider: string;
  readonly subject: SubjectCondition;
  /** Whether strangers have tokens of the same issuer; undefined where the issuer isn't known here. */
  readonly isShared: boolean | undefined;
  /** Who comes in where no claim is asked for. */
  readonly holders: string | undefined;
  readonly conditions: readonly string[];
}

const webIdentity = 'sts:assumerolewithwebidentity';
const saml = 'sts:assumerolewithsaml';

/** The identity providers that a role's trust policy lets in, each once for every statement. */
export function federationsOf(policy: Policy): readonly Federation[] {
  return policy.statements
    .filter((statement) => statement.effect === 'Allow' && !statement.everyoneBut)
    .flatMap((statement) =>
      statement.principals
        .filter((principal) => principal.kind === 'federated')
        .map((principal) => federationOf(statement, principal.text))
        .filter((federation) => federation !== undefined),
    );
}

function federationOf(statement: Statement, principal: string): Federation | undefined {
  const [, kind, name = ''] = /^arn:[a-z-]+:iam::\d*:(oidc|saml)-provider\/(.+)$/.exec(principal) ?? [];
  const conditions = statement.conditions.map(({ text }) => text);
  if (kind === 'saml') {
    if (!setCovers(statement.actions, saml)) return undefined;
    const asksAudience = statement.conditions.some((test) => test.key === 'saml:aud' && isPositive(test));
    const subject = asksAudience ? 'fixed' : 'missing';
    return {
      principal,
      protocol: 'saml',
      provider: name,
      subject,
      isShared: false,
      holders: 'everybody whom the SAML provider signs in',
      conditions,
    };
  }
  if (!setCovers(statement.actions, webIdentity)) return undefined;
  // AWS's own social providers are named by their host alone.
  const issuer = kind === 'oidc' ? name : principal;
  const provider = oidcProvider(issuer);
  const subject = isGuests(statement.conditions, issuer)
    ? 'guests'
    : subjectOf(statement.conditions, issuer, provider?.claims ?? ['sub']);
  return {
    principal,
    protocol: 'oidc',
    provider: issuer,
    subject,
    isShared: provider === undefined ? undefined : provider.kind === 'shared',
    holders: provider?.holders,
    conditions,
  };
}

/** A test that only requests with the right value pass: the key must be there, and the value is asked for and not ruled out. */
function isPositive(test: ConditionTest): boolean {
  return (
    !test.negated &&
    !test.ifExists &&
    test.set !== 'all' &&
    ['stringequals', 'stringequalsignorecase', 'stringlike'].includes(test.operator) &&
    test.values.length > 0
  );
}

function isGuests(tests: readonly ConditionTest[], issuer: string): boolean {
  return tests.some(
    (test) =>
      test.key === `${issuer.toLowerCase()}:amr` && !test.negated && test.values.includes('unauthenticated'),
  );
}

const narrowestFirst: readonly SubjectCondition[] = ['fixed', 'owner', 'wide', 'missing'];

/** All conditions must hold, so the narrowest test of a claim counts. */
function subjectOf(
  tests: readonly ConditionTest[],
  issuer: string,
  claims: readonly string[],
): SubjectCondition {
  const keys = new Set(claims.map((claim) => `${issuer.toLowerCase()}:${claim}`));
  const found = tests.filter((test) => keys.has(test.key) && isPositive(test)).map(subjectOfTest);
  return narrowestFirst.find((subject) => found.includes(subject)) ?? 'missing';
}

/** Any of the values may be met, so the widest one counts. */
function subjectOfTest(test: ConditionTest): SubjectCondition {
  const isPattern = test.operator === 'stringlike';
  const found = test.values.map((value) => (isPattern ? subjectOfPattern(value) : 'fixed'));
  return narrowestFirst.findLast((subject) => found.includes(subject)) ?? 'missing';
}

// `repo:octo-org/octo-repo:ref:refs/heads/main`, `project_path:group/project:ref_type:branch:ref:main`,
// `organization:acme:project:p:workspace:w:run_phase:apply`, `system:serviceaccount:namespace:name`: a word, an owner, and the rest.
const ownedPattern = /^[a-z_-]+:([^*?/:]+)[/:](.*)$/i;

function subjectOfPattern(value: string): SubjectCondition {
  if (!/[*?]/.test(value)) return 'fixed';
  const [, , rest] = ownedPattern.exec(value) ?? [];
  if (rest !== undefined) return /^[*?]/.test(rest) ? 'owner' : 'fixed';
  // Claims without a word in front, such as `octo-org/octo-repo`.
  return /^[^*?/:]+\//.test(value) ? 'owner' : 'wide';
}
