import { accountOfArn, partitionOfRegion } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { Analyser, Audience, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { Gate, GuardedResource } from '../gate.ts';
import { exposureOfDeletion, exposuresOf } from '../grant-exposure.ts';
import type { Known } from '../known.ts';
import type { AccessClass, Vocabulary } from '../policy/access.ts';
import { parsePolicy } from '../policy/document.ts';
import type { Grant } from '../policy/grant.ts';
import { grantsOf } from '../policy/grants.ts';
import { quote } from '../sentence.ts';
import { whoseAccount } from '../whose.ts';
import { bodyOf } from './access-point.ts';
import { controlCalls, requestOf } from './s3-calls.ts';
import { child, element, leaf } from './xml.ts';

/**
 * Whom S3 Access Grants let in: by a grant, and by the policy that shares the instance of grants with other accounts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants.html
 */
export const s3AccessGrants: Analyser = {
  name: 's3-access-grants',
  subjects: ['exposure'],
  actions: controlCalls(
    'CreateAccessGrant',
    'DeleteAccessGrantsInstanceResourcePolicy',
    'PutAccessGrantsInstanceResourcePolicy',
  ),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  if (event.action === 'CreateAccessGrant') return factsOfGrant(event, known);
  const gate = gateOfInstance(event);
  if (event.action.startsWith('Delete')) return [exposureOfDeletion(gate)];
  const answer = grantsOf(parsePolicy(child(bodyOf(requestOf(event)), 'Policy')), {
    owner: event.account,
    known,
    vocabulary: grantsVocabulary,
    universe: [gate.resource.arn],
  });
  return exposuresOf(gate, answer.grants, answer.problems);
}

// What the policy of an instance of grants can give: to ask for credentials, and to see which grants there are.
const grantsVocabulary: Vocabulary = {
  service: 's3',
  actions: [
    { name: 's3:getdataaccess', access: 'read' },
    { name: 's3:getaccessgrantsinstanceforprefix', access: 'list' },
    { name: 's3:listaccessgrants', access: 'list' },
    { name: 's3:listaccessgrantslocations', access: 'list' },
    { name: 's3:listcalleraccessgrants', access: 'list' },
  ],
};

function instanceOf(event: Event): GuardedResource {
  const { account, region } = event;
  const place = `${region ?? ''}:${account ?? ''}`;
  return {
    type: 'AWS::S3::AccessGrantsInstance',
    arn: `arn:${partitionOfRegion(region ?? '')}:s3:${place}:access-grants/default`,
    name: place,
    owner: account,
    spoken: `the S3 access grants of ${quote(place)}`,
  };
}

function gateOfInstance(event: Event): Gate {
  const resource = instanceOf(event);
  return {
    event,
    resource,
    via: 'policy',
    name: 'the policy of the instance of grants',
    attempted: isAttempt(event),
    blocked: undefined,
    shownBy: 'GetAccessGrantsInstanceResourcePolicy',
    shutter: () => 'which buckets they get at: ListAccessGrants would tell what is granted to them',
    underControlPolicies: true,
    spokenScope: () => [`what is granted by ${resource.spoken}`],
  };
}

const permissions: Readonly<Record<string, readonly AccessClass[]>> = {
  READ: ['read', 'list'],
  WRITE: ['write', 'delete'],
  READWRITE: ['read', 'list', 'write', 'delete'],
};

function factsOfGrant(event: Event, known: Known): readonly Fact[] {
  const body = bodyOf(requestOf(event));
  const grantee = element(body, 'Grantee');
  const identifier = leaf(grantee, 'GranteeIdentifier');
  const permission = leaf(body, 'Permission')?.toUpperCase() ?? '';
  // People of the directory are people of the organisation.
  if (identifier === undefined || leaf(grantee, 'GranteeType')?.toUpperCase() !== 'IAM') return [];
  const account = accountOfArn(identifier);
  const audience: Audience = whoseAccount(account, event.account, known);
  if (audience === 'own-account') return [];
  const scope = scopeOf(event, body);
  const grant: Grant = {
    audience,
    principals: [identifier],
    accounts: account === undefined ? [] : [account],
    organisations: [],
    guarded: true,
    access: Object.hasOwn(permissions, permission) ? (permissions[permission] ?? []) : [],
    actions: [permission],
    resources: [scope],
    conditions: [],
    doubts: [],
  };
  const instance = instanceOf(event);
  return exposuresOf(
    {
      event,
      resource: { ...instance, name: scope },
      via: 'grant',
      name: 'an access grant',
      attempted: isAttempt(event),
      blocked: undefined,
      shownBy: 'GetAccessGrant',
      shutter: () =>
        'whether the instance of grants is shared with that account: GetAccessGrantsInstanceResourcePolicy would tell',
      underControlPolicies: true,
      spokenScope: (patterns) => patterns.map(quote),
    },
    [grant],
    [],
  );
}

/** What is granted: the answer names it whole, the request by a location's id and what is below that. */
function scopeOf(event: Event, body: ReturnType<typeof bodyOf>): string {
  const answer = object(event.fields, 'responseElements');
  const whole = leaf(answer, 'GrantScope') ?? leaf(element(answer, 'CreateAccessGrantResult'), 'GrantScope');
  if (whole !== undefined) return whole;
  const location = leaf(body, 'AccessGrantsLocationId') ?? '';
  const below = leaf(element(body, 'AccessGrantsLocationConfiguration'), 'S3SubPrefix') ?? '*';
  return `${location === 'default' ? 's3://' : `location ${location}: `}${below}`;
}
