import type { ActorLink, Client, Event, Target } from '../event/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { findingFieldNames } from './aws-finding.ts';
import { dnsFieldNames } from './dns/dns.ts';
import { recalledFieldNames } from './assets/recall.ts';
import { exposureFieldNames } from './exposure.ts';
import { entryFieldNames } from './compute/entry-fact.ts';
import { launchFieldNames } from './compute/launch-fact.ts';
import type { Fact } from './fact.ts';
import { knownAccount, nothingKnown, type Known } from './known.ts';
import type { FieldName } from './field-name.ts';
import { privilegeFieldNames } from './identity/privilege.ts';
import { signinFieldNames } from './identity/signin.ts';
import { trustFieldNames } from './identity/trust.ts';
import { networkExposureFieldNames } from './network/exposure-fields.ts';
import { pathFieldNames } from './network/path.ts';
import { protectionFieldNames } from './protection.ts';
import { s3FieldNames } from './s3/fields.ts';

const eventFieldNames: readonly FieldName[] = [
  { name: 'kind', description: 'what sort of statement the record makes, such as cloudtrail.api-call' },
  { name: 'account', description: 'id of the account in which it happened' },
  { name: 'region', description: 'the AWS region, such as eu-west-1' },
  { name: 'service', description: 'the service that was called, such as s3.amazonaws.com' },
  { name: 'action', description: 'the call, such as PutBucketPolicy' },
  {
    name: 'actor.kind',
    description:
      'root, iam-user, assumed-role, role, federated-user, web-identity-user, saml-user, identity-center-user, directory-user, aws-account, aws-service, anonymous or unknown',
  },
  { name: 'actor.name', description: 'what a person would call the actor' },
  { name: 'actor.arn', description: 'ARN of the actor' },
  { name: 'actor.account', description: 'account of the actor' },
  { name: 'actor.principal_id', description: 'unique id of the principal' },
  { name: 'actor.access_key_id', description: 'id of the access key that signed the call' },
  { name: 'actor.session', description: 'name of the role session' },
  {
    name: 'actor.mfa',
    description: 'whether the session was authenticated with MFA; absent where the record does not say',
  },
  { name: 'actor.issuer.kind', description: 'kind of the role, user or account that issued the session' },
  { name: 'actor.issuer.name', description: 'name of the issuer' },
  { name: 'actor.issuer.arn', description: 'ARN of the issuer' },
  { name: 'actor.issuer.account', description: 'account of the issuer' },
  { name: 'actor.invoked_by', description: "the AWS service that made the call on the actor's behalf" },
  { name: 'actor.chain.kind', description: 'kinds of those behind the actor, the origin first' },
  { name: 'actor.chain.name', description: 'names of those behind the actor' },
  { name: 'actor.chain.arn', description: 'ARNs of those behind the actor' },
  { name: 'actor.chain.account', description: 'accounts of those behind the actor' },
  { name: 'outcome.result', description: 'success, failure or unknown' },
  { name: 'outcome.code', description: 'the error code, such as AccessDenied' },
  { name: 'outcome.reason', description: 'the error message' },
  { name: 'outcome.denied', description: 'true where the call was refused for lack of rights' },
  { name: 'client.type', description: 'where the call came from: address, service, internal or unknown' },
  { name: 'client.address', description: 'the IP address, where type is address' },
  { name: 'client.service', description: 'the AWS service, where type is service' },
  { name: 'client.text', description: 'what the record says instead of an address, where type is unknown' },
  { name: 'client.user_agent', description: 'the user agent' },
  { name: 'client.vpc_endpoint', description: 'id of the VPC endpoint that the call came through' },
  {
    name: 'target.type',
    description: 'types of the things that the call was about, such as AWS::S3::Bucket',
  },
  { name: 'target.name', description: 'names of the things that the call was about' },
  { name: 'target.arn', description: 'ARNs of the things that the call was about' },
  { name: 'target.account', description: 'accounts of the things that the call was about' },
  { name: 'estate.relation', description: 'own or trusted, where the configuration knows the account' },
  {
    name: 'estate.name',
    description: 'name of the account, by the configuration, a file or AWS Organizations',
  },
  { name: 'estate.environment', description: 'environment of the account, by the same' },
  {
    name: 'estate.ou',
    description: 'organisational units of the account, such as Workloads/Production, by the same',
  },
  { name: 'estate.owner', description: 'who answers for the account, by the same' },
];

/** Every field of events and facts that a rule can read under `tocsin.`, named without that prefix. */
export const tocsinFieldNames: readonly FieldName[] = [
  ...eventFieldNames,
  ...exposureFieldNames,
  ...privilegeFieldNames,
  ...signinFieldNames,
  ...trustFieldNames,
  ...networkExposureFieldNames,
  ...pathFieldNames,
  ...protectionFieldNames,
  ...s3FieldNames,
  ...launchFieldNames,
  ...entryFieldNames,
  ...dnsFieldNames,
  ...findingFieldNames,
  ...recalledFieldNames,
];

