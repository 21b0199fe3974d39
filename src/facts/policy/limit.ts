import { widthOf } from './address.ts';
import type { ConditionTest } from './condition.ts';

/** How a condition narrows who gets through. */
export type Limit =
  | { readonly kind: 'network' }
  | { readonly kind: 'organisation'; readonly names: readonly string[] }
  | { readonly kind: 'accounts'; readonly accounts: readonly string[]; readonly accessPoints: boolean }
  /** One fixed principal by its unique id, whose account the id doesn't tell. */
  | { readonly kind: 'unique-id'; readonly names: readonly string[] }
  /** Only AWS services, acting for these accounts (where the condition names any). */
  | { readonly kind: 'source'; readonly accounts: readonly string[] }
  | { readonly kind: 'service'; readonly names: readonly string[] }
  /** Whoever has some AWS credentials. */
  | { readonly kind: 'authenticated' };

/** What a condition does to the audience. `open`: nothing. `undecided`: it can't be said; `doubt` says why. */
export type Effect =
  | { readonly type: 'limit'; readonly limit: Limit }
  | {
      readonly type: 'open';
      readonly doubt?: string;
      /** What it does to AWS services all the same: a source whose account is fixed is one, whatever its name. */
      readonly services?: Limit;
    }
  | { readonly type: 'undecided'; readonly doubt: string };

type KeyKind =
  | 'address'
  | 'fixed-network'
  | 'organisation'
  | 'organisation-path'
  | 'account'
  | 'principal-arn'
  | 'access-point-arn'
  | 'access-point-account'
  | 'user-id'
  | 'source-arn'
  | 'source-account'
  | 'source-organisation'
  | 'service-name'
  | 'signed-in'
  | 'url-signature';

// The keys of AWS's definition of "public" (access-control-block-public-access.html, "The meaning of public"), and
// those that came after it and say as surely who is calling. A key that is not here limits nobody: who may send a
// Referer, a user agent or a prefix is up to the sender.
const keyKinds: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ['aws:multifactorauthage', 'signed-in'],
  ['aws:principalaccount', 'account'],
  ['aws:principalarn', 'principal-arn'],
  ['aws:principalorgid', 'organisation'],
  ['aws:principalorgpaths', 'organisation-path'],
  ['aws:principalservicename', 'service-name'],
  ['aws:principalservicenameslist', 'service-name'],
  ['aws:sourceaccount', 'source-account'],
  ['aws:sourcearn', 'source-arn'],
  ['aws:sourceip', 'address'],
  ['aws:sourceorgid', 'source-organisation'],
  ['aws:sourceorgpaths', 'source-organisation'],
  ['aws:sourceowner', 'source-account'],
  ['aws:sourcevpc', 'fixed-network'],
  ['aws:sourcevpcarn', 'fixed-network'],
  ['aws:sourcevpce', 'fixed-network'],
  ['aws:tokenissuetime', 'signed-in'],
  ['aws:userid', 'user-id'],
  ['aws:username', 'signed-in'],
  ['aws:vpceaccount', 'fixed-network'],
  ['aws:vpceorgid', 'fixed-network'],
  ['aws:vpceorgpaths', 'fixed-network'],
  ['aws:assumedroot', 'signed-in'],
  ['aws:ec2instancesourcevpc', 'fixed-network'],
  ['aws:federatedprovider', 'signed-in'],
  ['aws:sourceidentity', 'signed-in'],
  ['ec2:sourceinstancearn', 'principal-arn'],
  ['kms:calleraccount', 'account'],
  ['lambda:functionurlauthtype', 'url-signature'],
  ['lambda:sourcefunctionarn', 'principal-arn'],
  ['s3:dataaccesspointaccount', 'access-point-account'],
  ['s3:dataaccesspointarn', 'access-point-arn'],
]);

const timeKeys: ReadonlySet<string> = new Set(['aws:currenttime', 'aws:epochtime']);
const fixedOperators: ReadonlySet<string> = new Set([
  'stringequals',
  'stringequalsignorecase',
  'stringlike',
  'arnequals',
  'arnlike',
  'ipaddress',
]);

function kindOf(key: string): KeyKind | undefined {
  return key.startsWith('aws:principaltag/') ? 'signed-in' : keyKinds.get(key);
}

const open: Effect = { type: 'open' };
const signedIn: Effect = { type: 'limit', limit: { kind: 'authenticated' } };

