import type { JsonObject } from '../../event/json.ts';
import { list, text } from '../../event/json.ts';
import type { AwsFinding } from './aws-finding.ts';
import { lacks, lastPart, numberOf, severityOf, shortText, targetOf, targetsOf, timeOf } from './read.ts';

/** Whether this is a finding of Inspector (its second version). */
export function isInspectorFinding(fields: JsonObject): boolean {
  return text(fields, 'findingArn')?.includes(':inspector2:') === true;
}

const types: ReadonlyMap<string, string> = new Map([
  ['AWS_EC2_INSTANCE', 'AWS::EC2::Instance'],
  ['AWS_ECR_CONTAINER_IMAGE', 'AWS::ECR::Repository'],
  ['AWS_ECR_REPOSITORY', 'AWS::ECR::Repository'],
  ['AWS_LAMBDA_FUNCTION', 'AWS::Lambda::Function'],
]);

/** https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html */
export function readInspectorFinding(fields: JsonObject): AwsFinding | { readonly problem: string } {
  const arn = text(fields, 'findingArn');
  const time = timeOf(fields, 'updatedAt', 'lastObservedAt', 'firstObservedAt');
  const severity = severityOf(text(fields, 'severity'));
  if (arn === undefined) return lacks('Inspector', 'findingArn', 'an ARN');
  if (time === undefined) return lacks('Inspector', 'updatedAt', 'a time such as Jan 19, 2023, 10:46:15 PM');
  if (severity === undefined) return lacks('Inspector', 'severity', 'a word such as HIGH');
  const type = shortText(fields, 'type') ?? 'finding';
  return {
    source: 'inspector',
    product: 'Inspector',
    relayed: false,
    id: lastPart(arn),
    type,
    title: shortText(fields, 'title') ?? type,
    severity,
    score: numberOf(fields, 'inspectorScore'),
    state: stateOf(text(fields, 'status')),
    time,
    account: text(fields, 'awsAccountId'),
    region: arn.split(':', 4)[3],
    targets: targetsOf(
      list(fields, 'resources')
        .slice(0, 50)
        .map((resource) => targetOf(typeOf(text(resource, 'type')), text(resource, 'id'))),
    ),
    sample: false,
  };
}

function typeOf(type: string | undefined): string | undefined {
  return types.get(type ?? '') ?? type;
}

function stateOf(status: string | undefined): AwsFinding['state'] {
  if (status === 'SUPPRESSED') return 'suppressed';
  return status === 'CLOSED' ? 'resolved' : 'active';
}
