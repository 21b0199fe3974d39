import type { Json } from '../../event/json.ts';
import {
  arn,
  at,
  itemsAt,
  reachedIf,
  setIf,
  tagsIf,
  tagsOf,
  textAt,
  told,
  type AspectChange,
  type Call,
  type Place,
  type Reader,
  type Sighting,
} from './sighting.ts';

/** What EC2's calls say, by their names. Lists stand in `{items: []}`: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/using-cloudtrail.html */
export const ec2Readers: Readonly<Record<string, Reader>> = {
  RunInstances: (call) =>
    itemsAt(call.response, 'instancesSet').flatMap((item) =>
      instance(call, textAt(item, 'instanceId'), 'created', {
        image: setIf(textAt(item, 'imageId')),
        kind: setIf(textAt(item, 'instanceType')),
        profile: setIf(textAt(item, 'iamInstanceProfile.arn')),
        tags: tagsIf(itemsAt(item, 'tagSet')),
        'reached-at': reachedIf(textAt(item, 'ipAddress'), textAt(item, 'dnsName')),
      }),
    ),
  TerminateInstances: (call) =>
    itemsAt(call.request, 'instancesSet').flatMap((item) =>
      instance(call, textAt(item, 'instanceId'), 'deleted', {}),
    ),
  ModifyInstanceAttribute: (call) => instance(call, textAt(call.request, 'instanceId'), 'changed', {}),
  AssociateIamInstanceProfile: (call) =>
    instance(
      call,
      textAt(call.request, 'AssociateIamInstanceProfileRequest.InstanceId', 'instanceId'),
      'changed',
      {
        profile: setIf(
          textAt(
            call.request,
            'AssociateIamInstanceProfileRequest.IamInstanceProfile.Arn',
            'AssociateIamInstanceProfileRequest.IamInstanceProfile.Name',
            'iamInstanceProfile.arn',
            'iamInstanceProfile.name',
          ),
        ),
      },
    ),
  CreateSecurityGroup: (call) =>
    group(
      call,
      textAt(call.response, 'groupId'),
      'created',
      { 'inbound rules': onlyRules([]) },
      textAt(call.request, 'groupName'),
    ),
  DeleteSecurityGroup: (call) => group(call, textAt(call.request, 'groupId'), 'deleted', {}),
  AuthorizeSecurityGroupIngress: (call) => rules(call, 'add', 'inbound rules'),
  AuthorizeSecurityGroupEgress: (call) => rules(call, 'add', 'outbound rules'),
  RevokeSecurityGroupIngress: (call) => rules(call, 'remove', 'inbound rules'),
  RevokeSecurityGroupEgress: (call) => rules(call, 'remove', 'outbound rules'),
  AllocateAddress: (call) =>
    address(call, 'created', textAt(call.response, 'allocationId'), textAt(call.response, 'publicIp')),
  AssociateAddress: (call) =>
    address(call, 'changed', textAt(call.request, 'allocationId'), textAt(call.request, 'publicIp'), {
      attached: setIf(textAt(call.request, 'instanceId', 'networkInterfaceId')),
    }),
  ReleaseAddress: (call) =>
    address(call, 'deleted', textAt(call.request, 'allocationId'), textAt(call.request, 'publicIp')),
  CreateTags: (call) => tagged(call, 'add'),
  DeleteTags: (call) => tagged(call, 'remove'),
};

function instance(
  call: Call,
  id: string | undefined,
  what: Sighting['what'],
  aspects: Readonly<Record<string, AspectChange | undefined>>,
): readonly Sighting[] {
  return id === undefined ? [] : [ec2(call, 'AWS::EC2::Instance', `instance/${id}`, id, id, what, aspects)];
}

function group(
  call: Call,
  id: string | undefined,
  what: Sighting['what'],
  aspects: Readonly<Record<string, AspectChange | undefined>>,
  name?: string,
): readonly Sighting[] {
  return id === undefined
    ? []
    : [ec2(call, 'AWS::EC2::SecurityGroup', `security-group/${id}`, id, name ?? id, what, aspects)];
}

/** A thing of EC2 as an asset; `rest` is what stands after the account in its ARN. */
export function ec2(
  place: Place,
  type: string,
  rest: string,
  id: string,
  name: string,
  what: Sighting['what'],
  aspects: Readonly<Record<string, AspectChange | undefined>>,
): Sighting {
  const { account, region } = place;
  return { type, id, name, arn: arn(place, 'ec2', rest), account, region, what, aspects: told(aspects) };
}

