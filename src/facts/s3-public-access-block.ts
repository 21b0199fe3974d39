import type { Event } from '../event/event.ts';
import { member, object, text } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { Analyser, Fact } from './fact.ts';
import { protectionFact } from './protection.ts';
import type { Protection } from './protection.ts';
import { s3ResourceOf } from './s3-resource.ts';
import { listed, quote } from './sentence.ts';

// What each switch stops, said as what can happen while it is off:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-options
const switches: readonly (readonly [string, string])[] = [
  ['BlockPublicAcls', 'new public ACLs are accepted'],
  ['BlockPublicPolicy', 'public bucket policies are accepted'],
  ['IgnorePublicAcls', 'public ACLs take effect'],
  ['RestrictPublicBuckets', 'public policies let outsiders in'],
];

interface Call {
  readonly scope: 'account' | 'bucket' | 'named';
  readonly deletes: boolean;
}

// The API's names and CloudTrail's differ. A name without a level (`named`) is the bucket's where the request names one.
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['DeleteAccountPublicAccessBlock', { scope: 'account', deletes: true }],
  ['DeleteBucketPublicAccessBlock', { scope: 'bucket', deletes: true }],
  ['DeletePublicAccessBlock', { scope: 'named', deletes: true }],
  ['PutAccountPublicAccessBlock', { scope: 'account', deletes: false }],
  ['PutBucketPublicAccessBlock', { scope: 'bucket', deletes: false }],
  ['PutPublicAccessBlock', { scope: 'named', deletes: false }],
]);

/** What a change of S3's Block Public Access switches on or off, for a bucket or an account. Fields: protection.ts. */
export const s3PublicAccessBlock: Analyser = {
  name: 's3-public-access-block',
  subjects: ['protection'],
  actions: [...calls.keys()].flatMap((action) => [
    `s3.amazonaws.com:${action}`,
    `s3control.amazonaws.com:${action}`,
  ]),
  analyse,
};

interface Where {
  readonly scope: 'account' | 'bucket';
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly spoken: string;
}

function analyse(event: Event): readonly Fact[] {
  const call = calls.get(event.action);
  if (call === undefined) return [];
  const request = object(event.fields, 'requestParameters');
  const where = whereOf(event, request, call);
  if (where === undefined) return [];
  const wanted = call.deletes
    ? { on: [], off: switches.map(([name]) => name) }
    : switchesOf(
        object(request, 'PublicAccessBlockConfiguration') ??
          object(request, 'publicAccessBlockConfiguration'),
      );
  return [factOf(event, where, wanted, call)];
}

function whereOf(event: Event, request: JsonObject | undefined, call: Call): Where | undefined {
  const bucket = call.scope === 'account' ? undefined : s3ResourceOf(event, 'bucket');
  if (bucket !== undefined) {
    return { scope: 'bucket', type: bucket.type, id: bucket.arn, name: bucket.name, spoken: bucket.spoken };
  }
  if (call.scope === 'bucket') return undefined;
  const account = text(request, 'accountId') ?? text(request, 'x-amz-account-id') ?? event.account;
  if (account === undefined) return undefined;
  return {
    scope: 'account',
    type: 'AWS::S3::AccountPublicAccessBlock',
    id: account,
    name: account,
    spoken: `every bucket of account ${quote(account)}`,
  };
}

interface Wanted {
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** The switches of a configuration; one that isn't named is off. Undefined where the configuration can't be read. */
function switchesOf(configuration: JsonObject | undefined): Wanted | undefined {
  if (configuration === undefined) return undefined;
  const on: string[] = [];
  const off: string[] = [];
  for (const [name] of switches) {
    const value = asSwitch(
      member(configuration, name) ?? member(configuration, name.charAt(0).toLowerCase() + name.slice(1)),
    );
    if (value === undefined) return undefined;
    (value ? on : off).push(name);
  }
  return { on, off };
}

function asSwitch(value: Json | undefined): boolean | undefined {
  if (value === undefined || value === null || value === '') return false;
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

function factOf(event: Event, where: Where, switched: Wanted | undefined, call: Call): Fact {
  const attempted = event.outcome.result === 'failure';
  const wanted = wantedOf(switched);
  const protection: Protection = {
    kind: 'block-public-access',
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: where.scope,
    resourceType: where.type,
    resource: where.id,
    resourceName: where.name,
    switchesOff: switched?.off ?? [],
    switchesOn: switched?.on ?? [],
  };
  const code = event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
  const doing = sentenceOf(where, switched, call);
  const explanation = attempted ? `tried this, but the call failed${code}: ${doing}` : doing;
  return protectionFact(protection, explanation, attempted ? [] : unknownsOf(event, where, wanted));
}

function wantedOf(switched: Wanted | undefined): Protection['wanted'] {
  if (switched === undefined) return 'unknown';
  if (switched.off.length === 0) return 'restored';
  return switched.on.length === 0 ? 'removed' : 'weakened';
}

function sentenceOf(where: Where, switched: Wanted | undefined, call: Call): string {
  const subject = `Block Public Access for ${where.spoken}`;
  if (switched === undefined) return `${subject} was set, but what to cannot be read from the record`;
  if (switched.off.length === 0)
    return `${subject} is fully on: public policies and ACLs are refused and have no effect`;
  const level = where.scope === 'account' ? "the account's setting" : "the bucket's own setting";
  if (switched.on.length === 0) {
    return `${subject} is ${call.deletes ? 'deleted' : 'all off'}: ${level} no longer stops any public policy or ACL`;
  }
  const effects = switches.filter(([name]) => switched.off.includes(name)).map(([, effect]) => effect);
  return `${subject} is partly off (${listed(switched.off)}): by ${level}, ${listed(effects)}`;
}

function unknownsOf(event: Event, where: Where, wanted: Protection['wanted']): readonly string[] {
  const unknowns: string[] = [];
  if (event.outcome.result === 'unknown')
    unknowns.push('whether the call succeeded: the record does not say');
  if (wanted === 'restored') return unknowns;
  if (wanted === 'unknown') unknowns.push('which switches are on: GetPublicAccessBlock would tell');
  unknowns.push(
    where.scope === 'bucket'
      ? "whether Block Public Access of the account still protects the bucket: the account's GetPublicAccessBlock would tell"
      : "which buckets have a Block Public Access of their own that still protects them: each bucket's GetPublicAccessBlock would tell",
    where.scope === 'bucket'
      ? 'whether a policy or ACL makes anything public by now: GetBucketPolicyStatus and GetBucketAcl would tell'
      : 'whether any bucket has a public policy or ACL: GetBucketPolicyStatus and GetBucketAcl of each would tell',
  );
  return unknowns;
}
