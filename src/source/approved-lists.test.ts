import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasMoto, motoEnvironment, startMoto, type Moto } from '../respond/testing/moto.ts';
import { cidrText } from '../web/network.ts';
import { placeName, readListAt, type ListPlace } from './approved-lists.ts';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
const unused = (): never => {
  throw new Error('not S3');
};

describe.skipIf(!hasMoto)('approved addresses out of AWS', () => {
  let moto: Moto;
  let plain = '';
  let tagged = '';
  let gateway = '';

  beforeAll(async () => {
    moto = await startMoto();
    const ec2 = new EC2Client({ region, endpoint: moto.endpoint, credentials });
    const tags = (type: 'elastic-ip' | 'natgateway') => [
      { ResourceType: type, Tags: [{ Key: 'tocsin', Value: 'approved' }] },
    ];
    const allocate = (withTags: boolean) =>
      ec2.send(
        new AllocateAddressCommand({
          Domain: 'vpc',
          ...(withTags && { TagSpecifications: tags('elastic-ip') }),
        }),
      );
    plain = (await allocate(false)).PublicIp ?? '';
    tagged = (await allocate(true)).PublicIp ?? '';
    const { Vpc: vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { Subnet: subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: vpc?.VpcId, CidrBlock: '10.0.1.0/24' }),
    );
    const address = await allocate(false);
    gateway = address.PublicIp ?? '';
    await ec2.send(
      new CreateNatGatewayCommand({
        SubnetId: subnet?.SubnetId,
        AllocationId: address.AllocationId,
        TagSpecifications: tags('natgateway'),
      }),
    );
    ec2.destroy();
  }, 180_000);
  beforeEach(() => {
    for (const [name, value] of Object.entries(motoEnvironment)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });

  const read = async (
    place: ListPlace,
    s3: (region: string) => S3Client = unused,
  ): Promise<readonly string[]> => (await readListAt(place, s3)).map(cidrText).toSorted();
  const cidrs = (...addresses: readonly string[]): readonly string[] =>
    addresses.map((address) => `${address}/32`).toSorted();

  it('are those of elastic addresses and NAT gateways', async () => {
    expect(plain).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(await read({ type: 'aws', region, tags: {} })).toEqual(cidrs(plain, tagged, gateway));
  });

  it('are only those with a tag, where that is asked for', async () => {
    expect(await read({ type: 'aws', region, tags: { tocsin: 'approved' } })).toEqual(cidrs(tagged, gateway));
    expect(await read({ type: 'aws', region, tags: { tocsin: 'other' } })).toEqual([]);
    expect(await read({ type: 'aws', region: 'us-east-1', tags: {} })).toEqual([]);
  });

  it('may lie in an object', async () => {
    const client = new S3Client({ region, endpoint: moto.endpoint, credentials, forcePathStyle: true });
    await client.send(
      new CreateBucketCommand({ Bucket: 'lists', CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    const put = (body: string) =>
      client.send(new PutObjectCommand({ Bucket: 'lists', Key: 'approved.json', Body: body }));
    await put('{"ApprovedIPs": ["198.51.100.0/24", "2001:db8::7"]}');
    const place = { type: 's3', bucket: 'lists', key: 'approved.json', region } as const;
    expect(await read(place, () => client)).toEqual(['198.51.100.0/24', '2001:db8::7/128']);
    await put('{"ApprovedIPs": ["198.51.100.0/24", "everyone"]}');
    await expect(read(place, () => client)).rejects.toThrow(
      /^s3:\/\/lists\/approved\.json: .*everyone.*; mend the list$/,
    );
    client.destroy();
  });

  it('are told as a trouble where they cannot be read', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    await expect(read({ type: 'aws', region, tags: {} })).rejects.toThrow(
      /^aws:eu-west-1: own addresses cannot be read: .*; it needs ec2:DescribeAddresses and ec2:DescribeNatGateways$/,
    );
  });
});

it.each<[string, ListPlace]>([
  ['file:/etc/office.txt', { type: 'file', path: '/etc/office.txt' }],
  ['s3://lists/approved.json', { type: 's3', bucket: 'lists', key: 'approved.json', region }],
  ['aws:eu-west-1', { type: 'aws', region, tags: {} }],
  [
    'aws:edge@eu-west-1?Env=prod&Team=web+shop',
    { type: 'aws', region, profile: 'edge', tags: { Team: 'web shop', Env: 'prod' } },
  ],
])('%s is a name that stays the same', (name, place) => expect(placeName(place)).toBe(name));
