import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { object } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { parseAcl } from './s3-acl.ts';
import type { Acl } from './s3-acl.ts';

const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers';
const signedIn = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const ownId = 'aa'.repeat(32);
const otherId = 'bb'.repeat(32);

function lines(acl: Acl | undefined): readonly string[] | undefined {
  return acl === undefined
    ? undefined
    : [
        ...acl.grants.map(
          (grant) => `${grant.audience}: ${grant.access.join(' ')}${grant.doubts.length > 0 ? ' ?' : ''}`,
        ),
        ...acl.problems.map((problem) => `problem: ${problem}`),
      ];
}

/** The document form as CloudTrail shows it. */
function document(...grants: readonly Json[]): JsonObject {
  return {
    AccessControlPolicy: {
      xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/',
      Owner: { ID: ownId, DisplayName: 'owner' },
      AccessControlList: { Grant: grants.length === 1 ? (grants[0] ?? null) : grants },
    },
  };
}
const group = (uri: string, permission: string): Json => ({
  Grantee: { 'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance', 'xsi:type': 'Group', URI: uri },
  Permission: permission,
});
const user = (id: string, permission: string): Json => ({
  Grantee: { 'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance', 'xsi:type': 'CanonicalUser', ID: id },
  Permission: permission,
});

type Case = readonly [name: string, request: JsonObject, expected: readonly string[] | undefined];

const bucketCases: readonly Case[] = [
  ['no ACL at all', { bucketName: 'b', acl: '' }, undefined],
  ['an empty canned ACL', { 'x-amz-acl': '' }, undefined],
  ['private', { 'x-amz-acl': 'private' }, []],
  ['public-read lists', { 'x-amz-acl': 'public-read' }, ['public: list']],
  ['public-read in a list', { 'x-amz-acl': ['public-read'] }, ['public: list']],
  ['public-read one level down', { accessControlList: { 'x-amz-acl': 'public-read' } }, ['public: list']],
  ['a header as it was sent', { 'X-Amz-Acl': 'public-read' }, ['public: list']],
  ['public-read-write', { 'x-amz-acl': 'public-read-write' }, ['public: list', 'public: write delete']],
  ['authenticated-read', { 'x-amz-acl': 'authenticated-read' }, ['any-aws-account: list']],
  ['log-delivery-write', { 'x-amz-acl': 'log-delivery-write' }, ['service: write delete', 'service: list']],
  ['aws-exec-read', { 'x-amz-acl': 'aws-exec-read' }, ['service: list']],
  ['bucket-owner-full-control, which buckets ignore', { 'x-amz-acl': 'bucket-owner-full-control' }, []],
  [
    'a name that only contains "public"',
    { 'x-amz-acl': 'not-public-read' },
    ['problem: `not-public-read` is not a canned ACL'],
  ],
  ['a header that grants to all users', { 'x-amz-grant-read': `uri="${allUsers}"` }, ['public: list']],
  [
    'a header that grants to all users, unquoted',
    { 'x-amz-grant-write': `uri=${allUsers}` },
    ['public: write delete'],
  ],
  [
    'a header with several grantees',
    { 'x-amz-grant-full-control': `uri="${signedIn}", id="${otherId}", emailAddress="li@example.com"` },
    [
      'any-aws-account: all list write delete permissions',
      'unknown: all list write delete permissions ?',
      'unknown: all list write delete permissions ?',
    ],
  ],
  [
    'two headers',
    { 'x-amz-grant-read-acp': `uri="${allUsers}"`, 'x-amz-grant-write-acp': `uri="${allUsers}"` },
    ['public: list', 'public: permissions'],
  ],
  [
    'a header that is no grant',
    { 'x-amz-grant-read': 'everyone' },
    ['problem: `everyone` is no grantee of the form uri="…", id="…" or emailAddress="…"'],
  ],
  ['a document with one grant', document(group(allUsers, 'READ')), ['public: list']],
  [
    'a document with the owner alone',
    document(user(ownId, 'FULL_CONTROL')),
    ['own-account: all list write delete permissions'],
  ],
  [
    'a document with a stranger',
    document(user(ownId, 'FULL_CONTROL'), user(otherId, 'READ')),
    ['own-account: all list write delete permissions', 'external-account: list'],
  ],
  [
    'a document with a group that lets write',
    document(group(allUsers, 'WRITE'), group(signedIn, 'WRITE_ACP')),
    ['public: write delete', 'any-aws-account: permissions'],
  ],
  [
    'a document with an unknown group',
    document(group('http://acs.amazonaws.com/groups/other', 'READ')),
    ['unknown: list ?'],
  ],
  [
    'a document with an unknown permission',
    document(group(allUsers, 'EVERYTHING')),
    ['problem: grant 1: it has no known Permission'],
  ],
  [
    'a document with an inherited name as permission',
    document(group(allUsers, 'constructor')),
    ['problem: grant 1: it has no known Permission'],
  ],
  [
    'a document with an empty grantee',
    document({ Grantee: {}, Permission: 'READ' }),
    ['problem: grant 1: its Grantee has neither URI, ID nor EmailAddress'],
  ],
  [
    'a document without an owner',
    { AccessControlPolicy: { AccessControlList: { Grant: user(otherId, 'READ') } } },
    ['unknown: list ?'],
  ],
  ['a document with no grant', { AccessControlPolicy: { Owner: { ID: ownId }, AccessControlList: '' } }, []],
  [
    'a document that is a text',
    { AccessControlPolicy: '<xml/>' },
    ['problem: the AccessControlPolicy is not an object'],
  ],
  [
    "CloudFront's log delivery",
    document(user('c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0', 'FULL_CONTROL')),
    ['service: all list write delete permissions'],
  ],
];

const objectCases: readonly Case[] = [
  ['public-read reads', { 'x-amz-acl': 'public-read' }, ['public: read']],
  [
    'public-read-write reads: WRITE means nothing there',
    { 'x-amz-acl': 'public-read-write' },
    ['public: read', 'public: '],
  ],
  ['bucket-owner-read', { 'x-amz-acl': 'bucket-owner-read' }, ['own-account: read']],
  [
    'bucket-owner-full-control',
    { 'x-amz-acl': 'bucket-owner-full-control' },
    ['own-account: all read list permissions'],
  ],
  ['log-delivery-write, which objects ignore', { 'x-amz-acl': 'log-delivery-write' }, []],
  [
    'full control for all users',
    { 'x-amz-grant-full-control': `uri="${allUsers}"` },
    ['public: all read list permissions'],
  ],
];

describe('the ACL of a bucket', () => {
  it.each(bucketCases)('%s', (_name, request, expected) => {
    expect(lines(parseAcl(request, 'bucket'))).toEqual(expected);
  });
});

describe('the ACL of an object', () => {
  it.each(objectCases)('%s', (_name, request, expected) => {
    expect(lines(parseAcl(request, 'object'))).toEqual(expected);
  });
});

it('is read from any JSON without throwing', () => {
  const value = fc.jsonValue();
  const request = fc.record(
    {
      'x-amz-acl': value,
      'x-amz-grant-read': value,
      accessControlList: value,
      AccessControlPolicy: fc.oneof(
        value,
        fc.record({ Owner: value, AccessControlList: fc.oneof(value, fc.record({ Grant: value })) }),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(value, request), (json) => {
      const acl = parseAcl(object({ json }, 'json'), 'object');
      expect(acl === undefined || Array.isArray(acl.grants)).toBe(true);
    }),
  );
});
