import type { Target } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { isJsonObject, list, member, object, text } from '../../event/json.ts';
import type { Severity } from '../../event/severity.ts';
import type { AwsFinding } from './aws-finding.ts';
import {
  actorOf,
  addressOf,
  lacks,
  lastPart,
  numberOf,
  shortText,
  targetOf,
  targetsOf,
  timeOf,
} from './read.ts';

/** Whether this is a finding of GuardDuty, out of an EventBridge event or a file that it exports. */
export function isGuardDutyFinding(fields: JsonObject): boolean {
  const service = object(fields, 'service');
  return (
    text(fields, 'type') !== undefined &&
    Object.hasOwn(fields, 'severity') &&
    (text(service, 'serviceName') === 'guardduty' || text(service, 'detectorId') !== undefined)
  );
}

/** https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_cloudwatch.html */
export function readGuardDutyFinding(fields: JsonObject): AwsFinding | { readonly problem: string } {
  const type = shortText(fields, 'type');
  const id = text(fields, 'id') ?? text(fields, 'arn');
  const score = numberOf(fields, 'severity');
  const time = timeOf(fields, 'updatedAt', 'createdAt');
  if (type === undefined) return lacks('GuardDuty', 'type', 'one such as Recon:EC2/PortProbeUnprotectedPort');
  if (id === undefined) return lacks('GuardDuty', 'id', 'an id or an ARN');
  if (score === undefined) return lacks('GuardDuty', 'severity', 'a number from 1 to 10');
  if (time === undefined) return lacks('GuardDuty', 'updatedAt', 'a time such as 2026-03-01T09:30:00Z');
  const service = object(fields, 'service');
  const resource = object(fields, 'resource');
  const account = text(fields, 'accountId');
  const key = object(resource, 'accessKeyDetails');
  return {
    source: 'guardduty',
    product: 'GuardDuty',
    relayed: false,
    id: lastPart(id),
    type,
    title: shortText(fields, 'title') ?? type,
    severity: guardDutySeverity(score),
    score,
    state: member(service, 'archived') === true ? 'archived' : 'active',
    time,
    account,
    region: text(fields, 'region'),
    targets: targetsOf(resource === undefined ? [] : targetsIn(resource)),
    actor: actorOf({
      type: text(key, 'userType'),
      name: text(key, 'userName'),
      account,
      principalId: text(key, 'principalId'),
      accessKeyId: text(key, 'accessKeyId'),
    }),
    address: remoteAddress(object(service, 'action')),
    count: numberOf(service, 'count'),
    sample: member(object(service, 'additionalInfo'), 'sample') === true,
  };
}

/** https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
function guardDutySeverity(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score >= 1 ? 'low' : 'informational';
}

/** By the member of `resource`: type, ARN or id, name. */
const details: readonly (readonly [member: string, type: string, id: string, name: string])[] = [
  ['instanceDetails', 'AWS::EC2::Instance', 'instanceArn', 'instanceId'],
  ['s3BucketDetails', 'AWS::S3::Bucket', 'arn', 'name'],
  ['eksClusterDetails', 'AWS::EKS::Cluster', 'arn', 'name'],
  ['ecsClusterDetails', 'AWS::ECS::Cluster', 'arn', 'name'],
  ['lambdaDetails', 'AWS::Lambda::Function', 'functionArn', 'functionName'],
  ['rdsDbInstanceDetails', 'AWS::RDS::DBInstance', 'dbInstanceArn', 'dbInstanceIdentifier'],
  ['rdsLimitlessDbDetails', 'AWS::RDS::DBCluster', 'dbClusterArn', 'dbClusterIdentifier'],
  ['accessKeyDetails', 'AWS::IAM::AccessKey', '', 'accessKeyId'],
];

function targetsIn(resource: JsonObject): readonly (Target | undefined)[] {
  return details.flatMap(([key, type, id, name]) => {
    const value = member(resource, key);
    const items: readonly Json[] = isJsonObject(value) ? [value] : list(resource, key);
    return items
      .slice(0, 50)
      .map((item) => targetOf(type, id === '' ? undefined : text(item, id), text(item, name)));
  });
}

/** `remoteIpDetails` lies in the one member of `action` that tells what was done, or in the list of who probed a port. */
function remoteAddress(action: JsonObject | undefined): string | undefined {
  for (const key of Object.keys(action ?? {}).slice(0, 20)) {
    const done = object(action, key);
    const [probe] = list(done, 'portProbeDetails');
    for (const place of [done, probe]) {
      const remote = object(place, 'remoteIpDetails');
      const address = addressOf(member(remote, 'ipAddressV4')) ?? addressOf(member(remote, 'ipAddressV6'));
      if (address !== undefined) return address;
    }
  }
  return undefined;
}
