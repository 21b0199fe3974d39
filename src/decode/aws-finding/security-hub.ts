import type { Actor } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { list, member, object, text } from '../../event/json.ts';
import type { Severity } from '../../event/severity.ts';
import type { AwsFinding, AwsFindingSource } from './aws-finding.ts';
import {
  actorOf,
  addressOf,
  lacks,
  lastPart,
  numberOf,
  severityOf,
  shortText,
  targetOf,
  targetsOf,
  timeOf,
} from './read.ts';

/** Whether this is a finding in Security Hub's format, whoever found it. */
export function isSecurityHubFinding(fields: JsonObject): boolean {
  return (
    text(fields, 'ProductArn') !== undefined &&
    text(fields, 'Id') !== undefined &&
    (Object.hasOwn(fields, 'SchemaVersion') || Object.hasOwn(fields, 'AwsAccountId'))
  );
}

/**
 * Reads the AWS Security Finding Format. What GuardDuty, Inspector and Macie told Security Hub has the id and the severity
 * that it has when they tell themselves.
 * https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
 */
export function readSecurityHubFinding(fields: JsonObject): AwsFinding | { readonly problem: string } {
  const id = text(fields, 'Id');
  const time = timeOf(fields, 'UpdatedAt', 'LastObservedAt', 'CreatedAt', 'FirstObservedAt');
  const severity = severityIn(fields);
  if (id === undefined) return lacks('Security Hub', 'Id', 'the id of the finding');
  if (time === undefined) return lacks('Security Hub', 'UpdatedAt', 'a time such as 2026-03-01T09:30:00Z');
  if (severity === undefined) return lacks('Security Hub', 'Severity', 'a Label such as HIGH, or a number');
  const [source, product] = sourceOf(fields);
  const types = list(fields, 'Types').filter((type) => typeof type === 'string');
  const ownFields = object(fields, 'ProductFields');
  const type =
    text(object(fields, 'Compliance'), 'SecurityControlId') ?? types[0] ?? text(fields, 'GeneratorId');
  return {
    source,
    product,
    relayed: source !== 'securityhub',
    id: source === 'access-analyzer' ? id : lastPart(id),
    type: (type ?? 'finding').slice(0, 1000).toWellFormed(),
    title: shortText(fields, 'Title') ?? type ?? 'a finding without a title',
    severity,
    score: numberOf(object(fields, 'Severity'), 'Normalized'),
    state: stateOf(fields),
    time,
    account: text(fields, 'AwsAccountId'),
    region: text(fields, 'Region'),
    targets: targetsOf(
      list(fields, 'Resources')
        .slice(0, 50)
        .map((resource) => targetOf(resourceType(text(resource, 'Type')), text(resource, 'Id'))),
    ),
    actor: actorIn(fields),
    address: addressIn(fields),
    count: undefined,
    sample:
      member(fields, 'Sample') === true ||
      text(ownFields, 'aws/guardduty/service/additionalInfo/sample') === 'true',
  };
}

/** Ends of `ProductArn`: `arn:aws:securityhub:us-east-1::product/aws/guardduty`. */
const products: ReadonlyMap<string, readonly [AwsFindingSource, string]> = new Map<
  string,
  readonly [AwsFindingSource, string]
>([
  ['aws/guardduty', ['guardduty', 'GuardDuty']],
  ['aws/inspector', ['inspector', 'Inspector']],
  ['aws/macie', ['macie', 'Macie']],
  ['aws/access-analyzer', ['access-analyzer', 'IAM Access Analyzer']],
  ['aws/securityhub', ['securityhub', 'Security Hub']],
]);

function sourceOf(fields: JsonObject): readonly [AwsFindingSource, string] {
  const arn = text(fields, 'ProductArn') ?? '';
  const known = products.get(arn.slice(arn.indexOf(':product/') + ':product/'.length));
  const name =
    shortText(fields, 'ProductName') ?? text(object(fields, 'ProductFields'), 'aws/securityhub/ProductName');
  return known ?? ['other', name ?? 'another product'];
}

function severityIn(fields: JsonObject): Severity | undefined {
  const own = object(fields, 'Severity') ?? object(object(fields, 'FindingProviderFields'), 'Severity');
  const labelled = severityOf(text(own, 'Label'));
  if (labelled !== undefined) return labelled;
  const number = numberOf(own, 'Normalized');
  if (number === undefined) return undefined;
  if (number >= 90) return 'critical';
  if (number >= 70) return 'high';
  if (number >= 40) return 'medium';
  return number >= 1 ? 'low' : 'informational';
}

function stateOf(fields: JsonObject): AwsFinding['state'] {
  const workflow = text(object(fields, 'Workflow'), 'Status');
  if (text(fields, 'RecordState') === 'ARCHIVED') return 'archived';
  if (workflow === 'SUPPRESSED') return 'suppressed';
  const compliance = text(object(fields, 'Compliance'), 'Status');
  return workflow === 'RESOLVED' || compliance === 'PASSED' || compliance === 'NOT_AVAILABLE'
    ? 'resolved'
    : 'active';
}

/** `AwsS3Bucket` is `AWS::S3::Bucket` elsewhere; what does not look so stays as it is. */
function resourceType(type: string | undefined): string | undefined {
  const match =
    /^Aws(Ec2|S3|Iam|Lambda|Rds|Eks|Ecs|Kms|Sns|Sqs|CloudTrail|DynamoDb|Elb|Elbv2|Ecr)([A-Z]\w{0,60})$/.exec(
      type ?? '',
    );
  if (match === null) return type;
  const [, service = '', rest = ''] = match;
  return `AWS::${services.get(service) ?? service.toUpperCase()}::${rest.replace(/^Db(?=[A-Z])/, 'DB')}`;
}

const services: ReadonlyMap<string, string> = new Map([
  ['Lambda', 'Lambda'],
  ['CloudTrail', 'CloudTrail'],
  ['DynamoDb', 'DynamoDB'],
  ['Elb', 'ElasticLoadBalancing'],
  ['Elbv2', 'ElasticLoadBalancingV2'],
]);

/** Whose credentials a finding is about, where one of its resources is an access key. */
function actorIn(fields: JsonObject): Actor | undefined {
  for (const resource of list(fields, 'Resources').slice(0, 50)) {
    const key = object(object(resource, 'Details'), 'AwsIamAccessKey');
    if (key === undefined) continue;
    const issuer = object(object(key, 'SessionContext'), 'SessionIssuer');
    return actorOf({
      type: text(key, 'PrincipalType'),
      name: text(key, 'PrincipalName') ?? text(key, 'UserName') ?? text(issuer, 'UserName'),
      account: text(key, 'AccountId') ?? text(fields, 'AwsAccountId'),
      arn: text(issuer, 'Arn'),
      principalId: text(key, 'PrincipalId'),
      accessKeyId: text(key, 'AccessKeyId'),
    });
  }
  return undefined;
}

function addressIn(fields: JsonObject): string | undefined {
  const action = object(fields, 'Action');
  const places: readonly (Json | undefined)[] = Object.keys(action ?? {})
    .slice(0, 20)
    .map((key) => member(action, key));
  for (const place of places) {
    const remote =
      object(place, 'RemoteIpDetails') ?? object(list(place, 'PortProbeDetails')[0], 'RemoteIpDetails');
    const address = addressOf(member(remote, 'IpAddressV4'));
    if (address !== undefined) return address;
  }
  return addressOf(member(object(fields, 'Network'), 'SourceIpV4'));
}
