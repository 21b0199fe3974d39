import type { Event } from '../../event/event.ts';
import { callOf, firstText } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { quote } from '../sentence.ts';
import { exposuresOfRules } from './rule-exposure.ts';
import type { RuleChange } from './rule-exposure.ts';

interface GroupCall extends Pick<RuleChange, 'effect' | 'resourceType'> {
  readonly service: string;
  /** The parameter that names the group. */
  readonly named: string;
  readonly spoken: string;
  readonly label: string;
}

const databases = {
  service: 'rds',
  named: 'dBSecurityGroupName',
  spoken: 'DB security group',
  label: 'the port of its databases',
  resourceType: 'AWS::RDS::DBSecurityGroup',
} as const;
const clusters = {
  service: 'redshift',
  named: 'clusterSecurityGroupName',
  spoken: 'Redshift security group',
  label: 'the port of its clusters',
  resourceType: 'AWS::Redshift::ClusterSecurityGroup',
} as const;
const caches = {
  service: 'elasticache',
  named: 'cacheSecurityGroupName',
  spoken: 'cache security group',
  label: 'the port of its caches',
  resourceType: 'AWS::ElastiCache::SecurityGroup',
} as const;

// Groups of the time before VPCs, which services still take: a source, and no port.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AuthorizeDBSecurityGroupIngress.html
// https://docs.aws.amazon.com/redshift/latest/APIReference/API_AuthorizeClusterSecurityGroupIngress.html
// https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AuthorizeCacheSecurityGroupIngress.html
const calls: ReadonlyMap<string, GroupCall> = new Map<string, GroupCall>([
  ['AuthorizeDBSecurityGroupIngress', { ...databases, effect: 'opened' }],
  ['RevokeDBSecurityGroupIngress', { ...databases, effect: 'closed' }],
  ['AuthorizeClusterSecurityGroupIngress', { ...clusters, effect: 'opened' }],
  ['RevokeClusterSecurityGroupIngress', { ...clusters, effect: 'closed' }],
  ['AuthorizeCacheSecurityGroupIngress', { ...caches, effect: 'opened' }],
  ['RevokeCacheSecurityGroupIngress', { ...caches, effect: 'closed' }],
]);

/** What rules of the security groups that databases had before VPCs let in. Fields: exposure-fields.ts. */
export const databaseGroup: Analyser = {
  name: 'database-group',
  subjects: ['exposure'],
  actions: [...calls].map(([action, { service }]) => `${service}.amazonaws.com:${action}`),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const call = calls.get(event.action);
  if (call === undefined) return [];
  const { request } = callOf(event);
  const name = firstText(request, [call.named]);
  const range = firstText(request, ['cIDRIP']);
  const group = firstText(request, ['eC2SecurityGroupId', 'eC2SecurityGroupName']);
  const account = firstText(request, ['eC2SecurityGroupOwnerId']);
  return exposuresOfRules({
    event,
    known,
    effect: call.effect,
    direction: 'ingress',
    permissions: [
      {
        traffic: { type: 'service', name: call.service, label: call.label },
        ranges: range === undefined ? [] : [range],
        groups: group === undefined ? [] : [{ group, account }],
        prefixLists: [],
      },
    ],
    resourceType: call.resourceType,
    resource: name ?? '',
    spoken: name === undefined ? `a ${call.spoken}` : `${call.spoken} ${quote(name)}`,
    behind: ['whether anything uses the group, which only networks of the time before VPCs can'],
  });
}
