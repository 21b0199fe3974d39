import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AllocateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  EC2Client,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin, type CliResult } from '../support/cli.ts';
import { hasMoto, startMoto, type Moto } from '../support/moto.ts';

/** The account that the stand-in gives to every credential. */
const account = '123456789012';
const region = 'eu-west-1';
const folder = temporaryFolder();
const store = join(folder.path, 'tocsin.db');
afterAll(folder.remove);

const statement = (principal: string) => ({
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::vault/*',
});
const policyOf = (...principals: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: principals.map(statement),
});
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};
const reads = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:Get*', Resource: '*' }],
};

/** A successful call a minute from now: later than the snapshot, by the clock of this machine. */
function record(service: string, eventName: string, requestParameters: object, seconds = 60): object {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      userName: 'mallory',
      arn: `arn:aws:iam::${account}:user/mallory`,
      accountId: account,
    },
    eventTime: new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, ''),
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: region,
    requestParameters,
    responseElements: null,
    eventID: `after ${eventName} ${seconds}`,
    eventType: 'AwsApiCall',
    recipientAccountId: account,
  };
}

async function scanned(...Records: readonly object[]): Promise<string> {
  const file = join(folder.path, 'log.json');
  writeFileSync(file, JSON.stringify({ Records }));
  const { stdout, stderr } = await tocsin(['scan', file, '--store', store, '--json']);
  return stdout + stderr;
}

