import { expect, it } from 'vitest';
import { asffType } from './asff-type.ts';

it.each([
  ['AWS::S3::Bucket', 'AwsS3Bucket'],
  ['AWS::IAM::User', 'AwsIamUser'],
  ['AWS::EC2::SecurityGroup', 'AwsEc2SecurityGroup'],
  ['AWS::EC2::VPC', 'AwsEc2Vpc'],
  ['AWS::EC2::EIP', 'AwsEc2Eip'],
  ['AWS::RDS::DBInstance', 'AwsRdsDbInstance'],
  ['AWS::RDS::DBClusterSnapshot', 'AwsRdsDbClusterSnapshot'],
  ['AWS::DynamoDB::Table', 'AwsDynamoDbTable'],
  ['AWS::CloudTrail::Trail', 'AwsCloudTrailTrail'],
  ['AWS::WAFv2::WebACL', 'AwsWafv2WebAcl'],
  ['AWS::ApiGatewayV2::Api', 'AwsApiGatewayV2Api'],
  ['AWS::AmazonMQ::Broker', 'AwsAmazonMqBroker'],
  ['AWS::ElasticLoadBalancingV2::LoadBalancer', 'AwsElbv2LoadBalancer'],
  ['AWS::IAM::ManagedPolicy', 'AwsIamPolicy'],
  ['AWS::Organizations::Account', 'AwsAccount'],
  ['AWS::SSM::Parameter', 'Other'],
  ['AWS::EC2::Image', 'Other'],
  ['AWS::Made::Up', 'Other'],
  ['AWS::S3::Bucket\n', 'Other'],
  ['constructor', 'Other'],
  ['', 'Other'],
  [undefined, 'Other'],
])('a resource of type %j is %s to Security Hub', (type, called) => {
  expect(asffType(type)).toBe(called);
});
