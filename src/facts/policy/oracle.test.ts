import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../event/json.ts';
import { answerFor, bucket, objects, org, view } from '../testing/policy.ts';
import { allows } from '../testing/policy-oracle.ts';
import type { Request } from '../testing/policy-oracle.ts';
import { audiencesByWidth } from './grant.ts';
import type { Grant } from './grant.ts';

const owner = '111122223333';
const runs = 300;

const identity = (account: string, role: string): Request['caller'] => ({
  kind: 'identity',
  account,
  arn: `arn:aws:iam::${account}:role/${role}`,
});
const callers: readonly Request['caller'][] = [
  { kind: 'anonymous' },
  identity(owner, 'etl'),
  identity('444455556666', 'etl'),
  identity('777788889999', 'ops'),
  { kind: 'service', name: 'sns.amazonaws.com' },
];

/** What AWS puts into the context of such a caller's requests; some keys are there or not. */
function contextOf(caller: Request['caller'], some: Readonly<Record<string, boolean>>): Request['context'] {
  const context = new Map<string, readonly string[]>([
    ['aws:securetransport', [String(some['tls'])]],
    ['aws:referer', ['https://example.com/']],
    ['s3:tlsversion', [some['tls'] === true ? '1.3' : '1.1']],
  ]);
  if (caller.kind === 'service') {
    const source = some['foreign'] === true ? '444455556666' : owner;
    context.set('aws:principalisawsservice', ['true']);
    context.set('aws:principalservicename', [caller.name]);
    if (some['source'] === true) {
      context.set('aws:sourceaccount', [source]);
      context.set('aws:sourcearn', [`arn:aws:sns:eu-west-1:${source}:topic`]);
    }
    return context;
  }
  context.set('aws:sourceip', [some['office'] === true ? '192.0.2.7' : '203.0.113.9']);
  if (some['endpoint'] === true) context.set('aws:sourcevpce', ['vpce-1a2b3c4d']);
  if (caller.kind === 'anonymous') return context;
  context.set('aws:principalisawsservice', ['false']);
  context.set('aws:principalarn', [caller.arn]);
  context.set('aws:principalaccount', [caller.account]);
  context.set('aws:multifactorauthpresent', [String(some['mfa'])]);
  if (some['tag'] === true) context.set('aws:principaltag/team', ['billing']);
  if (some['user'] === true) context.set('aws:username', ['maria']);
  // One stranger is of one's own organisation, the other of none.
  if (caller.account !== '777788889999') {
    context.set('aws:principalorgid', [org]);
    context.set('aws:principalorgpaths', [`${org}/r-ab12/ou-ab12-11111111/`]);
  }
  return context;
}

const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    caller: fc.constantFrom(...callers),
    asked: fc.constantFrom(
      ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].flatMap((action) => [
        { action, resource: `${bucket}/a/x` },
        { action, resource: `${bucket}/home/maria/x` },
      ]),
      { action: 's3:ListBucket', resource: bucket },
      { action: 's3:PutBucketPolicy', resource: bucket },
    ),
    some: fc.record(
      Object.fromEntries(
        ['tls', 'office', 'endpoint', 'mfa', 'tag', 'user', 'source', 'foreign'].map((name) => [
          name,
          fc.boolean(),
        ]),
      ),
    ),
  })
  .map(({ caller, asked, some }) => ({ caller, ...asked, context: contextOf(caller, some) }));