describe.skipIf(!hasMoto)(
  'tocsin assets snapshot of an account on a stand-in for AWS',
  { timeout: 60_000 },
  () => {
    let moto: Moto;
    let env: Record<string, string>;
    let address: { readonly ip: string; readonly allocation: string };
    let ec2: EC2Client;

    const snapshot = (args: readonly string[], more: Record<string, string> = {}): Promise<CliResult> =>
      tocsin(['assets', 'snapshot', ...args], { env: { ...env, ...more } });
    const shown = async (name: string): Promise<string> =>
      (await tocsin(['assets', 'show', name, '--store', store])).stdout;

    beforeAll(async () => {
      moto = await startMoto();
      const none = join(folder.path, 'none');
      env = {
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: region,
        AWS_CONFIG_FILE: none,
        AWS_SHARED_CREDENTIALS_FILE: none,
        AWS_EC2_METADATA_DISABLED: 'true',
      };
      address = await furnished();
    }, 180_000);

    afterAll(async () => moto.stop());

    /** What an account has that was there before anybody watched. */
    async function furnished(): Promise<typeof address> {
      const options = {
        region,
        endpoint: moto.endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      };
      const s3 = new S3Client({ ...options, forcePathStyle: true });
      for (const Bucket of ['vault', 'site'])
        await s3.send(
          new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
        );
      const before = policyOf('arn:aws:iam::444455556666:root');
      await s3.send(new PutBucketPolicyCommand({ Bucket: 'vault', Policy: JSON.stringify(before) }));
      await s3.send(
        new PutPublicAccessBlockCommand({
          Bucket: 'site',
          PublicAccessBlockConfiguration: { RestrictPublicBuckets: true },
        }),
      );
      ec2 = new EC2Client(options);
      const { GroupId } = await ec2.send(
        new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'web' }),
      );
      await ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [
            { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '192.0.2.0/24' }] },
          ],
        }),
      );
      const { PublicIp = '', AllocationId = '' } = await ec2.send(
        new AllocateAddressCommand({ Domain: 'vpc' }),
      );
      const dns = new Route53Client(options);
      const { HostedZone } = await dns.send(
        new CreateHostedZoneCommand({ Name: 'example.com', CallerReference: 'one' }),
      );
      // More than a page holds, so that the last is found only by turning it.
      const names = [...Array.from({ length: 310 }, (_, i) => `host-${i}`), 'www'];
      for (let from = 0; from < names.length; from += 100)
        await dns.send(
          new ChangeResourceRecordSetsCommand({
            HostedZoneId: HostedZone?.Id,
            ChangeBatch: {
              Changes: names.slice(from, from + 100).map((name) => ({
                Action: 'CREATE' as const,
                ResourceRecordSet: {
                  Name: `${name}.example.com`,
                  Type: 'A' as const,
                  TTL: 60,
                  ResourceRecords: [{ Value: name === 'www' ? PublicIp : '192.0.2.1' }],
                },
              })),
            },
          }),
        );
      const iam = new IAMClient(options);
      await iam.send(new CreateUserCommand({ UserName: 'ana' }));
      await iam.send(new CreateAccessKeyCommand({ UserName: 'ana' }));
      await iam.send(
        new CreateRoleCommand({ RoleName: 'deploy', AssumeRolePolicyDocument: JSON.stringify(trust) }),
      );
      await iam.send(new CreatePolicyCommand({ PolicyName: 'reads', PolicyDocument: JSON.stringify(reads) }));
      const rds = new RDSClient(options);
      await rds.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: 'billing',
          DBInstanceClass: 'db.t3.micro',
          Engine: 'postgres',
          MasterUsername: 'someone',
          MasterUserPassword: 'not-a-secret',
          AllocatedStorage: 5,
        }),
      );
      await rds.send(
        new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'billing', DBSnapshotIdentifier: 'monday' }),
      );
      await rds.send(
        new ModifyDBSnapshotAttributeCommand({
          DBSnapshotIdentifier: 'monday',
          AttributeName: 'restore',
          ValuesToAdd: ['444455556666'],
        }),
      );
      return { ip: PublicIp, allocation: AllocationId };
    }

    it('tells without writing, where it is asked to', async () => {
      const { stdout, code } = await snapshot(['--dry-run', '--json', '--regions', region, '--store', store]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ account, remembered: false, troubles: [] });
      expect(stdout).toContain('s3:GetObject');
      expect(existsSync(store)).toBe(false);
    });

    it('goes on past a service that refuses, names the permission, and says so by its exit code', async () => {
      const refusing = await answering(
        403,
        `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>1</RequestID></Response>`,
      );
      const { port } = refusing.address() as AddressInfo;
      const result = await snapshot(['--dry-run', '--regions', region], {
        AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${port}`,
      });
      refusing.close();
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(
        'ec2 in eu-west-1: not allowed; the credentials need ec2:DescribeSecurityGroups',
      );
      expect(result.stdout).toMatch(/AWS::S3::Bucket +2/);
      expect(result.stdout).not.toContain('AWS::EC2');
    });

    it('asks again where AWS says that it is asked too fast', async () => {
      let asked = 0;
      const throttling = await answering(
        503,
        `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>1</RequestID></Response>`,
        () => (asked += 1) > 2,
        `<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><securityGroupInfo/></DescribeSecurityGroupsResponse>`,
      );
      const { port } = throttling.address() as AddressInfo;
      const result = await snapshot(['--dry-run', '--regions', region, '--services', 'ec2'], {
        AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${port}`,
      });
      throttling.close();
      expect(result.stderr).toBe('');
      expect(result.code).toBe(0);
      expect(asked).toBe(5);
    });

    it('says what is wrong where nobody can be asked', async () => {
      const { code, stderr } = await snapshot(['--dry-run'], {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
      });
      expect(code).toBe(2);
      expect(stderr).toContain('aws sts get-caller-identity');
      expect((await snapshot(['--dry-run', '--regions', 'Frankfurt'])).stderr).toContain('is no region');
    });

    it('remembers what is there', async () => {
      const result = await snapshot(['--store', store, '--regions', region, 'us-east-1']);
      expect(result.stderr).toBe('');
      expect(result.code).toBe(0);
      expect(result.stdout).toMatch(/AWS::Route53::RecordSet +313 +313 +0/);
      expect(await shown('vault')).toContain('allow account `444455556666` to `s3:getobject`');
      expect(await shown('site')).toMatch(/Block Public Access on +RestrictPublicBuckets/);
      expect(await shown('web')).toMatch(/inbound rules +tcp port 443 from 192\.0\.2\.0\/24/);
      expect(await shown('deploy')).toContain('the service `ec2.amazonaws.com`');
      expect(await shown('reads')).toContain('allow `s3:get*` on `*`');
      expect(await shown('billing')).toMatch(/engine +postgres/);
      expect(await shown('monday')).toMatch(/shared with +444455556666/);
      const keys = await tocsin([
        'assets',
        'list',
        '--type',
        'AWS::IAM::AccessKey',
        '--store',
        store,
        '--json',
      ]);
      expect(keys.stdout).toContain('ana');
    });

    it('then shows what a policy changed, and says for sure that the bucket is exposed', async () => {
      const alerts = await scanned(
        record('s3', 'PutBucketPolicy', {
          bucketName: 'vault',
          bucketPolicy: policyOf('arn:aws:iam::444455556666:root', '*'),
        }),
      );
      expect(alerts).toContain('allow anyone (`*`) to `s3:getobject`');
      expect(alerts).toContain('the policy of bucket `vault` changed: 1 added');
      expect(alerts).toContain('by what is remembered no switch of Block Public Access stops it');
    });

    it('and for sure that a bucket with a switch is not', async () => {
      const alerts = await scanned(
        record('s3', 'PutBucketPolicy', {
          bucketName: 'site',
          bucketPolicy: {
            ...policyOf('*'),
            Statement: [{ ...statement('*'), Resource: 'arn:aws:s3:::site/*' }],
          },
        }),
      );
      expect(alerts).toContain('by what is remembered it has no effect, because RestrictPublicBuckets');
    });

    it('finds the record that a released address leaves behind', async () => {
      const alerts = await scanned(
        record('ec2', 'ReleaseAddress', { allocationId: address.allocation }, 120),
      );
      expect(alerts).toContain('`www.example.com` still points at');
      expect(alerts).toContain(address.ip);
    });

    it('hears of nothing new the second time, and marks nothing as gone that was heard of just now', async () => {
      await ec2.send(new ReleaseAddressCommand({ AllocationId: address.allocation }));
      const { stdout, code } = await snapshot(['--store', store, '--regions', region, 'us-east-1', '--json']);
      expect(code).toBe(0);
      const { counts } = JSON.parse(stdout) as { counts: { new: number; gone: number }[] };
      expect(counts.length).toBeGreaterThan(8);
      expect(counts.filter((one) => one.new + one.gone > 0)).toEqual([]);
    });
  },
);

/** A service that answers this to every call, or something else when it is time. */
async function answering(
  status: number,
  body: string,
  isTime: () => boolean = () => false,
  then = '',
): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const enough = isTime();
      response.writeHead(enough ? 200 : status, { 'content-type': 'text/xml', connection: 'close' });
      response.end(enough ? then : body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