/** A group without an id (EC2-Classic's names) can't be told from others. */
function rules(call: Call, how: 'add' | 'remove', aspect: string): readonly Sighting[] {
  const id = textAt(call.request, 'groupId', 'securityGroupId');
  const preposition = aspect === 'inbound rules' ? 'from' : 'to';
  const given = [...itemsAt(call.request, 'ipPermissions'), call.request ?? null].flatMap((permission) =>
    permissionWords(permission, preposition),
  );
  const texts = [...new Set(given)].slice(0, 200);
  const change: AspectChange | undefined =
    texts.length === 0
      ? undefined
      : { how: 'members', add: how === 'add' ? texts : [], remove: how === 'remove' ? texts : [] };
  return group(call, id, 'changed', { [aspect]: change });
}

/** A permission's rules in words, one for each source: `tcp 22 from 0.0.0.0/0`. Both shapes of the API: fields, and a list of permissions. */
export function permissionWords(permission: Json, preposition: 'from' | 'to'): readonly string[] {
  const protocol = textAt(permission, 'ipProtocol') ?? '-1';
  const from = at(permission, 'fromPort');
  const to = at(permission, 'toPort');
  const single = [textAt(permission, 'cidrIp'), textAt(permission, 'cidrIpv6')];
  const peers = [
    ...single,
    ...itemsAt(permission, 'ipRanges').map((item) => textAt(item, 'cidrIp')),
    ...itemsAt(permission, 'ipv6Ranges').map((item) => textAt(item, 'cidrIpv6')),
    ...itemsAt(permission, 'prefixListIds').map((item) => textAt(item, 'prefixListId')),
    ...itemsAt(permission, 'groups').map((item) => textAt(item, 'groupId', 'groupName')),
    ...itemsAt(permission, 'userIdGroupPairs').map((item) => textAt(item, 'groupId', 'groupName')),
  ];
  const what = protocol === '-1' ? 'everything' : `${protocol}${portWords(from, to)}`;
  return peers.flatMap((peer) =>
    peer === undefined ? [] : [`${what} ${preposition} ${peer}`.slice(0, 300)],
  );
}

function portWords(from: Json | undefined, to: Json | undefined): string {
  if (typeof from !== 'number' && typeof from !== 'string') return '';
  const last = typeof to === 'number' || typeof to === 'string' ? to : from;
  if (Number(from) === -1 || (Number(from) === 0 && Number(last) === 65_535)) return ' (all ports)';
  return String(from) === String(last) ? ` port ${from}` : ` ports ${from} to ${last}`;
}

/** An address by its allocation: that is all that a release names. */
function address(
  call: Call,
  what: Sighting['what'],
  allocation: string | undefined,
  ip: string | undefined,
  aspects: Readonly<Record<string, AspectChange | undefined>> = {},
): readonly Sighting[] {
  const id = allocation ?? ip;
  if (id === undefined) return [];
  const all = { ...aspects, 'reached-at': reachedIf(ip) };
  return [ec2(call, 'AWS::EC2::EIP', `elastic-ip/${id}`, id, ip ?? id, what, all)];
}

const taggedTypes: readonly (readonly [string, string, string])[] = [
  ['i-', 'AWS::EC2::Instance', 'instance'],
  ['sg-', 'AWS::EC2::SecurityGroup', 'security-group'],
  ['eipalloc-', 'AWS::EC2::EIP', 'elastic-ip'],
];

function tagged(call: Call, how: 'add' | 'remove'): readonly Sighting[] {
  const tags = tagsOf(itemsAt(call.request, 'tagSet'));
  if (tags.length === 0) return [];
  const change: AspectChange = {
    how: 'members',
    add: how === 'add' ? tags : [],
    remove: how === 'remove' ? tags : [],
  };
  return itemsAt(call.request, 'resourcesSet').flatMap((item) => {
    const id = textAt(item, 'resourceId');
    const known = taggedTypes.find(([prefix]) => id?.startsWith(prefix) === true);
    if (id === undefined || known === undefined) return [];
    return [ec2(call, known[1], `${known[2]}/${id}`, id, id, 'changed', { tags: change })];
  });
}

/** All of a group's rules of one direction. */
export function onlyRules(texts: readonly string[]): AspectChange {
  return { how: 'members', add: [...new Set(texts)].slice(0, 200), remove: [], all: true };
}
