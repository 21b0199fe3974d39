import type { Arn } from './arn.ts';
import { lastSegment } from './arn.ts';

/**
 * How ARNs of a type are made where the name, region and account are enough to know them. Left out on purpose: IAM
 * users, roles and groups (their path is part of the ARN), secrets (six random characters end it), load balancers.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const templates: ReadonlyMap<string, string> = new Map([
  ['AWS::CloudTrail::Trail', 'arn:{partition}:cloudtrail:{region}:{account}:trail/{name}'],
  ['AWS::CloudWatch::Alarm', 'arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}'],
  ['AWS::Cognito::UserPool', 'arn:{partition}:cognito-idp:{region}:{account}:userpool/{name}'],
  ['AWS::DynamoDB::Table', 'arn:{partition}:dynamodb:{region}:{account}:table/{name}'],
  ['AWS::EC2::Image', 'arn:{partition}:ec2:{region}::image/{name}'],
  ['AWS::EC2::Instance', 'arn:{partition}:ec2:{region}:{account}:instance/{name}'],
  ['AWS::EC2::KeyPair', 'arn:{partition}:ec2:{region}:{account}:key-pair/{name}'],
  ['AWS::EC2::Snapshot', 'arn:{partition}:ec2:{region}::snapshot/{name}'],
  ['AWS::EC2::Volume', 'arn:{partition}:ec2:{region}:{account}:volume/{name}'],
  ['AWS::ECR::Repository', 'arn:{partition}:ecr:{region}:{account}:repository/{name}'],
  ['AWS::EKS::Cluster', 'arn:{partition}:eks:{region}:{account}:cluster/{name}'],
  ['AWS::GuardDuty::Detector', 'arn:{partition}:guardduty:{region}:{account}:detector/{name}'],
  ['AWS::KMS::Alias', 'arn:{partition}:kms:{region}:{account}:{name}'],
  ['AWS::KMS::Key', 'arn:{partition}:kms:{region}:{account}:key/{name}'],
  ['AWS::Kinesis::Stream', 'arn:{partition}:kinesis:{region}:{account}:stream/{name}'],
  ['AWS::Lambda::Function', 'arn:{partition}:lambda:{region}:{account}:function:{name}'],
  ['AWS::Logs::LogGroup', 'arn:{partition}:logs:{region}:{account}:log-group:{name}'],
  ['AWS::OpenSearchService::Domain', 'arn:{partition}:es:{region}:{account}:domain/{name}'],
  ['AWS::RDS::DBCluster', 'arn:{partition}:rds:{region}:{account}:cluster:{name}'],
  ['AWS::RDS::DBClusterSnapshot', 'arn:{partition}:rds:{region}:{account}:cluster-snapshot:{name}'],
  ['AWS::RDS::DBInstance', 'arn:{partition}:rds:{region}:{account}:db:{name}'],
  ['AWS::RDS::DBSnapshot', 'arn:{partition}:rds:{region}:{account}:snapshot:{name}'],
  ['AWS::Redshift::Cluster', 'arn:{partition}:redshift:{region}:{account}:cluster:{name}'],
  ['AWS::Route53::HostedZone', 'arn:{partition}:route53:::hostedzone/{name}'],
  ['AWS::SQS::Queue', 'arn:{partition}:sqs:{region}:{account}:{name}'],
  ['AWS::SSM::Parameter', 'arn:{partition}:ssm:{region}:{account}:parameter/{name}'],
]);

/** Where a call happened, as far as the record says. */
export interface Place {
  readonly partition: string;
  readonly region: string | undefined;
  readonly account: string | undefined;
}

type Part = 'partition' | 'region' | 'account' | 'name';

/** The same, cut: each part with what stands before it, and what stands behind the last. */
interface Template {
  readonly parts: readonly { readonly before: string; readonly part: Part }[];
  readonly end: string;
}

const cut: ReadonlyMap<string, Template> = new Map(
  Array.from(templates, ([type, template]) => {
    const pieces = template.split(/\{(\w+)\}/);
    const parts = pieces.flatMap((before, i) =>
      i % 2 === 0 && i + 1 < pieces.length ? [{ before, part: pieces[i + 1] as Part }] : [],
    );
    return [type, { parts, end: pieces.at(-1) ?? '' }];
  }),
);

/** The ARN of a thing by its type and name; undefined where a part of it isn't known or the name is none that AWS allows. */
export function arnOf(type: string, name: string, place: Place): string | undefined {
  const template = cut.get(type);
  if (template === undefined || name.length > 2048 || !plainName.test(name)) return undefined;
  // Log groups are the one kind whose names keep their leading slash in the ARN.
  const own = type !== 'AWS::Logs::LogGroup' && name.startsWith('/') ? name.slice(1) : name;
  let arn = '';
  for (const { before, part } of template.parts) {
    const value = part === 'name' ? own : place[part];
    if (value === undefined) return undefined;
    arn += before + value;
  }
  return arn + template.end;
}

