import { at, callOf, flagAt, textAt } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import { exposureFact } from '../exposure.ts';
import { codeOf } from '../gate.ts';
import type { Known } from '../known.ts';
import type { Event } from '../../event/event.ts';
import { quote } from '../sentence.ts';
import { trafficOf } from './permission.ts';
import { exposuresOfRules } from './rule-exposure.ts';

const behind = [
  'whether a rule with a lower number decides otherwise: DescribeNetworkAcls would tell',
  'whether security groups let it in as well, and whether anything there has a public address: DescribeNetworkInterfaces would tell',
];

/** What calls that add, replace or take away rules of a network ACL let through. Fields: exposure-fields.ts. */
export const networkAcl: Analyser = {
  name: 'network-acl',
  subjects: ['exposure'],
  actions: ['CreateNetworkAclEntry', 'DeleteNetworkAclEntry', 'ReplaceNetworkAclEntry'].map(
    (action) => `ec2.amazonaws.com:${action}`,
  ),
  analyse,
};

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html; CloudTrail calls the protocol aclProtocol.
function analyse(event: Event, known: Known): readonly Fact[] {
  const { request } = callOf(event);
  const acl = textAt(request, 'networkAclId') ?? '';
  const spoken = acl === '' ? 'a network ACL' : `network ACL ${quote(acl)}`;
  if (request === undefined) return [];
  const outbound = flagAt(request, 'egress');
  if (event.action === 'DeleteNetworkAclEntry') return [ofDeletion(event, acl, spoken, outbound)];
  const range = textAt(request, 'cidrBlock') ?? textAt(request, 'ipv6CidrBlock');
  if (range === undefined) return [];
  const traffic = trafficOf({
    ipProtocol: at(request, 'aclProtocol') ?? at(request, 'protocol') ?? '-1',
    fromPort: at(request, 'portRange.from'),
    toPort: at(request, 'portRange.to'),
  });
  const allows = textAt(request, 'ruleAction')?.toLowerCase() !== 'deny';
  return exposuresOfRules({
    event,
    known,
    permissions: [{ traffic, ranges: [range], groups: [], prefixLists: [] }],
    effect: allows ? 'opened' : 'closed',
    direction: outbound === undefined ? 'unknown' : outbound ? 'egress' : 'ingress',
    resourceType: 'AWS::EC2::NetworkAcl',
    resource: acl,
    spoken,
    behind,
    denies: !allows,
  });
}

/** The record says the number of the rule that is gone, and nothing of what it did. */
function ofDeletion(event: Event, acl: string, spoken: string, outbound: boolean | undefined): Fact {
  const { attempted, request } = callOf(event);
  const number = at(request, 'ruleNumber');
  const way = outbound === undefined ? '' : outbound ? 'outbound ' : 'inbound ';
  const says = `${spoken} has no ${way}rule ${typeof number === 'number' || typeof number === 'string' ? quote(String(number)) : 'of that number'} any more; if it denied something, that may pass now`;
  const fact = exposureFact(
    {
      audience: 'unknown',
      access: [],
      change: attempted ? 'unchanged' : 'unknown',
      verdict: attempted ? 'none' : 'unknown',
      attempted,
      via: 'network-rule',
      resourceType: 'AWS::EC2::NetworkAcl',
      resource: acl,
      resourceName: acl,
      scope: [],
      principals: [],
      accounts: [],
      organisations: [],
      actions: [],
      conditions: [],
      confusedDeputy: false,
    },
    attempted ? `tried this, but the call failed${codeOf(event)}: ${says}` : says,
    attempted
      ? []
      : ['what the rule let in or kept out: earlier records, or the snapshots of AWS Config, would tell'],
  );
  return { ...fact, fields: { ...fact.fields, direction: outbound === true ? 'egress' : 'ingress' } };
}
