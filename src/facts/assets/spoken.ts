import { quote } from '../sentence.ts';

const words: ReadonlyMap<string, string> = new Map([
  ['AWS::S3::Bucket', 'bucket'],
  ['AWS::S3::AccountPublicAccessBlock', 'account'],
  ['AWS::EC2::Instance', 'instance'],
  ['AWS::EC2::SecurityGroup', 'security group'],
  ['AWS::EC2::EIP', 'address'],
  ['AWS::IAM::User', 'user'],
  ['AWS::IAM::Role', 'role'],
  ['AWS::IAM::Group', 'group'],
  ['AWS::IAM::AccessKey', 'access key'],
  ['AWS::IAM::ManagedPolicy', 'policy'],
  ['AWS::RDS::DBInstance', 'database'],
  ['AWS::RDS::DBCluster', 'database cluster'],
  ['AWS::RDS::DBSnapshot', 'database snapshot'],
  ['AWS::RDS::DBClusterSnapshot', 'snapshot of a database cluster'],
  ['AWS::DynamoDB::Table', 'table'],
  ['AWS::Lambda::Function', 'function'],
  ['AWS::SQS::Queue', 'queue'],
  ['AWS::SNS::Topic', 'topic'],
  ['AWS::KMS::Key', 'key'],
  ['AWS::SecretsManager::Secret', 'secret'],
  ['AWS::CloudTrail::Trail', 'trail'],
  ['AWS::ECR::Repository', 'repository'],
  ['AWS::Route53::HostedZone', 'DNS zone'],
  ['AWS::Route53::RecordSet', 'DNS record'],
  ['AWS::CloudFront::Distribution', 'CloudFront distribution'],
  ['AWS::ElasticBeanstalk::Environment', 'Elastic Beanstalk environment'],
  ['AWS::ElasticLoadBalancing::LoadBalancer', 'load balancer'],
]);

/** An asset in a sentence: "bucket `vault`". */
export function spokenAsset({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${words.get(type) ?? 'thing'} ${quote(name)}`;
}

/** A length of time in words, roughly: "3 days". */
export function spokenSpan(milliseconds: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  for (const [word, size] of units) {
    const count = Math.floor(milliseconds / size);
    // Two of a unit say enough; of one, the smaller unit says more.
    if (count >= 2 || (count === 1 && word === 'second')) return `${count} ${word}${count === 1 ? '' : 's'}`;
  }
  return 'no time';
}
