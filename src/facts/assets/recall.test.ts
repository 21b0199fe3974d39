import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Fact } from '../fact.ts';
import { denied } from '../testing/cloudtrail.ts';
import { createAssetMemory } from './memory.ts';
import { actionsRecalled, recall, recalledFieldNames, recalledSubjects } from './recall.ts';
import { call, remembering } from './testing/calls.ts';

const statement = (action: string) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: action,
  Resource: 'arn:aws:s3:::vault/*',
});
const policy = (...actions: readonly string[]): Json => ({ Statement: actions.map(statement) });
const put = (minute: number, document: Json, more: JsonObject = {}) =>
  call(minute, 's3', 'PutBucketPolicy', { bucketName: 'vault', bucketPolicy: document }, more);
const create = (minute: number, more: JsonObject = {}) =>
  call(minute, 's3', 'CreateBucket', { bucketName: 'vault' }, more);
const zone = (minute: number, name: string, target: JsonObject) =>
  call(minute, 'route53', 'ChangeResourceRecordSets', {
    hostedZoneId: 'Z1',
    changeBatch: { changes: [{ action: 'UPSERT', resourceRecordSet: { name, type: 'A', ...target } }] },
  });
const values = (...all: readonly string[]): JsonObject => ({
  resourceRecords: all.map((value) => ({ value })),
});
const alias = (dNSName: string): JsonObject => ({ aliasTarget: { dNSName } });
const allocate = call(
  0,
  'ec2',
  'AllocateAddress',
  {},
  { responseElements: { publicIp: '192.0.2.7', allocationId: 'eipalloc-1' } },
);
const release = call(60, 'ec2', 'ReleaseAddress', { allocationId: 'eipalloc-1' });

function after(past: readonly Event[], event: Event): readonly Fact[] {
  return recall(event, remembering(createAssetMemory(), past));
}
const of = (subject: string, facts: readonly Fact[]) => facts.filter((fact) => fact.subject === subject);
const lines = (fact: Fact | undefined) => (fact?.diff ?? []).map(({ sign, text }) => `${sign} ${text}`);

