import { isJsonObject, list, member, object, text } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { Audience } from './fact.ts';
import { sortAccess } from './policy/access.ts';
import type { AccessClass } from './policy/access.ts';
import type { Grant } from './policy/grant.ts';
import { quote } from './sentence.ts';

/** What an ACL gives one grantee. */
export interface AclGrant {
  readonly audience: Audience;
  /** The grantee as the ACL names it: a group's URI, a canonical user id, an e-mail address. */
  readonly grantee: string;
  /** `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`. */
  readonly permission: string;
  readonly access: readonly AccessClass[];
  readonly doubts: readonly string[];
}

export interface Acl {
  readonly grants: readonly AclGrant[];
  /** What can't be read of it. */
  readonly problems: readonly string[];
}

type Kind = 'bucket' | 'object';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
const permissions: Readonly<Record<string, Readonly<Record<Kind, readonly AccessClass[]>>>> = {
  READ: { bucket: ['list'], object: ['read'] },
  WRITE: { bucket: ['write', 'delete'], object: [] },
  READ_ACP: { bucket: ['list'], object: ['list'] },
  WRITE_ACP: { bucket: ['permissions'], object: ['permissions'] },
  FULL_CONTROL: {
    bucket: ['all', 'list', 'write', 'delete', 'permissions'],
    object: ['all', 'read', 'list', 'permissions'],
  },
};

const allUsers = 'http://acs.amazonaws.com/groups/global/AllUsers';
const authenticatedUsers = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const logDelivery = 'http://acs.amazonaws.com/groups/s3/LogDelivery';

const groups: ReadonlyMap<string, Audience> = new Map<string, Audience>([
  [allUsers, 'public'],
  [authenticatedUsers, 'any-aws-account'],
  [logDelivery, 'service'],
]);

// The canonical id of the account by which CloudFront delivers its logs:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
const logDeliveryId = 'c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0';

