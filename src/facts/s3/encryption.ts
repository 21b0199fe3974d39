import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { encryptionFact } from '../encryption.ts';
import type { Encryption } from '../encryption.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { Known } from '../known.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import type { S3Resource } from '../s3-resource.ts';
import { quote } from '../sentence.ts';
import { spokenWhose, whoseAccount } from '../whose.ts';
import { guardFact } from './guard.ts';
import { left, said } from './said.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { children, element, header, leaf, leaves } from './xml.ts';

const customerAlgorithm = 'x-amz-server-side-encryption-customer-algorithm';
const customerDigest = 'x-amz-server-side-encryption-customer-key-md5';
const kmsKey = 'x-amz-server-side-encryption-aws-kms-key-id';
const algorithm = 'x-amz-server-side-encryption';

/**
 * With which key a bucket encrypts by default, and with which key an object is written. A key that its owner does not hold
 * can be taken away, and what it encrypted with it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
export const s3Encryption: Analyser = {
  name: 's3-encryption',
  subjects: ['encryption', 'protection'],
  actions: bucketCalls(
    'CopyObject',
    'CreateMultipartUpload',
    'DeleteBucketEncryption',
    'PutBucketEncryption',
    'PutObject',
    'UpdateObjectEncryption',
  ),
  signs: new Map(
    bucketCalls('CopyObject', 'CreateMultipartUpload', 'PutObject').map((action) => [
      action,
      [{ key: customerAlgorithm }, { key: kmsKey }],
    ]),
  ),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const request = requestOf(event);
  switch (event.action) {
    case 'DeleteBucketEncryption':
    case 'PutBucketEncryption': {
      const resource = s3ResourceOf(event, 'bucket');
      return resource === undefined ? [] : factsOfDefault(event, known, request, resource);
    }
    default:
      return factsOfObject(event, known, request);
  }
}

function factsOfDefault(
  event: Event,
  known: Known,
  request: JsonObject | undefined,
  resource: S3Resource,
): readonly Fact[] {
  const { spoken } = resource;
  if (event.action === 'DeleteBucketEncryption') {
    const sentence = `${spoken} has no encryption of its own any more: new objects are encrypted with a key of S3 itself (SSE-S3), which everyone who may read them can use`;
    const unknowns = ['whether a KMS key was set before: an older PutBucketEncryption would tell'];
    return [guardFact({ event, resource, kind: 'encryption', wanted: 'weakened', sentence, unknowns })];
  }
  const configuration = element(request, 'ServerSideEncryptionConfiguration');
  const facts: Fact[] = [];
  for (const rule of children(configuration, 'Rule').slice(0, 1)) {
    const byDefault = element(rule, 'ApplyServerSideEncryptionByDefault');
    const method = leaf(byDefault, 'SSEAlgorithm')?.toLowerCase();
    const key = leaf(byDefault, 'KMSMasterKeyID');
    if (method !== undefined) facts.push(...factsOfDefaultKey(event, known, resource, method, key));
    facts.push(...factsOfBlockedTypes(event, resource, element(rule, 'BlockedEncryptionTypes')));
  }
  if (facts.length > 0) return facts;
  const sentence = `encryption of ${spoken} was set, but what to cannot be read from the record`;
  const unknowns = ['with which key new objects are encrypted: GetBucketEncryption would tell'];
  return [guardFact({ event, resource, kind: 'encryption', wanted: 'unknown', sentence, unknowns })];
}

function factsOfDefaultKey(
  event: Event,
  known: Known,
  resource: S3Resource,
  method: string,
  key: string | undefined,
): readonly Fact[] {
  const { spoken } = resource;
  if (method.startsWith('aws:kms')) {
    const held = holderOf(event, known, resource, key);
    const sentence = `new objects of ${spoken} are now encrypted with ${held.spoken}`;
    const isForeign = held.keyHolder === 'external-account';
    const guard = isForeign
      ? `who can read new objects of ${spoken} is now up to the outside AWS account ${held.keyAccount ?? ''}, which holds the key`
      : `new objects of ${spoken} are encrypted with a KMS key, whose policy says who may use it`;
    return [
      encryption(event, resource, { applies: 'default', inPlace: false, ...held }, sentence),
      guardFact({
        event,
        resource,
        kind: 'encryption',
        wanted: isForeign ? 'weakened' : held.keyHolder === 'unknown' ? 'unknown' : 'restored',
        sentence: guard,
        unknowns: held.doubts,
        lost: isForeign ? ['key-control'] : [],
      }),
    ];
  }
  const sentence = `new objects of ${spoken} are now encrypted with a key of S3 itself (${quote(method.toUpperCase())}), which everyone who may read them can use`;
  const held = { method: 'aws-key', key: undefined, keyAccount: undefined, keyHolder: 'aws' } as const;
  // It is what S3 does by itself, so nothing is lost unless there was more before.
  const unknowns = [
    'whether a KMS key was set before, so that this is less: an older PutBucketEncryption would tell',
  ];
  const guard = `${spoken} has the encryption that every bucket has (${quote(method.toUpperCase())})`;
  return [
    encryption(event, resource, { applies: 'default', inPlace: false, ...held, doubts: [] }, sentence),
    guardFact({ event, resource, kind: 'encryption', wanted: 'restored', sentence: guard, unknowns }),
  ];
}

/** Whether the bucket refuses writes with a customer's own key, as new buckets do unless told otherwise. */
function factsOfBlockedTypes(
  event: Event,
  resource: S3Resource,
  blocked: JsonObject | undefined,
): readonly Fact[] {
  const types = leaves(blocked, 'EncryptionType').map((type) => type.toUpperCase());
  const kind = 'customer-key-block';
  if (types.includes('SSE-C')) {
    const sentence = `${resource.spoken} refuses objects that are encrypted with a key that only the caller has (SSE-C)`;
    return [guardFact({ event, resource, kind, wanted: 'restored', sentence })];
  }
  if (!types.includes('NONE')) return [];
  const sentence = `${resource.spoken} takes objects that are encrypted with a key that only the caller has (SSE-C): without it nobody can read them`;
  return [guardFact({ event, resource, kind, wanted: 'removed', sentence })];
}