describe('what has changed', () => {
  it('is shown against the last policy that is remembered', () => {
    const [fact] = of(
      'change',
      after([put(0, policy('s3:GetObject'))], put(5, policy('s3:GetObject', 's3:PutObject'))),
    );
    expect(fact?.explanation).toBe('the policy of bucket `vault` changed: 1 added');
    expect(fact?.unknowns).toEqual([]);
    expect(fact?.fields).toMatchObject({
      what: 'policy',
      known: true,
      change: 'changed',
      removed: [],
      resource: 'arn:aws:s3:::vault',
    });
    expect(lines(fact)).toEqual(['+ allow anyone (`*`) to `s3:putobject` on `arn:aws:s3:::vault/*`']);
  });

  it('is said to be unknown where nothing is remembered, and what it says now is shown', () => {
    for (const facts of [
      after([], put(5, policy('s3:GetObject'))),
      recall(put(5, policy('s3:GetObject')), undefined),
    ]) {
      const [fact] = of('change', facts);
      expect(fact?.fields).toMatchObject({ known: false, change: 'unknown' });
      expect(fact?.explanation).toBe('the policy of bucket `vault` now says this');
      expect(fact?.unknowns).toEqual([
        'what the policy of bucket `vault` said before: no earlier change of it is remembered',
      ]);
      expect(lines(fact)).toEqual(['  allow anyone (`*`) to `s3:getobject` on `arn:aws:s3:::vault/*`']);
    }
  });

  it('is known to be everything for a bucket that was seen being made', () => {
    const [fact] = of('change', after([create(0)], put(5, policy('s3:GetObject'))));
    expect(fact?.fields).toMatchObject({ known: true, change: 'changed' });
    expect(lines(fact)[0]).toMatch(/^\+ allow/);
  });

  it('is nothing where the same is set again', () => {
    const [fact] = of('change', after([put(0, policy('s3:GetObject'))], put(5, policy('s3:getobject'))));
    expect(fact?.explanation).toBe(
      'nothing of the policy of bucket `vault` is new: it was set to what it was before',
    );
    expect(fact?.fields).toMatchObject({ change: 'unchanged', added: [] });
  });

  it('is told of a call that failed as what it would have been', () => {
    const [fact] = of('change', after([put(0, policy('s3:GetObject'))], put(5, policy('s3:*'), denied)));
    expect(fact?.fields).toMatchObject({ attempted: true, change: 'unchanged' });
    expect(fact?.explanation).toContain('but the call failed');
  });

  it('is the same when the event comes again', () => {
    const past = [put(0, policy('s3:GetObject'))];
    const event = put(5, policy('s3:*'));
    expect(of('change', after([...past, event], event))).toEqual(of('change', after(past, event)));
    const rule = call(3, 'ec2', 'AuthorizeSecurityGroupIngress', {
      groupId: 'sg-1',
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      cidrIp: '0.0.0.0/0',
    });
    expect(of('change', after([rule], rule))).toEqual(of('change', after([], rule)));
  });

  const others: readonly (readonly [string, readonly Event[], Event, string, readonly string[]])[] = [
    [
      'of a trust policy',
      [
        call(0, 'iam', 'CreateRole', {
          roleName: 'ci',
          assumeRolePolicyDocument:
            '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
        }),
      ],
      call(1, 'iam', 'UpdateAssumeRolePolicy', {
        roleName: 'ci',
        policyDocument:
          '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}',
      }),
      'the trust policy of role `ci` changed: 1 added, 1 removed',
      [
        '  which was: allow the service `ec2.amazonaws.com` to `sts:assumerole`',
        '- whom: the service `ec2.amazonaws.com`',
        '+ whom: account `444455556666`',
      ],
    ],
    [
      'of the policy of a new role',
      [],
      call(1, 'iam', 'CreateRole', {
        roleName: 'ci',
        assumeRolePolicyDocument:
          '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}',
      }),
      'the trust policy of role `ci` changed: 1 added',
      ['+ allow anyone (`*`) to `sts:assumerole`'],
    ],
    [
      'of the version of a policy that becomes the default',
      [],
      call(1, 'iam', 'PutUserPolicy', {
        userName: 'bob',
        policyName: 'all',
        policyDocument: '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
      }),
      'the inline policy `all` of user `bob` now says this',
      ['  allow `*` on `*`'],
    ],
    [
      'of the rules of a group',
      [],
      call(1, 'ec2', 'RevokeSecurityGroupIngress', {
        groupId: 'sg-1',
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 22,
        cidrIp: '0.0.0.0/0',
      }),
      'the inbound rules of security group `sg-1` changed: 1 removed',
      ['- `tcp port 22 from 0.0.0.0/0`'],
    ],
    [
      'of an ACL',
      [call(0, 's3', 'PutBucketAcl', { bucketName: 'vault', 'x-amz-acl': 'private' })],
      call(1, 's3', 'PutBucketAcl', { bucketName: 'vault', 'x-amz-acl': 'public-read' }),
      'the ACL of bucket `vault` changed: 1 added',
      ['+ `http://acs.amazonaws.com/groups/global/AllUsers: READ`'],
    ],
    [
      'of the switches of a bucket',
      [
        call(0, 's3', 'PutBucketPublicAccessBlock', {
          bucketName: 'vault',
          PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true },
        }),
      ],
      call(1, 's3', 'DeleteBucketPublicAccessBlock', { bucketName: 'vault' }),
      'Block Public Access of bucket `vault` changed: 2 removed',
      ['- `BlockPublicAcls`', '- `IgnorePublicAcls`'],
    ],
    [
      'of a DNS record',
      [zone(0, 'www.example.com', values('192.0.2.7'))],
      zone(1, 'www.example.com', values('192.0.2.8')),
      'DNS record `www.example.com` changed: 1 added, 1 removed',
      ['- `192.0.2.7`', '+ `192.0.2.8`'],
    ],
  ];
  it.each(others)('is told %s', (_, past, event, explanation, expected) => {
    const [fact] = of('change', after(past, event));
    expect(fact?.explanation).toBe(explanation);
    expect(lines(fact)).toEqual(expected);
  });
});