const anyPrincipal = fc.constantFrom<Json>(
  '*',
  { AWS: '*' },
  { AWS: owner },
  { AWS: ['444455556666', 'arn:aws:iam::111122223333:role/etl'] },
  { AWS: 'arn:aws:iam::444455556666:role/etl', Service: 'sns.amazonaws.com' },
  { AWS: 'arn:aws:iam::777788889999:root' },
  { Service: 'sns.amazonaws.com' },
);
const anyAction = fc.subarray(['s3:GetObject', 's3:Put*', 's3:*', 's3:List*', 's3:Delete?bject', 'S3:get*'], {
  minLength: 1,
});
const anyResource = fc.subarray(
  [bucket, objects, '*', `${bucket}/a/*`, `${bucket}*`, `${bucket}/home/\${aws:username}/*`],
  { minLength: 1 },
);
const anyTest = fc.constantFrom<readonly [string, string, Json]>(
  ['IpAddress', 'aws:SourceIp', '192.0.2.0/24'],
  ['NotIpAddress', 'aws:SourceIp', ['192.0.2.0/24', '198.51.100.0/24']],
  ['NotIpAddressIfExists', 'aws:SourceIp', '192.0.2.0/24'],
  ['IpAddress', 'aws:SourceIp', ['0.0.0.0/1', '128.0.0.0/1']],
  ['StringEquals', 'aws:SourceVpce', 'vpce-1a2b3c4d'],
  ['StringNotEquals', 'aws:SourceVpce', 'vpce-1a2b3c4d'],
  ['StringNotEqualsIfExists', 'aws:SourceVpce', 'vpce-1a2b3c4d'],
  ['StringEquals', 'aws:PrincipalOrgID', org],
  ['StringEqualsIfExists', 'aws:PrincipalOrgID', org],
  ['StringNotEquals', 'aws:PrincipalOrgID', org],
  ['ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `${org}/*`],
  ['ForAllValues:StringLike', 'aws:PrincipalOrgPaths', `${org}/*`],
  ['ForAllValues:StringNotLike', 'aws:PrincipalOrgPaths', `${org}/*`],
  ['ForAnyValue:StringNotLike', 'aws:PrincipalOrgPaths', `${org}/*`],
  ['StringEquals', 'aws:PrincipalAccount', [owner, '444455556666']],
  ['StringNotEquals', 'aws:PrincipalAccount', owner],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::444455556666:role/*'],
  ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'],
  ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::444455556666:role/etl'],
  ['ArnNotEquals', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/etl'],
  ['StringNotLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:*'],
  ['ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:111122223333:*'],
  ['ArnNotLike', 'aws:SourceArn', 'arn:aws:sns:*:111122223333:*'],
  ['StringEquals', 'aws:SourceAccount', owner],
  ['StringEquals', 'aws:SourceAccount', '444455556666'],
  ['StringNotEquals', 'aws:SourceAccount', owner],
  ['StringNotEqualsIfExists', 'aws:SourceAccount', owner],
  ['Bool', 'aws:SecureTransport', 'false'],
  ['Bool', 'aws:SecureTransport', 'true'],
  ['Bool', 'aws:PrincipalIsAWSService', 'true'],
  ['Bool', 'aws:PrincipalIsAWSService', 'false'],
  ['BoolIfExists', 'aws:PrincipalIsAWSService', 'false'],
  ['Bool', 'aws:MultiFactorAuthPresent', 'true'],
  ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'],
  ['Null', 'aws:SourceVpce', 'true'],
  ['Null', 'aws:SourceVpce', 'false'],
  ['Null', 'aws:PrincipalArn', 'true'],
  ['Null', 'aws:PrincipalOrgID', 'false'],
  ['Null', 'aws:SourceIp', 'false'],
  ['Null', 'aws:SourceArn', 'false'],
  ['Null', 'aws:SourceArn', 'true'],
  ['StringEquals', 'aws:PrincipalTag/team', 'billing'],
  ['StringNotEquals', 'aws:PrincipalTag/team', 'billing'],
  ['StringLike', 'aws:Referer', 'https://example.com/*'],
  ['NumericLessThan', 's3:TlsVersion', '1.2'],
);
const anyCondition = fc.array(anyTest, { maxLength: 3 }).map((tests): JsonObject => {
  const condition: Record<string, Record<string, Json>> = {};
  for (const [operator, key, value] of tests) (condition[operator] ??= {})[key] = value;
  return condition;
});
const anyStatementOf = (effects: readonly ('Allow' | 'Deny')[]): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      effect: fc.constantFrom(...effects),
      who: fc.tuple(fc.constantFrom('Principal', 'Principal', 'Principal', 'NotPrincipal'), anyPrincipal),
      what: fc.tuple(fc.constantFrom('Action', 'Action', 'Action', 'NotAction'), anyAction),
      where: fc.tuple(fc.constantFrom('Resource', 'Resource', 'Resource', 'NotResource'), anyResource),
      condition: anyCondition,
    })
    .map(({ effect, who, what, where, condition }) => ({
      Effect: effect,
      [who[0]]: who[1],
      [what[0]]: what[1],
      [where[0]]: where[1],
      Condition: condition,
    }));
const anyStatements = fc.array(anyStatementOf(['Allow', 'Allow', 'Deny']), { minLength: 1, maxLength: 4 });

/** Whether a grant says that such a request may be allowed. */
function includes(grant: Grant, request: Request): boolean {
  return isAbout(grant, request) && isAmong(grant, request);
}

/** Whether a grant is about what a request asks for, whoever asks. */
function isAbout(grant: Grant, request: Request): boolean {
  const isAction = (pattern: string): boolean => allows([plain(pattern, '*')], request);
  const acts = grant.actions.some((pattern) =>
    pattern.startsWith('all but ')
      ? !pattern
          .slice(8)
          .split(', ')
          .some((out) => isAction(out))
      : isAction(pattern),
  );
  const places = grant.resources.some((pattern) => allows([plain('*', pattern)], request));
  return acts && places;
}

const plain = (action: string, resource: string): JsonObject => ({
  Effect: 'Allow',
  Principal: '*',
  Action: action,
  Resource: resource,
});
const asking = (text: string): Request => ({
  caller: { kind: 'anonymous' },
  action: text,
  resource: text,
  context: new Map(),
});

function isAmong({ audience, accounts, organisations }: Grant, { caller, context }: Request): boolean {
  const [source] = context.get('aws:sourceaccount') ?? [];
  // Grants are about outsiders: one that lets in strangers and the owner's own names the strangers.
  if (caller.kind === 'identity' && caller.account === owner) return true;
  switch (audience) {
    case 'public':
    case 'unknown':
      return true;
    case 'any-aws-account':
      return caller.kind !== 'anonymous' || context.has('aws:sourcevpce');
    case 'network':
      return context.has('aws:sourcevpce') || context.get('aws:sourceip')?.[0] === '192.0.2.7';
    case 'organisation':
      return organisations.includes(context.get('aws:principalorgid')?.[0] ?? '');
    case 'external-account':
      return accounts.includes(caller.kind === 'identity' ? caller.account : (source ?? ''));
    case 'service':
      return caller.kind === 'service';
    default:
      return false;
  }
}

const document = (statements: readonly JsonObject[]): ReturnType<typeof answerFor> =>
  answerFor([...statements], view);
const covers = (statements: readonly JsonObject[], request: Request): boolean =>
  document(statements).grants.some((grant) => includes(grant, request));

const named = audiencesByWidth.indexOf('external-account');

/**
 * The place of the widest audience for what a request asks for, by width. Somebody unknown may be anybody; those who are let in
 * by name count alike, as a Deny may leave an account of a grant for everyone that only a service could use.
 */
const widest = (statements: readonly JsonObject[], request: Request): number =>
  Math.min(
    ...document(statements)
      .grants.filter((grant) => isAbout(grant, request))
      .map(({ audience }) =>
        audience === 'unknown' ? 0 : Math.min(named, audiencesByWidth.indexOf(audience)),
      ),
  );

describe('the answer for any policy', () => {
  it('includes everyone whose request the policy allows', () => {
    fc.assert(
      fc.property(
        anyStatements,
        fc.array(anyRequest, { minLength: 10, maxLength: 10 }),
        (statements, requests) => {
          const { grants, problems } = document(statements);
          expect(problems).toEqual([]);
          const forgotten = requests.filter(
            (request) => allows(statements, request) && !grants.some((grant) => includes(grant, request)),
          );
          expect(forgotten).toEqual([]);
        },
      ),
      { numRuns: runs },
    );
  });

  it('is not widened by a Deny', () => {
    fc.assert(
      fc.property(anyStatements, anyStatementOf(['Deny']), anyRequest, (statements, deny, request) => {
        expect(widest([...statements, deny], request)).toBeGreaterThanOrEqual(widest(statements, request));
      }),
      { numRuns: runs },
    );
  });

  it('is not narrowed by an Allow', () => {
    fc.assert(
      fc.property(anyStatements, anyStatementOf(['Allow']), anyRequest, (statements, more, request) => {
        const after = covers([...statements, more], request);
        expect(after || !covers(statements, request)).toBe(true);
      }),
      { numRuns: runs },
    );
  });

  it('names the public only where an unsigned request is allowed, as long as no condition or exception is in the way', () => {
    const simple = fc.array(
      fc
        .tuple(
          fc.constantFrom('Allow', 'Allow', 'Deny'),
          anyPrincipal,
          anyAction,
          fc.subarray([bucket, objects], { minLength: 1 }),
        )
        .map(([Effect, Principal, Action, Resource]) => ({ Effect, Principal, Action, Resource })),
      { minLength: 1, maxLength: 4 },
    );
    const asked = [
      's3:GetObject',
      's3:PutObject',
      's3:PutObjectAcl',
      's3:DeleteObject',
      's3:GetObjectAcl',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
    ];
    fc.assert(
      fc.property(simple, (statements) => {
        const { grants } = document(statements);
        const isPublic = grants.some(
          ({ audience, resources }) => audience === 'public' && resources.includes(objects),
        );
        const reached = asked.some((action) =>
          allows(statements, { ...asking(action), resource: `${bucket}/a/x` }),
        );
        expect(isPublic).toBe(reached);
      }),
      { numRuns: runs },
    );
  });
});
