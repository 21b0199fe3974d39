import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { callOf, membersAt, textAt } from '../call.ts';
import type { Known } from '../known.ts';
import { quote } from '../sentence.ts';
import { permissionsOf } from './permission.ts';
import { exposuresOfRules } from './rule-exposure.ts';
import type { RuleChange } from './rule-exposure.ts';

const calls: ReadonlyMap<string, Pick<RuleChange, 'direction' | 'effect'>> = new Map([
  ['AuthorizeSecurityGroupEgress', { direction: 'egress', effect: 'opened' }],
  ['AuthorizeSecurityGroupIngress', { direction: 'ingress', effect: 'opened' }],
  // The request names rules by their ids; only the answer to DescribeSecurityGroupRules tells which way they are.
  ['ModifySecurityGroupRules', { direction: 'unknown', effect: 'opened' }],
  ['RevokeSecurityGroupEgress', { direction: 'egress', effect: 'closed' }],
  ['RevokeSecurityGroupIngress', { direction: 'ingress', effect: 'closed' }],
]);

const behind = [
  'whether anything that listens there carries the group and has a public address: DescribeNetworkInterfaces with the filter group-id would tell',
  'whether network ACLs or routes of its subnets keep the internet out: DescribeNetworkAcls and DescribeRouteTables would tell',
];

/** What calls that add, change or take away rules of a security group let through, from whom, on which ports. Fields: exposure-fields.ts. */
export const securityGroup: Analyser = {
  name: 'security-group',
  subjects: ['exposure'],
  actions: [...calls.keys()].map((action) => `ec2.amazonaws.com:${action}`),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const call = calls.get(event.action);
  if (call === undefined) return [];
  const group = groupOf(event);
  return exposuresOfRules({
    event,
    known,
    ...call,
    permissions: permissionsOf(event),
    resourceType: 'AWS::EC2::SecurityGroup',
    resource: group ?? '',
    spoken: group === undefined ? 'a security group' : `security group ${quote(group)}`,
    behind,
  });
}

/** The group's id, or its name where the record has no id. */
function groupOf(event: Event): string | undefined {
  const { request, response } = callOf(event);
  const [made] = membersAt(response, 'securityGroupRuleSet');
  return textAt(request, 'groupId') ?? textAt(made, 'groupId') ?? textAt(request, 'groupName');
}