describe('what a deletion leaves behind', () => {
  const cases: readonly (readonly [string, readonly Event[], Event, string | undefined])[] = [
    [
      'an address that a record still points at',
      [allocate, zone(1, 'www.example.com', values('192.0.2.7'))],
      release,
      'address `192.0.2.7` is gone, but the DNS record `www.example.com` still points at `192.0.2.7`: whoever gets `192.0.2.7` next answers for it',
    ],
    [
      'not an address that no record points at',
      [allocate, zone(1, 'www.example.com', values('192.0.2.8'))],
      release,
      undefined,
    ],
    [
      'not where the record was changed before',
      [
        allocate,
        zone(1, 'www.example.com', values('192.0.2.7')),
        zone(2, 'www.example.com', values('192.0.2.8')),
      ],
      release,
      undefined,
    ],
    [
      'where the record is changed only later',
      [
        allocate,
        zone(1, 'www.example.com', values('192.0.2.7')),
        zone(90, 'www.example.com', values('192.0.2.8')),
      ],
      release,
      'still points at',
    ],
    [
      'not where the record was deleted',
      [
        allocate,
        zone(1, 'www.example.com', values('192.0.2.7')),
        call(2, 'route53', 'ChangeResourceRecordSets', {
          hostedZoneId: 'Z1',
          changeBatch: {
            changes: [
              {
                action: 'DELETE',
                resourceRecordSet: { name: 'www.example.com', type: 'A', ...values('192.0.2.7') },
              },
            ],
          },
        }),
      ],
      release,
      undefined,
    ],
    [
      'not where the release failed',
      [allocate, zone(1, 'www.example.com', values('192.0.2.7'))],
      call(60, 'ec2', 'ReleaseAddress', { allocationId: 'eipalloc-1' }, denied),
      undefined,
    ],
    [
      'a bucket whose website a record names',
      [zone(1, 'vault', values('vault.s3-website-eu-west-1.amazonaws.com'))],
      call(60, 's3', 'DeleteBucket', { bucketName: 'vault' }),
      'bucket `vault` is gone, but the DNS record `vault` still points at',
    ],
    [
      'a bucket that an alias means',
      [zone(1, 'vault', alias('s3-website-eu-west-1.amazonaws.com.'))],
      call(60, 's3', 'DeleteBucket', { bucketName: 'vault' }),
      'still points at',
    ],
    [
      'not a bucket beside the one that an alias means',
      [zone(1, 'other', alias('s3-website-eu-west-1.amazonaws.com.'))],
      call(60, 's3', 'DeleteBucket', { bucketName: 'vault' }),
      undefined,
    ],
    [
      'a distribution, whose name nobody gets again',
      [
        call(
          0,
          'cloudfront',
          'CreateDistribution',
          {},
          { responseElements: { distribution: { id: 'E1', domainName: 'd1.cloudfront.net' } } },
        ),
        zone(1, 'www.example.com', alias('d1.cloudfront.net.')),
      ],
      call(60, 'cloudfront', 'DeleteDistribution', { id: 'E1' }),
      'nobody else can get that name',
    ],
    [
      'an environment of Beanstalk',
      [zone(1, 'www.example.com', values('shop.eu-west-1.elasticbeanstalk.com'))],
      call(
        60,
        'elasticbeanstalk',
        'TerminateEnvironment',
        { environmentName: 'shop' },
        {
          responseElements: {
            environmentId: 'e-1',
            environmentName: 'shop',
            cNAME: 'shop.eu-west-1.elasticbeanstalk.com',
          },
        },
      ),
      'Elastic Beanstalk environment `shop` is gone',
    ],
    [
      'two records, in the plural',
      [
        allocate,
        zone(1, 'a.example.com', values('192.0.2.7')),
        zone(2, 'b.example.com', values('192.0.2.7')),
      ],
      release,
      'DNS records `a.example.com` and `b.example.com` still point at `192.0.2.7`: whoever gets `192.0.2.7` next answers for them',
    ],
  ];
  it.each(cases)('%s', (_, past, event, expected) => {
    const told = of('dangling', after(past, event)).map(({ explanation }) =>
      explanation.includes(expected ?? ''),
    );
    expect(told).toEqual(expected === undefined ? [] : [true]);
  });

  it('is told again when the event comes again', () => {
    const past = [allocate, zone(1, 'www.example.com', values('192.0.2.7'))];
    expect(of('dangling', after([...past, release], release))).toEqual(of('dangling', after(past, release)));
  });
});

