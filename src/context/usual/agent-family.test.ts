import { expect, it } from 'vitest';
import { agentFamily } from './agent-family.ts';

it.each([
  [
    'aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.4.0 md/arch#arm64 lang/python#3.11.8',
    'AWS CLI on macOS',
  ],
  ['[aws-cli/1.32.0 md/Botocore#1.34.0 ua/2.0 os/linux#6.1.0-kali5-amd64]', 'AWS CLI on Kali Linux'],
  ['aws-cli/2.22.0', 'AWS CLI'],
  ['Boto3/1.28.1 md/Botocore#1.31.1 ua/2.0 os/linux#5.10', 'Boto3 on Linux'],
  [
    'APN/1.0 HashiCorp/1.0 Terraform/1.5.7 (+https://www.terraform.io) terraform-provider-aws/5.1 aws-sdk-go-v2/1.18 os/linux',
    'Terraform on Linux',
  ],
  ['aws-sdk-go/1.44.0 (go1.19; linux; amd64)', 'AWS SDK for Go on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15',
    'Safari on macOS',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0', 'Firefox on Linux'],
  ['curl/8.5.0', 'curl'],
  ['S3Console/0.4, aws-internal/3', 'S3Console'],
  ['evil\u202Ename/1', 'evil\u202Ename'],
  [`${'x'.repeat(100_000)} linux`, 'x'.repeat(60)],
  ['-', undefined],
  ['', undefined],
  ['/', undefined],
])('%j is %j', (agent, family) => {
  expect(agentFamily(agent)).toBe(family);
});

it('is the same for every version', () => {
  expect(agentFamily('aws-cli/2.1.0 os/linux#5')).toBe(agentFamily('aws-cli/2.22.4 os/linux#6'));
});
