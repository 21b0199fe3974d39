import type { Actor, ActorKind, ActorLink } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { member, object, text } from '../../event/json.ts';
import { accountOfArn, isAccountId, lastSegment, parseArn } from './arn.ts';

/**
 * Who made the call, from the `userIdentity` element and, for sign-ins, `additionalEventData`.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 *
 * `mfa` says what the record says. For roles of IAM Identity Center (`AWSReservedSSO_...`) that is always "false",
 * because CloudTrail doesn't learn how the person signed in at the portal.
 */
export function cloudTrailActor(fields: JsonObject): Actor {
  const identity = object(fields, 'userIdentity') ?? {};
  const context = object(identity, 'sessionContext');
  const kind = kindOf(identity);
  const arn = text(identity, 'arn');
  const account = accountOf(identity);
  const principalId = text(identity, 'principalId');
  const issuer = issuerOf(context);
  const held = roleAndSession(kind, arn, principalId, issuer);
  return {
    kind,
    name: nameOf(kind, identity, account, held),
    arn,
    account,
    principalId,
    accessKeyId: text(identity, 'accessKeyId'),
    session: held.session,
    issuer,
    mfa: mfaOf(fields, context),
    chain: chainOf(kind, identity, context, issuer, held),
    // A service that acts for itself is the actor, not somebody's hand.
    invokedBy: kind === 'aws-service' ? undefined : text(identity, 'invokedBy'),
  };
}

const kinds: ReadonlyMap<string, ActorKind> = new Map<string, ActorKind>([
  ['AWSAccount', 'aws-account'],
  ['AWSService', 'aws-service'],
  ['AssumedRole', 'assumed-role'],
  ['Directory', 'directory-user'],
  ['FederatedUser', 'federated-user'],
  ['IAMUser', 'iam-user'],
  ['IdentityCenterUser', 'identity-center-user'],
  ['Role', 'role'],
  ['Root', 'root'],
  ['SAMLUser', 'saml-user'],
  ['Unknown', 'unknown'],
  ['WebIdentityUser', 'web-identity-user'],
]);

function kindOf(identity: JsonObject): ActorKind {
  if (isAnonymous(identity)) return 'anonymous';
  const type = text(identity, 'type');
  if (type !== undefined) return kinds.get(type) ?? 'unknown';
  const arn = text(identity, 'arn');
  if (arn !== undefined) return kindOfArn(arn);
  // Service events (a key rotated, an instance interrupted) name the service and no type.
  return text(identity, 'invokedBy') !== undefined ? 'aws-service' : 'unknown';
}

/** Callers without credentials. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html */
function isAnonymous(identity: JsonObject): boolean {
  return isNobody(text(identity, 'accountId')) || isNobody(text(identity, 'principalId'));
}

/** Compared one by one: to look a text up in a set takes a hash of it, which no other text here will ever need. */
function isNobody(text: string | undefined): boolean {
  return text === 'ANONYMOUS_PRINCIPAL' || text === 'Anonymous' || text === 'anonymous';
}

function kindOfArn(arn: string): ActorKind {
  const resource = parseArn(arn)?.resource ?? '';
  if (resource === 'root') return 'root';
  return kindsByResource.get(resource.slice(0, resource.indexOf('/'))) ?? 'unknown';
}

const kindsByResource: ReadonlyMap<string, ActorKind> = new Map<string, ActorKind>([
  ['assumed-role', 'assumed-role'],
  ['federated-user', 'federated-user'],
  ['role', 'role'],
  ['user', 'iam-user'],
]);

function accountOf(identity: JsonObject): string | undefined {
  const account = text(identity, 'accountId');
  if (account !== undefined && !isNobody(account)) return account;
  return accountOfArn(text(identity, 'arn'));
}

interface Held {
  readonly role: string | undefined;
  readonly session: string | undefined;
}

