import { describe, expect, it } from 'vitest';
import { accountOfArn, isAccountId, lastSegment, parseArn, partitionOfRegion } from './arn.ts';

describe('parseArn', () => {
  it('refuses text that is no ARN', () => {
    for (const text of [
      '',
      'arn',
      'arn:',
      'arn:aws',
      'arn:aws:s3::',
      'arn:aws:s3:::',
      'arn::s3:::b',
      'arn:aws::::b',
      'AIDA1',
    ]) {
      expect(parseArn(text), text).toBeUndefined();
    }
  });

  it('keeps colons and slashes of the resource', () => {
    expect(parseArn('arn:aws:lambda:eu-west-1:111122223333:function:charge:prod')?.resource).toBe(
      'function:charge:prod',
    );
    expect(parseArn('arn:aws:s3:::logs/2026/a:b')?.resource).toBe('logs/2026/a:b');
  });

  it('takes an ARN with every part apart', () => {
    expect(parseArn('arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-1')).toEqual({
      partition: 'aws-cn',
      service: 'ec2',
      region: 'cn-north-1',
      account: '111122223333',
      resource: 'instance/i-1',
    });
  });
});

it('an account id has twelve digits and nothing else', () => {
  expect(isAccountId('111122223333')).toBe(true);
  for (const text of [
    '',
    'aws',
    'ANONYMOUS_PRINCIPAL',
    '11112222333',
    '1111222233334',
    '111122223333\n',
    '１１１１２２２２３３３３',
  ]) {
    expect(isAccountId(text), JSON.stringify(text)).toBe(false);
  }
});

it('policies of AWS belong to no account', () => {
  expect(accountOfArn('arn:aws:iam::aws:policy/ReadOnlyAccess')).toBeUndefined();
  expect(accountOfArn('arn:aws:iam::111122223333:policy/own')).toBe('111122223333');
  expect(accountOfArn(undefined)).toBeUndefined();
});

it('the last segment of a path is never empty', () => {
  expect(lastSegment('teams/payments/alice')).toBe('alice');
  expect(lastSegment('alice')).toBe('alice');
  expect(lastSegment('alice/')).toBe('alice/');
});

it('each region lies in its partition', () => {
  const expected: Readonly<Record<string, string>> = {
    '': 'aws',
    'cn-north-1': 'aws-cn',
    'eu-central-1': 'aws',
    'eu-isoe-west-1': 'aws-iso-e',
    'eusc-de-east-1': 'aws-eusc',
    'us-east-1': 'aws',
    'us-gov-west-1': 'aws-us-gov',
    'us-iso-east-1': 'aws-iso',
    'us-isob-east-1': 'aws-iso-b',
    'us-isof-south-1': 'aws-iso-f',
  };
  expect(
    Object.fromEntries(Object.keys(expected).map((region) => [region, partitionOfRegion(region)])),
  ).toEqual(expected);
});