interface Given {
  readonly audience: Audience;
  readonly grantee: string;
  readonly permission: string;
  readonly on?: Kind;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
const canned: ReadonlyMap<string, readonly Given[]> = new Map<string, readonly Given[]>([
  ['private', []],
  ['public-read', [{ audience: 'public', grantee: allUsers, permission: 'READ' }]],
  [
    'public-read-write',
    [
      { audience: 'public', grantee: allUsers, permission: 'READ' },
      { audience: 'public', grantee: allUsers, permission: 'WRITE' },
    ],
  ],
  ['aws-exec-read', [{ audience: 'service', grantee: 'Amazon EC2', permission: 'READ' }]],
  ['authenticated-read', [{ audience: 'any-aws-account', grantee: authenticatedUsers, permission: 'READ' }]],
  [
    'bucket-owner-read',
    [{ audience: 'own-account', grantee: 'the bucket owner', permission: 'READ', on: 'object' }],
  ],
  [
    'bucket-owner-full-control',
    [{ audience: 'own-account', grantee: 'the bucket owner', permission: 'FULL_CONTROL', on: 'object' }],
  ],
  [
    'log-delivery-write',
    [
      { audience: 'service', grantee: logDelivery, permission: 'WRITE', on: 'bucket' },
      { audience: 'service', grantee: logDelivery, permission: 'READ_ACP', on: 'bucket' },
    ],
  ],
]);

const grantHeaders: ReadonlyMap<string, string> = new Map([
  ['x-amz-grant-read', 'READ'],
  ['x-amz-grant-write', 'WRITE'],
  ['x-amz-grant-read-acp', 'READ_ACP'],
  ['x-amz-grant-write-acp', 'WRITE_ACP'],
  ['x-amz-grant-full-control', 'FULL_CONTROL'],
]);

/**
 * The ACL that a request's `requestParameters` give, in any of its three forms (canned, grant headers, document),
 * or undefined where they give none. Never throws.
 */
export function parseAcl(request: JsonObject | undefined, on: Kind): Acl | undefined {
  const grants: AclGrant[] = [];
  const problems: string[] = [];
  let given = false;
  const headers = headersOf(request);
  for (const name of headers.get('x-amz-acl') ?? []) {
    given = true;
    const acl = canned.get(name.toLowerCase());
    if (acl === undefined) problems.push(`${quote(name)} is not a canned ACL`);
    for (const one of acl ?? []) if (one.on === undefined || one.on === on) grants.push(grantOf(one, on, []));
  }
  for (const [header, permission] of grantHeaders) {
    for (const value of headers.get(header) ?? []) {
      given = true;
      for (const item of value.split(',')) addHeaderGrant(item, permission, on, grants, problems);
    }
  }
  const document = member(request, 'AccessControlPolicy');
  if (isJsonObject(document)) {
    given = true;
    addDocument(document, on, grants, problems);
  } else if (document !== undefined && document !== null && document !== '') {
    given = true;
    problems.push('the AccessControlPolicy is not an object');
  }
  return given ? { grants, problems } : undefined;
}

/** Under one of these keys stands every ACL that `parseAcl` finds. */
export const aclKeys: readonly string[] = ['x-amz-acl', ...grantHeaders.keys(), 'AccessControlPolicy'];

/** Whether a request has a member in which an ACL can stand. */
export function givesAcl(request: JsonObject | undefined): boolean {
  for (const key in request) if (/^(?:x-amz-(?:acl|grant-)|accesscontrol)/i.test(key)) return true;
  return false;
}

/** The grants of an ACL in the form that those of a policy have; `resource` is what it stands on. */
export function aclGrantsOf(acl: Acl, resource: string): readonly Grant[] {
  return acl.grants.map((grant) => ({
    audience: grant.audience,
    principals: [grant.grantee],
    accounts: [],
    organisations: [],
    guarded: true,
    access: grant.access,
    actions: [grant.permission],
    resources: [resource],
    conditions: [],
    doubts: grant.doubts,
  }));
}

/** The ACL headers of a request, by their names in lower case; CloudTrail puts some of them one level down. */
function headersOf(request: JsonObject | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const collect = (from: JsonObject | undefined): void => {
    for (const [key, value] of Object.entries(from ?? {})) {
      const name = key.toLowerCase();
      if (name !== 'x-amz-acl' && !grantHeaders.has(name)) continue;
      const values: readonly (Json | undefined)[] = Array.isArray(value)
        ? (value as readonly Json[])
        : [value];
      const texts = values.filter((one) => typeof one === 'string').map((one) => one.trim());
      found.set(name, [...(found.get(name) ?? []), ...texts.filter((one) => one !== '')]);
    }
  };
  collect(request);
  collect(object(request, 'accessControlList'));
  return found;
}

function grantOf(given: Given, on: Kind, doubts: readonly string[]): AclGrant {
  const access = sortAccess(permissions[given.permission]?.[on] ?? []);
  return { audience: given.audience, grantee: given.grantee, permission: given.permission, access, doubts };
}

function addHeaderGrant(
  item: string,
  permission: string,
  on: Kind,
  grants: AclGrant[],
  problems: string[],
): void {
  if (item.trim() === '') return;
  const equals = item.indexOf('=');
  const type = item.slice(0, Math.max(equals, 0)).trim().toLowerCase();
  const value = item
    .slice(equals + 1)
    .trim()
    .replace(/^["']|["']$/g, '');
  if (type === 'uri') grants.push(groupGrant(value, permission, on));
  else if (type === 'id') grants.push(userGrant(value, permission, on, undefined));
  else if (type === 'emailaddress') grants.push(mailGrant(value, permission, on));
  else problems.push(`${quote(item.trim())} is no grantee of the form uri="…", id="…" or emailAddress="…"`);
}

function addDocument(document: JsonObject, on: Kind, grants: AclGrant[], problems: string[]): void {
  const owner = text(object(document, 'Owner'), 'ID');
  const entries = member(object(document, 'AccessControlList'), 'Grant');
  const items = isJsonObject(entries) ? [entries] : list(object(document, 'AccessControlList'), 'Grant');
  if (entries !== undefined && !isJsonObject(entries) && !Array.isArray(entries)) {
    problems.push('the AccessControlPolicy has a Grant that is neither an object nor a list');
  }
  items.forEach((item, index) => {
    const grantee = object(item, 'Grantee');
    const permission = text(item, 'Permission')?.toUpperCase();
    const uri = text(grantee, 'URI');
    const id = text(grantee, 'ID');
    const mail = text(grantee, 'EmailAddress');
    if (permission === undefined || !Object.hasOwn(permissions, permission)) {
      problems.push(`grant ${index + 1}: it has no known Permission`);
    } else if (uri !== undefined) grants.push(groupGrant(uri, permission, on));
    else if (id !== undefined) grants.push(userGrant(id, permission, on, owner));
    else if (mail !== undefined) grants.push(mailGrant(mail, permission, on));
    else problems.push(`grant ${index + 1}: its Grantee has neither URI, ID nor EmailAddress`);
  });
}

function groupGrant(uri: string, permission: string, on: Kind): AclGrant {
  const audience = groups.get(uri.trim());
  return audience === undefined
    ? grantOf({ audience: 'unknown', grantee: uri, permission }, on, [`whom the group ${quote(uri)} means`])
    : grantOf({ audience, grantee: uri.trim(), permission }, on, []);
}

function userGrant(id: string, permission: string, on: Kind, owner: string | undefined): AclGrant {
  if (id === logDeliveryId) return grantOf({ audience: 'service', grantee: id, permission }, on, []);
  if (owner === undefined) {
    const doubt = `whether the canonical user ${quote(id)} is the owner itself or another account: ListBuckets names the owner's id`;
    return grantOf({ audience: 'unknown', grantee: id, permission }, on, [doubt]);
  }
  return grantOf(
    { audience: id === owner ? 'own-account' : 'external-account', grantee: id, permission },
    on,
    [],
  );
}

function mailGrant(address: string, permission: string, on: Kind): AclGrant {
  const doubt = `which account ${quote(address)} belongs to: GetBucketAcl or GetObjectAcl would give its canonical id`;
  return grantOf({ audience: 'unknown', grantee: address, permission }, on, [doubt]);
}
