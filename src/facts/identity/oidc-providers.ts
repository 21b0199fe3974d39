/**
 * An OpenID Connect provider that roles trust. `shared`: strangers get tokens of the same issuer, so that only a condition on a
 * claim tells them from one's own workloads. `own`: the issuer belongs to one customer, cluster or tenant.
 */
export interface OidcProvider {
  readonly kind: 'shared' | 'own';
  /** Who has tokens of the issuer, to stand at the beginning of a sentence. */
  readonly holders: string;
  /** Claims that say whose token it is. */
  readonly claims: readonly string[];
}

interface Entry extends OidcProvider {
  /** Matched against the issuer without its scheme, in lower case. */
  readonly issuer: RegExp;
}

const subject = ['sub'] as const;
const gitHubClaims = [
  'sub',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'job_workflow_ref',
  'enterprise_id',
] as const;

// Shared issuers are those for which AWS itself asks for a condition since 2025, and the social providers:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
// The forms of issuers of one customer are in their makers' documentation on signing in to AWS.
const providers: readonly Entry[] = [
  {
    issuer: /^token\.actions\.githubusercontent\.com$/,
    kind: 'shared',
    holders: 'every workflow of every repository on GitHub',
    claims: gitHubClaims,
  },
  {
    issuer: /^token\.actions\.githubusercontent\.com\/./,
    kind: 'own',
    holders: 'every workflow of the GitHub enterprise',
    claims: gitHubClaims,
  },
  {
    issuer: /^vstoken\.actions\.githubusercontent\.com$/,
    kind: 'shared',
    holders: 'every workflow of every repository on GitHub',
    claims: subject,
  },
  {
    issuer: /^gitlab\.com$/,
    kind: 'shared',
    holders: 'every pipeline of every project on gitlab.com',
    claims: ['sub', 'project_id', 'namespace_id'],
  },
  {
    issuer: /^app\.terraform\.io$/,
    kind: 'shared',
    holders: 'every workspace of every organisation on Terraform Cloud',
    claims: subject,
  },
  {
    issuer: /^agent\.buildkite\.com$/,
    kind: 'shared',
    holders: 'every pipeline of every organisation on Buildkite',
    claims: subject,
  },
  {
    issuer: /^oidc\.codefresh\.io$/,
    kind: 'shared',
    holders: 'every pipeline of every account on Codefresh',
    claims: subject,
  },
  {
    issuer: /^studio\.datachain\.ai\/api$/,
    kind: 'shared',
    holders: 'every team on DataChain Studio',
    claims: subject,
  },
  {
    issuer: /^api\.pulumi\.com\/oidc$/,
    kind: 'shared',
    holders: 'every stack of every organisation on Pulumi Cloud',
    claims: ['aud', 'sub'],
  },
  {
    issuer: /^scalr\.io$/,
    kind: 'shared',
    holders: 'every workspace of every account on Scalr',
    claims: subject,
  },
  {
    issuer: /^tokens\.cloud\.shisho\.dev$/,
    kind: 'shared',
    holders: 'every organisation on Shisho Cloud',
    claims: subject,
  },
  {
    issuer: /^proidc\.upbound\.io$/,
    kind: 'shared',
    holders: 'every control plane on Upbound',
    claims: subject,
  },
  {
    issuer: /^oidc\.vercel\.com$/,
    kind: 'shared',
    holders: 'every project of every team on Vercel',
    claims: ['aud', 'sub'],
  },
  {
    issuer: /^oidc\.vercel\.com\/./,
    kind: 'own',
    holders: 'every project of the Vercel team',
    claims: ['sub'],
  },
  {
    issuer: /^accounts\.google\.com$/,
    kind: 'shared',
    holders: 'everybody with a Google account',
    claims: ['sub', 'aud', 'oaud', 'azp'],
  },
  {
    issuer: /^graph\.facebook\.com$/,
    kind: 'shared',
    holders: 'everybody with a Facebook account',
    claims: ['app_id', 'id'],
  },
  {
    issuer: /^www\.amazon\.com$/,
    kind: 'shared',
    holders: 'everybody with an Amazon account',
    claims: ['app_id', 'user_id'],
  },
  {
    issuer: /^cognito-identity\.amazonaws\.com$/,
    kind: 'shared',
    holders: 'everybody who uses an identity pool of any account',
    claims: ['aud', 'sub'],
  },
  {
    issuer: /^api\.bitbucket\.org\/2\.0\/workspaces\/./,
    kind: 'own',
    holders: 'every pipeline of the Bitbucket workspace',
    claims: ['sub'],
  },
  {
    issuer: /^oidc\.circleci\.com\/org\/./,
    kind: 'own',
    holders: 'every project of the CircleCI organisation',
    claims: ['sub', 'project-id'],
  },
  {
    issuer: /^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/id\/./,
    kind: 'own',
    holders: 'every pod of the EKS cluster',
    claims: subject,
  },
  {
    issuer: /^container\.googleapis\.com\/v1\/projects\/./,
    kind: 'own',
    holders: 'every pod of the GKE cluster',
    claims: subject,
  },
  {
    issuer: /^(sts\.windows\.net|login\.microsoftonline\.com)\/./,
    kind: 'own',
    holders: 'every application of the Entra ID tenant',
    claims: ['sub', 'aud'],
  },
];

/** The provider of an issuer such as `gitlab.com` or `oidc.eks.eu-west-1.amazonaws.com/id/0123`; undefined where nobody here knows it. */
export function oidcProvider(issuer: string): OidcProvider | undefined {
  const folded = issuer.toLowerCase().replace(/\/$/, '');
  return providers.find((entry) => entry.issuer.test(folded));
}