describe('what is remembered of things', () => {
  const destroy = (minute: number, more: JsonObject = {}) =>
    call(minute, 's3', 'DeleteBucket', { bucketName: 'vault' }, more);
  const user = (minute: number) => call(minute, 'iam', 'CreateUser', { userName: 'mallory' });
  const key = (minute: number) =>
    call(
      minute,
      'iam',
      'CreateAccessKey',
      { userName: 'mallory' },
      { responseElements: { accessKey: { accessKeyId: 'AKIAMALLORY', userName: 'mallory' } } },
    );

  it('says who made it and who changed it last', () => {
    const [fact] = of(
      'asset',
      after([create(0), put(30, policy(), { by: 'bob' })], destroy(120, { by: 'carol' })),
    );
    expect(fact?.explanation).toBe(
      'bucket `vault`: `alice` made it 2 hours before; `bob` changed it last, 90 minutes before (`PutBucketPolicy`)',
    );
    expect(fact?.fields).toMatchObject({
      role: 'target',
      created_by: 'alice',
      age_seconds: 7200,
      by_creator: false,
      last_changed_by: 'bob',
      what: 'deleted',
    });
  });

  it('says its tags, as they were then', () => {
    const tag = (minute: number, ...tags: readonly (readonly [string, string])[]) => {
      const [one, ...more] = tags.map(([Key, Value]) => ({ Key, Value }));
      const Tag = more.length === 0 ? (one ?? []) : [one ?? {}, ...more];
      return call(minute, 's3', 'PutBucketTagging', { bucketName: 'vault', Tagging: { TagSet: { Tag } } });
    };
    const tagged = [
      tag(1, ['env', 'test']),
      tag(5, ['env', 'production'], ['team', 'pay']),
      tag(60, ['env', 'old']),
    ];
    const [fact] = of('asset', after(tagged, destroy(30)));
    expect(fact?.fields['tags']).toEqual(['env=production', 'team=pay']);
    expect(fact?.explanation).toMatch(/; it has the tags `env=production` and `team=pay`$/);
    expect(of('asset', after(tagged.slice(0, 1), destroy(30)))[0]?.fields['tags']).toEqual(['env=test']);
    expect(of('asset', after([tag(40, ['env', 'late'])], destroy(30)))[0]?.fields['tags']).toBeUndefined();
  });

  it('knows its maker again', () => {
    expect(of('asset', after([create(0)], destroy(3)))[0]?.fields).toMatchObject({ by_creator: true });
  });

  it('says nothing of what was never seen while little is remembered, and that it was never seen later on', () => {
    expect(of('asset', after([user(0)], destroy(60)))).toEqual([]);
    const [fact] = of('asset', after([user(0)], destroy(60 * 24 * 8)));
    expect(fact?.explanation).toBe('nothing was known of bucket `vault` in the 8 days that are remembered');
    expect(fact?.fields).toMatchObject({ first_seen: true });
  });

  it('tells of a name that was taken over from another account', () => {
    const theirs = create(9, { recipientAccountId: '444455556666', by: 'mallory' });
    const [fact] = of('asset', after([create(0), destroy(5)], theirs));
    expect(fact?.explanation).toBe(
      'bucket `vault` was there before in another account, `111122223333`: `alice` deleted it 4 minutes before',
    );
    expect(fact?.fields).toMatchObject({ recreated: true, owner_changed: true });
    expect(of('asset', after([create(0), destroy(5)], create(9)))[0]?.fields).toMatchObject({
      owner_changed: false,
    });
  });

  it('says of a caller and its key who made them, and when', () => {
    const facts = of('asset', after([user(0), key(1)], create(11, { by: 'mallory' })));
    expect(facts.map(({ explanation }) => explanation)).toEqual([
      'who called is user `mallory`, which `alice` made 11 minutes before',
      'the call was signed by access key `AKIAMALLORY`, which `alice` made 10 minutes before',
    ]);
    expect(facts.map(({ fields }) => fields['role'])).toEqual(['actor', 'key']);
  });
});

describe('the fields of what is remembered', () => {
  const facts = [
    ...after(
      [create(0), put(1, policy()), zone(1, 'vault', alias('s3-website-eu-west-1.amazonaws.com'))],
      call(60, 's3', 'DeleteBucket', { bucketName: 'vault' }),
    ),
    ...after([put(0, policy())], put(1, policy('s3:GetObject'))),
    ...after(
      [
        call(0, 's3', 'PutBucketTagging', {
          bucketName: 'vault',
          Tagging: { TagSet: { Tag: { Key: 'a', Value: 'b' } } },
        }),
      ],
      put(1, policy()),
    ),
    ...after([create(0), call(1, 's3', 'DeleteBucket', { bucketName: 'vault' })], create(2)),
    ...after([create(0)], call(60 * 24 * 8, 's3', 'DeleteBucket', { bucketName: 'new' })),
  ];
  it('are those that are listed, and all of them are produced', () => {
    const produced = new Set(
      facts.flatMap(({ subject, fields }) => Object.keys(fields).map((name) => `${subject}.${name}`)),
    );
    expect([...produced].sort()).toEqual(recalledFieldNames.map(({ name }) => name).sort());
    expect(new Set(facts.map(({ subject }) => subject))).toEqual(recalledSubjects);
  });

  it('can come from the calls that are named for them only', () => {
    expect(actionsRecalled('change')?.has('PutBucketPolicy')).toBe(true);
    expect(actionsRecalled('exposure')).toBeUndefined();
  });
});