/** The keys that some `Null: false` of the same statement says must be there, so that `IfExists` and `ForAllValues` can't be met by leaving them out. */
export function keysRequired(tests: readonly ConditionTest[]): ReadonlySet<string> {
  return new Set(
    tests.filter((test) => test.operator === 'null' && isAll(test, 'false')).map((test) => test.key),
  );
}

function isAll(test: ConditionTest, value: string): boolean {
  return test.values.length > 0 && test.values.every((item) => item.toLowerCase() === value);
}

/** What one condition of an Allow does to the audience. The conditions of a statement must all hold, so each limit counts. */
export function effectInAllow(test: ConditionTest, required: ReadonlySet<string>): Effect {
  if (timeKeys.has(test.key)) {
    return { type: 'open', doubt: `whether this holds at the time of a request: ${test.text}` };
  }
  if (test.operator === 'null') return isAll(test, 'false') ? effectOfPresence(test.key) : open;
  // A request without the key satisfies these; the anonymous one has none.
  if ((test.ifExists || test.set === 'all') && !required.has(test.key)) return open;
  if (test.operator === 'bool') return effectOfBool(test);
  if (test.negated || !fixedOperators.has(test.operator)) return open;
  return effectOfValues(test);
}

/** Who can send a request that has a key at all. */
function effectOfPresence(key: string): Effect {
  switch (kindOf(key)) {
    case undefined:
    case 'address':
    case 'url-signature':
      return open;
    case 'source-arn':
    case 'source-account':
    case 'source-organisation':
    case 'service-name':
      return { type: 'limit', limit: { kind: 'service', names: [] } };
    default:
      return signedIn;
  }
}

function effectOfBool(test: ConditionTest): Effect {
  switch (test.key) {
    case 'aws:principalisawsservice':
      return isAll(test, 'true') ? { type: 'limit', limit: { kind: 'service', names: [] } } : signedIn;
    case 'aws:multifactorauthpresent':
      return signedIn;
    case 'aws:viaawsservice':
      return isAll(test, 'true') ? signedIn : open;
    case 'elasticfilesystem:accessedviamounttarget':
      return isAll(test, 'true') ? { type: 'limit', limit: { kind: 'network' } } : open;
    default:
      return open;
  }
}

/**
 * Who gets past one condition of a Deny that is for everyone: those for whom it is false. The conditions of a
 * statement must all hold for the Deny to bite, so the audience is whoever gets past any one of them.
 */
export function escapeFromDeny(test: ConditionTest): Effect {
  const undecided: Effect = {
    type: 'undecided',
    doubt: `who gets past a Deny with this condition: ${test.text}`,
  };
  if (timeKeys.has(test.key)) return undecided;
  if (test.operator === 'null') {
    return isAll(test, 'true') ? effectOfPresence(test.key) : open;
  }
  if (test.operator === 'bool') return escapeFromBool(test, undecided);
  if (!fixedOperators.has(test.operator)) return open;
  if (test.negated) {
    // With ForAnyValue, a request without the key is not denied at all.
    if (test.set === 'any') return open;
    const effect = effectOfValues(test);
    return effect.type === 'open' && effect.doubt !== undefined ? undecided : effect;
  }
  if (test.ifExists || test.set === 'all') return undecided;
  return test.key === 'aws:sourceip' && widthOf(test.values) !== 'narrow' ? undecided : open;
}

function escapeFromBool(test: ConditionTest, undecided: Effect): Effect {
  if (!isAll(test, 'false')) return test.ifExists ? undecided : open;
  const key = kindOf(test.key);
  switch (test.key) {
    case 'aws:principalisawsservice':
      // An anonymous request doesn't have this key: only IfExists denies it.
      return test.ifExists ? { type: 'limit', limit: { kind: 'service', names: [] } } : open;
    case 'aws:multifactorauthpresent':
      return test.ifExists ? signedIn : open;
    case 'aws:viaawsservice':
      return undecided;
    default:
      return key === undefined ? open : undecided;
  }
}