/** Role and session name of an assumed role: `arn:aws:sts::111122223333:assumed-role/role/session`, `AROA...:session`. */
function roleAndSession(
  kind: ActorKind,
  arn: string | undefined,
  principalId: string | undefined,
  issuer: ActorLink | undefined,
): Held {
  const path = (arn === undefined ? undefined : parseArn(arn)?.resource) ?? '';
  // Looked for by hand: to split the text takes longer than all else here.
  const first = path.indexOf('/');
  const second = first < 0 ? -1 : path.indexOf('/', first + 1);
  const role = first < 0 ? undefined : nonEmpty(path.slice(first + 1, second < 0 ? undefined : second));
  if (second >= 0 && role !== undefined && path.startsWith('assumed-role/')) {
    const third = path.indexOf('/', second + 1);
    const session = nonEmpty(path.slice(second + 1, third < 0 ? undefined : third));
    if (session !== undefined) return { role, session };
  }
  // An account elsewhere is named by the id of its role and the session, or by the id of its user, which has no colon.
  const hasSession =
    kind === 'assumed-role' || (kind === 'aws-account' && principalId?.startsWith('AROA') === true);
  const colon = hasSession && principalId !== undefined ? principalId.indexOf(':') : -1;
  return {
    role: kind === 'assumed-role' ? (issuer?.name ?? role) : undefined,
    session: colon < 0 ? undefined : nonEmpty(principalId?.slice(colon + 1)),
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** CloudTrail puts this in place of a user name that doesn't exist: people type their password into the wrong box. */
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

function nameOf(kind: ActorKind, identity: JsonObject, account: string | undefined, held: Held): string {
  const given = text(identity, 'userName');
  if (given === HIDDEN) return account === undefined ? 'unknown user' : `unknown user of ${account}`;
  const principalId = text(identity, 'principalId');
  const fromArn = (): string | undefined => nameOfArn(text(identity, 'arn'));
  const fallback = (): string | undefined => given ?? fromArn() ?? principalId ?? accountName(account);
  switch (kind) {
    case 'root':
      return account === undefined ? 'root' : `root of ${account}`;
    case 'assumed-role':
      return sessionName(held) ?? fallback() ?? 'unknown role';
    case 'federated-user':
      // `111122223333:bob`
      return (
        given ??
        fromArn() ??
        nonEmpty(principalId?.slice(principalId.indexOf(':') + 1)) ??
        'unknown federated user'
      );
    case 'identity-center-user':
      return given ?? identityCenterName(identity) ?? fallback() ?? 'unknown Identity Center user';
    case 'aws-account':
      if (held.session !== undefined && account !== undefined) return `${held.session} of ${account}`;
      return accountName(account) ?? fallback() ?? 'unknown account';
    case 'aws-service':
      return text(identity, 'invokedBy') ?? fallback() ?? 'AWS service';
    case 'anonymous':
      return 'anonymous';
    case 'iam-user':
    case 'role':
    case 'web-identity-user':
    case 'saml-user':
    case 'directory-user':
    case 'unknown':
      return fallback() ?? text(identity, 'accessKeyId') ?? text(identity, 'invokedBy') ?? 'unknown';
  }
}

function sessionName({ role, session }: Held): string | undefined {
  if (role === undefined) return session;
  return session === undefined ? role : `${role}/${session}`;
}

function accountName(account: string | undefined): string | undefined {
  return account === undefined ? undefined : `account ${account}`;
}

function identityCenterName(identity: JsonObject): string | undefined {
  const userId = text(object(identity, 'onBehalfOf'), 'userId');
  return userId === undefined ? undefined : `Identity Center user ${userId}`;
}

/** `alice` of `user/teams/alice`, `deploy/ci` of `assumed-role/deploy/ci`, `root of 111122223333`. */
function nameOfArn(text: string | undefined): string | undefined {
  const arn = text === undefined ? undefined : parseArn(text);
  if (arn === undefined) return undefined;
  if (arn.resource === 'root') return `root of ${arn.account}`;
  const slash = arn.resource.indexOf('/');
  const name = arn.resource.slice(slash + 1);
  if (name === '') return arn.resource;
  return arn.resource.startsWith('assumed-role/') ? name : lastSegment(name);
}

function issuerOf(context: JsonObject | undefined): ActorLink | undefined {
  const issuer = object(context, 'sessionIssuer');
  if (issuer === undefined) return undefined;
  const arn = text(issuer, 'arn');
  const name = text(issuer, 'userName') ?? nameOfArn(arn) ?? text(issuer, 'principalId');
  if (name === undefined) return undefined;
  const kind = kindOf(issuer);
  const account = accountOf(issuer);
  return { kind, name: kind === 'root' && account !== undefined ? `root of ${account}` : name, arn, account };
}

function mfaOf(fields: JsonObject, context: JsonObject | undefined): boolean | undefined {
  if (text(fields, 'eventSource') === 'signin.amazonaws.com') {
    const used = yesOrNo(member(object(fields, 'additionalEventData'), 'MFAUsed'));
    if (used !== undefined) return used;
  }
  return yesOrNo(member(object(context, 'attributes'), 'mfaAuthenticated'));
}

function yesOrNo(value: Json | undefined): boolean | undefined {
  switch (value) {
    case true:
    case 'true':
    case 'True':
    case 'Yes':
      return true;
    case false:
    case 'false':
    case 'False':
    case 'No':
      return false;
    default:
      return undefined;
  }
}

/**
 * Everyone behind the actor, the origin first: identity provider, person, the name that the first session was
 * given, the resource that the credentials were made for, the service that owns a service-linked role, the issuer.
 * A service that only carries a call on (`invokedBy`) stands after the actor, not behind it, and is no link.
 */
function chainOf(
  kind: ActorKind,
  identity: JsonObject,
  context: JsonObject | undefined,
  issuer: ActorLink | undefined,
  held: Held,
): readonly ActorLink[] {
  const chain: ActorLink[] = [];
  add(chain, providerLink(text(object(context, 'webIdFederationData'), 'federatedProvider')));
  add(chain, providerLink(text(identity, 'identityProvider')));
  if (kind !== 'identity-center-user') add(chain, personLink(object(identity, 'onBehalfOf')));
  add(chain, portalLink(issuer, held));
  add(chain, sourceIdentityLink(text(context, 'sourceIdentity')));
  add(chain, resourceLink(object(identity, 'inScopeOf')));
  add(chain, serviceLink(issuer));
  add(chain, issuer);
  return chain;
}

/** A source identity that repeats the person's name adds nothing; an issuer is never left out for its name. */
function add(chain: ActorLink[], link: ActorLink | undefined): void {
  if (link === undefined) return;
  for (const { name, kind } of chain)
    if (name === link.name && (link.kind === 'unknown' || kind === link.kind)) return;
  chain.push(link);
}

function providerLink(provider: string | undefined): ActorLink | undefined {
  if (provider === undefined) return undefined;
  const arn = parseArn(provider);
  const slash = arn?.resource.indexOf('/') ?? -1;
  return {
    kind: arn?.resource.startsWith('saml-provider/') === true ? 'saml-user' : 'web-identity-user',
    name: (slash < 0 ? undefined : nonEmpty(arn?.resource.slice(slash + 1))) ?? provider,
    arn: arn === undefined ? undefined : provider,
    account: accountOfArn(provider),
  };
}

function personLink(onBehalfOf: JsonObject | undefined): ActorLink | undefined {
  const userId = text(onBehalfOf, 'userId');
  if (userId === undefined) return undefined;
  const account = accountOfArn(text(onBehalfOf, 'identityStoreArn'));
  return { kind: 'identity-center-user', name: userId, arn: undefined, account };
}

/** Identity Center gives the sessions of its own roles the person's user name; nobody else can assume these roles. */
function portalLink(issuer: ActorLink | undefined, held: Held): ActorLink | undefined {
  const isPortal = issuer?.arn?.includes(':role/aws-reserved/sso.amazonaws.com/') === true;
  if (!isPortal || held.session === undefined) return undefined;
  return { kind: 'identity-center-user', name: held.session, arn: undefined, account: undefined };
}

function sourceIdentityLink(name: string | undefined): ActorLink | undefined {
  return name === undefined ? undefined : { kind: 'unknown', name, arn: undefined, account: undefined };
}

/** The Lambda function, task or instance that the credentials were made for. */
function resourceLink(scope: JsonObject | undefined): ActorLink | undefined {
  const arn = text(scope, 'credentialsIssuedTo') ?? text(scope, 'sourceArn');
  if (arn === undefined) return undefined;
  const stated = text(scope, 'sourceAccount');
  const account = accountOfArn(arn) ?? (stated !== undefined && isAccountId(stated) ? stated : undefined);
  return { kind: 'aws-service', name: parseArn(arn)?.resource ?? arn, arn, account };
}

/** `arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling` */
function serviceLink(issuer: ActorLink | undefined): ActorLink | undefined {
  const arn = issuer?.arn;
  if (arn?.includes(':role/aws-service-role/') !== true) return undefined;
  const service = /:role\/aws-service-role\/([^/]+)\//.exec(arn.slice(0, 1000))?.[1];
  return service === undefined
    ? undefined
    : { kind: 'aws-service', name: service, arn: undefined, account: undefined };
}