/** How each top-level member under `tocsin.` that comes from the event itself, or from what is known of its account, is made; undefined where the record doesn't give it. */
const eventMembers: Readonly<Record<string, (event: Event, known: Known) => Json | undefined>> = {
  kind: (event) => event.kind,
  account: (event) => event.account,
  region: (event) => event.region,
  service: (event) => event.service,
  action: (event) => event.action,
  actor: actorFields,
  outcome: ({ outcome: { result, code, reason, denied } }) => present({ result, code, reason, denied }),
  client: ({ client }) => clientFields(client),
  target: ({ targets }) => targets.map(targetFields),
  estate: ({ account }, known) => {
    const found = knownAccount(account, known);
    return found === undefined ? undefined : present({ ...found });
  },
};

/**
 * What the names that rules and correlations ask for most stand for, without making the whole member that they are in. Held by a test to
 * what `tocsinMember` gives.
 */
const eventScalars: Readonly<Record<string, (event: Event) => Json | undefined>> = {
  'actor.kind': ({ actor }) => actor.kind,
  'actor.name': ({ actor }) => actor.name,
  'actor.arn': ({ actor }) => actor.arn,
  'actor.account': ({ actor }) => actor.account,
  'actor.principal_id': ({ actor }) => actor.principalId,
  'actor.access_key_id': ({ actor }) => actor.accessKeyId,
  'actor.session': ({ actor }) => actor.session,
  'actor.mfa': ({ actor }) => actor.mfa,
  'actor.issuer.kind': ({ actor }) => actor.issuer?.kind,
  'actor.issuer.name': ({ actor }) => actor.issuer?.name,
  'actor.issuer.arn': ({ actor }) => actor.issuer?.arn,
  'actor.issuer.account': ({ actor }) => actor.issuer?.account,
  'actor.invoked_by': ({ actor }) => actor.invokedBy,
  'outcome.result': ({ outcome }) => outcome.result,
  'outcome.code': ({ outcome }) => outcome.code,
  'outcome.reason': ({ outcome }) => outcome.reason,
  'outcome.denied': ({ outcome }) => outcome.denied,
  'client.type': ({ client }) => client.origin.type,
  'client.address': ({ client: { origin } }) => (origin.type === 'address' ? origin.address : undefined),
  'client.service': ({ client: { origin } }) => (origin.type === 'service' ? origin.service : undefined),
  'client.text': ({ client: { origin } }) => (origin.type === 'unknown' ? origin.text : undefined),
  'client.user_agent': ({ client }) => client.userAgent,
  'client.vpc_endpoint': ({ client }) => client.vpcEndpoint,
};

/** A reader of one scalar by its name without `tocsin.`; undefined where only `tocsinMember` gives it. */
export function eventScalar(name: string): ((event: Event) => Json | undefined) | undefined {
  return Object.hasOwn(eventScalars, name) ? eventScalars[name] : undefined;
}

/**
 * One top-level member of what rules read under `tocsin.`: who, from where, with what outcome; or the facts of one subject, as an
 * array of their fields. Members are made one by one because most rules ask for one of them on a stream of millions of events.
 */
export function tocsinMember(
  name: string,
  event: Event,
  facts: () => readonly Fact[],
  known: Known = nothingKnown,
): Json | undefined {
  // The event's own names come first: no fact can stand in for them.
  if (Object.hasOwn(eventMembers, name)) return eventMembers[name]?.(event, known);
  let fields: JsonObject[] | undefined;
  for (const fact of facts()) if (fact.subject === name) (fields ??= []).push(fact.fields);
  return fields;
}

/** Whether what stands under `tocsin.<name>` comes from facts, and not from the event itself. */
export function isFactMember(name: string): boolean {
  return !Object.hasOwn(eventMembers, name);
}

/** All that rules read under `tocsin.` of one event. Names: `tocsinFieldNames`. */
export function tocsinFields(event: Event, facts: readonly Fact[], known: Known = nothingKnown): JsonObject {
  const names = new Set([...facts.map((fact) => fact.subject), ...Object.keys(eventMembers)]);
  return present(
    Object.fromEntries([...names].map((name) => [name, tocsinMember(name, event, () => facts, known)])),
  );
}

function actorFields({ actor }: Event): JsonObject {
  return present({
    kind: actor.kind,
    name: actor.name,
    arn: actor.arn,
    account: actor.account,
    principal_id: actor.principalId,
    access_key_id: actor.accessKeyId,
    session: actor.session,
    mfa: actor.mfa,
    issuer: actor.issuer === undefined ? undefined : linkFields(actor.issuer),
    invoked_by: actor.invokedBy,
    chain: actor.chain.map(linkFields),
  });
}

function linkFields(link: ActorLink): JsonObject {
  return present({ kind: link.kind, name: link.name, arn: link.arn, account: link.account });
}

function clientFields({ origin, userAgent, vpcEndpoint }: Client): JsonObject {
  return present({
    type: origin.type,
    address: origin.type === 'address' ? origin.address : undefined,
    service: origin.type === 'service' ? origin.service : undefined,
    text: origin.type === 'unknown' ? origin.text : undefined,
    user_agent: userAgent,
    vpc_endpoint: vpcEndpoint,
  });
}

function targetFields(target: Target): JsonObject {
  return present({ type: target.type, name: target.name, arn: target.arn, account: target.account });
}

/** The members that have a value: a rule's `exists` asks for the member, not for its value. */
function present(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const held: Record<string, Json> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) held[name] = value;
  }
  return held;
}
