import { describe, expect, it } from 'vitest';
import { parseArn } from './arn.ts';
import { arnOf, thingOf } from './target-arns.ts';

const place = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };

describe('arnOf', () => {
  it.each<[string, string, string]>([
    ['a type whose ARN holds more than the name', 'AWS::IAM::User', 'alice'],
    ['a type nobody knows', 'AWS::Made::Up', 'x'],
    ['a name with a colon', 'AWS::Lambda::Function', 'charge:prod'],
    ['a pattern', 'AWS::DynamoDB::Table', '*'],
    ['a name with a line break', 'AWS::DynamoDB::Table', 'a\nb'],
    ['an empty name', 'AWS::DynamoDB::Table', ''],
    ['a megabyte of name', 'AWS::DynamoDB::Table', 'a'.repeat(1_000_000)],
  ])('knows none for %s', (_, type, name) => {
    expect(arnOf(type, name, place)).toBeUndefined();
  });

  it('knows none without the account or the region that it needs', () => {
    expect(arnOf('AWS::DynamoDB::Table', 'orders', { ...place, account: undefined })).toBeUndefined();
    expect(arnOf('AWS::DynamoDB::Table', 'orders', { ...place, region: undefined })).toBeUndefined();
    expect(
      arnOf('AWS::Route53::HostedZone', 'Z1', { partition: 'aws', region: undefined, account: undefined }),
    ).toBe('arn:aws:route53:::hostedzone/Z1');
  });

  it('does not expand what a name looks like', () => {
    expect(arnOf('AWS::DynamoDB::Table', '{account}', place)).toBeUndefined();
    expect(arnOf('AWS::DynamoDB::Table', '$&', place)).toBeUndefined();
  });

  it('keeps the leading slash of log groups and drops that of parameters', () => {
    expect(arnOf('AWS::Logs::LogGroup', '/aws/lambda/charge', place)).toBe(
      'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/charge',
    );
    expect(arnOf('AWS::SSM::Parameter', '/prod/db', place)).toBe(
      'arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db',
    );
  });
});

describe('thingOf', () => {
  it.each<[string, string | undefined, string]>([
    ['arn:aws:dynamodb:eu-west-1:111122223333:table/orders', 'AWS::DynamoDB::Table', 'orders'],
    ['arn:aws:iam::111122223333:role/service-role/charge', 'AWS::IAM::Role', 'charge'],
    ['arn:aws:iam::aws:policy/AdministratorAccess', 'AWS::IAM::ManagedPolicy', 'AdministratorAccess'],
    ['arn:aws:kms:eu-west-1:111122223333:alias/prod', 'AWS::KMS::Alias', 'alias/prod'],
    ['arn:aws:lambda:eu-west-1:111122223333:function:charge', 'AWS::Lambda::Function', 'charge'],
    ['arn:aws:logs:eu-west-1:111122223333:log-group:/app:*', 'AWS::Logs::LogGroup', '/app'],
    ['arn:aws:s3:::invoices', 'AWS::S3::Bucket', 'invoices'],
    ['arn:aws:s3:::invoices/2026/march.pdf', 'AWS::S3::Object', 'invoices/2026/march.pdf'],
    ['arn:aws:sns:eu-west-1:111122223333:alarms', 'AWS::SNS::Topic', 'alarms'],
    ['arn:aws:sqs:eu-west-1:111122223333:jobs', 'AWS::SQS::Queue', 'jobs'],
    ['arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db', 'AWS::SSM::Parameter', '/prod/db'],
    ['arn:aws:ssm:eu-west-1:111122223333:parameter/db', 'AWS::SSM::Parameter', 'db'],
    ['arn:aws:made-up:eu-west-1:111122223333:thing/x/y', undefined, 'x/y'],
    ['arn:aws:made-up:::thing', undefined, 'thing'],
    ['arn:aws:made-up:::thing/', undefined, 'thing/'],
    ['arn:aws:iam::111122223333:role/', undefined, 'role/'],
  ])('of %s', (text, type, name) => {
    const arn = parseArn(text);
    expect(arn === undefined ? undefined : thingOf(arn)).toEqual({ type, name });
  });
});