function factsOfObject(event: Event, known: Known, request: JsonObject | undefined): readonly Fact[] {
  const names = namesIn(request);
  const isUpdate = event.action === 'UpdateObjectEncryption';
  if (!isUpdate && !names.has(customerAlgorithm) && !names.has(kmsKey)) return [];
  if (!names.has(customerAlgorithm) && isOwnKey(event, header(request, kmsKey))) return [];
  const resource = s3ResourceOf(event, 'object');
  if (resource === undefined) return [];
  const inPlace = isUpdate || copiesOntoItself(request, resource);
  const doing = inPlace ? 'was written anew over itself, encrypted' : 'was written encrypted';
  if (names.has(customerAlgorithm)) {
    const held = {
      method: 'customer-key',
      key: header(request, customerDigest),
      keyAccount: undefined,
      keyHolder: 'caller',
      doubts: [],
    } as const;
    const sentence = `${resource.spoken} ${doing} with a key that only the caller has (SSE-C): without it nobody can read it again`;
    return [encryption(event, resource, { applies: 'object', inPlace, ...held }, sentence)];
  }
  const key = isUpdate
    ? leaf(element(element(request, 'ObjectEncryption'), 'SSE-KMS'), 'KMSKeyArn')
    : header(request, kmsKey);
  const held = holderOf(event, known, resource, key);
  // The owner's own key is what every bucket with SSE-KMS writes with, all day.
  if (held.keyHolder === 'own-account' || held.keyHolder === 'aws') return [];
  const sentence = `${resource.spoken} ${doing} with ${held.spoken}`;
  return [encryption(event, resource, { applies: 'object', inPlace, ...held }, sentence)];
}

/** Most writes that name a key name one of the account in which they happen: nothing more need be looked at. */
function isOwnKey(event: Event, key: string | undefined): boolean {
  return event.account !== undefined && accountOfArn(key) === event.account;
}

function namesIn(request: JsonObject | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  // Most writes have none of these headers: the first look is at lengths alone.
  for (const key in request) if (key.length > algorithm.length) names.add(key.toLowerCase());
  return names;
}

function copiesOntoItself(request: JsonObject | undefined, resource: S3Resource): boolean {
  const source = header(request, 'x-amz-copy-source');
  if (source === undefined) return false;
  const [path = ''] = source.replace(/^\//, '').split('?');
  return path === resource.name || decoded(path) === resource.name;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll('+', ' '));
  } catch {
    return path;
  }
}

interface Held {
  readonly method: Encryption['method'];
  readonly key: string | undefined;
  readonly keyAccount: string | undefined;
  readonly keyHolder: Encryption['keyHolder'];
  readonly doubts: readonly string[];
}

/** Who holds a KMS key. A key without an account in its name is one of the caller's account, whoever owns the bucket. */
function holderOf(
  event: Event,
  known: Known,
  resource: S3Resource,
  key: string | undefined,
): Held & { readonly spoken: string } {
  if (key === undefined || /(^|:)alias\/aws\/s3$/.test(key)) {
    return {
      method: 'kms',
      key,
      keyAccount: undefined,
      keyHolder: 'aws',
      doubts: [],
      spoken: 'the KMS key that AWS manages for S3 in the account',
    };
  }
  const account = accountOfArn(key) ?? (key.startsWith('arn:') ? undefined : event.actor.account);
  const whose = whoseAccount(account, resource.owner, known);
  const doubts =
    whose === 'unknown' ? [`whose the KMS key ${quote(key)} is: kms:DescribeKey would tell`] : [];
  return {
    method: 'kms',
    key,
    keyAccount: account,
    keyHolder: whose,
    doubts,
    spoken: `the KMS key ${quote(key)} ${spokenWhose(whose, account)}${whose === 'external-account' ? ', who can take it away' : ''}`,
  };
}

function encryption(
  event: Event,
  resource: S3Resource,
  held: Held & Pick<Encryption, 'applies' | 'inPlace'>,
  sentence: string,
): Fact {
  const attempted = isAttempt(event);
  return encryptionFact(
    {
      method: held.method,
      change: attempted ? 'unchanged' : 'set',
      attempted,
      applies: held.applies,
      key: held.key,
      keyAccount: held.keyAccount,
      keyHolder: held.keyHolder,
      inPlace: held.inPlace,
      resourceType: resource.type,
      resource: resource.arn,
      resourceName: resource.name,
    },
    said(event, sentence),
    left(event, held.doubts),
  );
}