/** Names with a colon are ids of another form (`name:alias`, `account:function:name`); a star is a pattern. */
const plainName = /^[\w+=,.@/#-]+$/;

/** CloudFormation types by service and the first word of the resource part of an ARN. */
const typesByArn: ReadonlyMap<string, string> = new Map([
  ['acm certificate', 'AWS::CertificateManager::Certificate'],
  ['bedrock foundation-model', 'AWS::Bedrock::FoundationModel'],
  ['cloudformation stack', 'AWS::CloudFormation::Stack'],
  ['cloudfront distribution', 'AWS::CloudFront::Distribution'],
  ['cloudtrail eventdatastore', 'AWS::CloudTrail::EventDataStore'],
  ['cloudtrail trail', 'AWS::CloudTrail::Trail'],
  ['cloudwatch alarm', 'AWS::CloudWatch::Alarm'],
  ['dynamodb table', 'AWS::DynamoDB::Table'],
  ['ec2 image', 'AWS::EC2::Image'],
  ['ec2 instance', 'AWS::EC2::Instance'],
  ['ec2 security-group', 'AWS::EC2::SecurityGroup'],
  ['ec2 snapshot', 'AWS::EC2::Snapshot'],
  ['ec2 volume', 'AWS::EC2::Volume'],
  ['ecr repository', 'AWS::ECR::Repository'],
  ['ecs cluster', 'AWS::ECS::Cluster'],
  ['eks cluster', 'AWS::EKS::Cluster'],
  ['es domain', 'AWS::OpenSearchService::Domain'],
  ['events rule', 'AWS::Events::Rule'],
  ['guardduty detector', 'AWS::GuardDuty::Detector'],
  ['iam group', 'AWS::IAM::Group'],
  ['iam instance-profile', 'AWS::IAM::InstanceProfile'],
  ['iam mfa', 'AWS::IAM::VirtualMFADevice'],
  ['iam oidc-provider', 'AWS::IAM::OIDCProvider'],
  ['iam policy', 'AWS::IAM::ManagedPolicy'],
  ['iam role', 'AWS::IAM::Role'],
  ['iam saml-provider', 'AWS::IAM::SAMLProvider'],
  ['iam user', 'AWS::IAM::User'],
  ['kms alias', 'AWS::KMS::Alias'],
  ['kms key', 'AWS::KMS::Key'],
  ['lambda function', 'AWS::Lambda::Function'],
  ['lambda layer', 'AWS::Lambda::LayerVersion'],
  ['logs log-group', 'AWS::Logs::LogGroup'],
  ['rds cluster', 'AWS::RDS::DBCluster'],
  ['rds cluster-snapshot', 'AWS::RDS::DBClusterSnapshot'],
  ['rds db', 'AWS::RDS::DBInstance'],
  ['rds snapshot', 'AWS::RDS::DBSnapshot'],
  ['route53 hostedzone', 'AWS::Route53::HostedZone'],
  ['secretsmanager secret', 'AWS::SecretsManager::Secret'],
  ['ssm document', 'AWS::SSM::Document'],
  ['ssm parameter', 'AWS::SSM::Parameter'],
]);

/** What a parsed ARN tells about the thing: type (undefined where the table doesn't have it) and the name that people use. */
export function thingOf(arn: Arn): { readonly type: string | undefined; readonly name: string } {
  const { service, resource } = arn;
  if (service === 's3') {
    return { type: resource.includes('/') ? 'AWS::S3::Object' : 'AWS::S3::Bucket', name: resource };
  }
  if (service === 'sns') return { type: 'AWS::SNS::Topic', name: resource };
  if (service === 'sqs') return { type: 'AWS::SQS::Queue', name: resource };
  const end = resource.search(/[/:]/);
  if (end < 0) return { type: undefined, name: resource };
  const word = resource.slice(0, end);
  const rest = resource.slice(end + 1);
  if (rest === '') return { type: undefined, name: resource };
  return { type: typesByArn.get(`${service} ${word}`), name: nameIn(service, word, rest) };
}

function nameIn(service: string, word: string, rest: string): string {
  switch (`${service} ${word}`) {
    case 'iam group':
    case 'iam instance-profile':
    case 'iam policy':
    case 'iam role':
    case 'iam user':
      // The path stands before the name.
      return lastSegment(rest);
    case 'kms alias':
      return `alias/${rest}`;
    case 'logs log-group':
      // `name:*` is the group with its streams, `name:log-stream:stream` a stream of it.
      return rest.split(':', 1)[0] ?? rest;
    case 'ssm parameter':
      // Names in a hierarchy begin with a slash that the ARN doesn't repeat.
      return rest.includes('/') ? `/${rest}` : rest;
    default:
      return rest;
  }
}