/** What the values of a positive test let through: a limit where all of them are fixed. */
function effectOfValues(test: ConditionTest): Effect {
  const kind = kindOf(test.key);
  if (kind === undefined) {
    return test.key === 's3:x-amz-server-side-encryption-aws-kms-key-id'
      ? {
          type: 'open',
          doubt: 'AWS does not call a grant public that fixes the KMS key, though anybody may name that key',
        }
      : open;
  }
  if (kind === 'signed-in') return signedIn;
  if (kind === 'url-signature') return isAll(test, 'aws_iam') ? signedIn : open;
  if (test.values.length === 0)
    return { type: 'undecided', doubt: `what an empty list of values means: ${test.text}` };
  if (kind === 'address') return effectOfAddresses(test);
  if (kind === 'organisation-path' || kind === 'source-organisation') {
    const names = test.values.map((value) => /^(o-[a-z0-9]{4,32})(\/|$)/.exec(value)?.[1]);
    if (names.every((name) => name !== undefined)) {
      return kind === 'organisation-path'
        ? { type: 'limit', limit: { kind: 'organisation', names } }
        : { type: 'limit', limit: { kind: 'source', accounts: [] } };
    }
  }
  if (kind === 'access-point-arn') {
    // Here alone the name may be a wildcard, as long as the account is fixed.
    const accounts = test.values.map(
      (value) => /^arn:[a-z-]+:s3:[^:]*:(\d{12}):accesspoint\//.exec(value)?.[1],
    );
    if (accounts.every((account) => account !== undefined)) {
      return { type: 'limit', limit: { kind: 'accounts', accounts, accessPoints: true } };
    }
  }
  const services = kind === 'source-arn' ? sourceOfAccounts(test.values) : {};
  const loose = test.values.filter((value) => !isFixed(value));
  if (loose.length > 0) {
    // A bare `*` says nothing about anybody; `arn:aws:iam::111122223333:role/*` does, though AWS calls it public.
    return loose.every((value) => /^[*?]+$/.test(value))
      ? open
      : {
          type: 'open',
          doubt: `who meets a condition that AWS takes for no limit, as its value is not fixed: ${test.text}`,
          ...services,
        };
  }
  return { type: 'limit', limit: limitOfFixed(kind, test.values) };
}

/** The limit that ARNs with a fixed account put on a service: `arn:aws:events:*:111122223333:rule/*`. */
function sourceOfAccounts(arns: readonly string[]): { readonly services?: Limit } {
  const accounts = arns.map(accountInArn);
  return accounts.includes('') ? {} : { services: { kind: 'source', accounts } };
}

/** Fixed: no wildcard and no policy variable; `${*}`, `${?}` and `${$}` stand for the character itself. */
function isFixed(value: string): boolean {
  const plain = value.replace(/\$\{[*?$]\}/g, '');
  return !/[*?]|\$\{/.test(plain);
}

function effectOfAddresses(test: ConditionTest): Effect {
  switch (widthOf(test.values)) {
    case 'narrow':
      return { type: 'limit', limit: { kind: 'network' } };
    case 'wide':
      return open;
    case 'unreadable':
      return { type: 'open', doubt: `which addresses this means: ${test.text}` };
  }
}

function limitOfFixed(
  kind: Exclude<KeyKind, 'address' | 'signed-in' | 'url-signature'>,
  values: readonly string[],
): Limit {
  switch (kind) {
    case 'fixed-network':
      return { kind: 'network' };
    case 'organisation':
    case 'organisation-path':
      return { kind: 'organisation', names: values };
    case 'account':
      return { kind: 'accounts', accounts: values, accessPoints: false };
    case 'principal-arn':
      return { kind: 'accounts', accounts: values.map(accountInArn), accessPoints: false };
    case 'access-point-account':
      return { kind: 'accounts', accounts: values, accessPoints: true };
    case 'access-point-arn':
      return { kind: 'accounts', accounts: values.map(accountInArn), accessPoints: true };
    case 'user-id':
      return values.every((value) => /^\d{12}$/.test(value))
        ? { kind: 'accounts', accounts: values, accessPoints: false }
        : { kind: 'unique-id', names: values };
    case 'source-arn':
      return { kind: 'source', accounts: values.map(accountInArn).filter((account) => account !== '') };
    case 'source-account':
      return { kind: 'source', accounts: values };
    case 'source-organisation':
      return { kind: 'source', accounts: [] };
    case 'service-name':
      return { kind: 'service', names: values };
  }
}

/** The account field of an ARN; empty where it has none, as an S3 bucket's. */
function accountInArn(arn: string): string {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1] ?? '';
}
