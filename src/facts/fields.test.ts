import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { isJsonObject, member } from '../event/json.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { recalledFieldNames } from './assets/recall.ts';
import type { Known } from './known.ts';
import { guardDutyExample } from '../decode/aws-finding/testing/samples.ts';
import { dnsExamples } from './dns/testing/examples.ts';
import { eventScalar, tocsinFieldNames, tocsinFields } from './fields.ts';
import { networkExamples } from './network/testing/examples.ts';
import { s3Examples } from './s3/testing/examples.ts';
import { storeExamples } from './stores/testing/examples.ts';
import { analysers, factsOf } from './table.ts';
import { callOf } from './testing/call.ts';
import { identityExamples } from './testing/identity.ts';
import { denied, s3Call } from './testing/cloudtrail.ts';

/** The dotted names of all that is in a value, arrays seen through. */
function namesIn(value: Json | undefined, prefix = ''): readonly string[] {
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item) =>
      isJsonObject(item) ? namesIn(item, prefix) : [prefix],
    );
  if (!isJsonObject(value)) return [prefix];
  return Object.entries(value).flatMap(([key, item]) =>
    namesIn(item, prefix === '' ? key : `${prefix}.${key}`),
  );
}

const open: JsonObject = {
  Effect: 'Allow',
  Principal: { AWS: '444455556666' },
  Action: 's3:*',
  Resource: '*',
};
const examples: readonly Event[] = [
  s3Call(
    'PutBucketPolicy',
    {
      bucketName: 'invoices',
      bucketPolicy: {
        Statement: [
          { ...open, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } } },
          { ...open, Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorg1' } } },
        ],
      },
    },
    {
      vpcEndpointId: 'vpce-1a2b3c4d',
      resources: [{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::invoices', accountId: '111122223333' }],
    },
  ),
  s3Call(
    'PutBucketPublicAccessBlock',
    { bucketName: 'invoices', PublicAccessBlockConfiguration: { BlockPublicAcls: true } },
    denied,
  ),
  s3Call(
    'PutObject',
    { bucketName: 'invoices', key: 'a' },
    {
      sourceIPAddress: 'cloudformation.amazonaws.com',
      userIdentity: { type: 'AWSService', invokedBy: 'cloudformation.amazonaws.com' },
    },
  ),
  s3Call(
    'PutObject',
    { bucketName: 'invoices', key: 'a' },
    {
      sourceIPAddress: 'somewhere odd',
      userIdentity: { type: 'IAMUser', userName: 'li', invokedBy: 'athena.amazonaws.com' },
    },
  ),
  callOf('cloudtrail', 'StopLogging', { name: 'org' }),
  ...dnsExamples,
  ...identityExamples,
  ...networkExamples,
  callOf('rds', 'ModifyDBInstance', { dBInstanceIdentifier: 'billing', deletionProtection: false }),
  ...s3Examples,
  ...storeExamples,
  guardDutyExample,
];
// What comes from memory is held to its names in assets/recall.test.ts.
const recalled = new Set(recalledFieldNames);
const own = tocsinFieldNames.filter((field) => !recalled.has(field));
const known = new Set(own.map((field) => field.name));
const estate: Known = {
  accounts: {
    '111122223333': {
      relation: 'own',
      name: 'payments',
      environment: 'production',
      ou: 'Workloads',
      owner: 'team-payments',
    },
  },
  organisations: [],
};

describe('the fields that rules read', () => {
  it.each(examples.map((event) => [`${event.action} from ${event.client.origin.type}`, event] as const))(
    'are all listed: %s',
    (_name, event) => {
      const fields = tocsinFields(event, factsOf(event), estate);
      const lists = new Set(['actor.chain', 'target']);
      expect(namesIn(fields).filter((name) => !known.has(name) && !lists.has(name))).toEqual([]);
    },
  );

  it.each(examples.map((event) => [`${event.action} from ${event.client.origin.type}`, event] as const))(
    'are the same one by one as all together: %s',
    (_name, event) => {
      const fields = tocsinFields(event, []);
      for (const name of known) {
        const read = eventScalar(name);
        if (read === undefined) continue;
        const value = name.split('.').reduce<Json | undefined>((parent, key) => member(parent, key), fields);
        expect(read(event), name).toBe(value);
      }
    },
  );

  it('are all produced by some event', () => {
    const produced = new Set(
      examples.flatMap((event) => namesIn(tocsinFields(event, factsOf(event), estate))),
    );
    // Empty lists hold no name of their own.
    const empty = examples.flatMap((event) =>
      factsOf(event).flatMap((fact) => Object.keys(fact.fields).map((key) => `${fact.subject}.${key}`)),
    );
    expect([...known].filter((name) => !produced.has(name) && !empty.includes(name))).toEqual([]);
  });

  it('are listed once each, with a description', () => {
    expect(new Set(tocsinFieldNames.map(({ name }) => name)).size).toBe(tocsinFieldNames.length);
    expect(
      tocsinFieldNames.filter((field) => field.description.length < 10 && field.name !== 'exposure.via'),
    ).toEqual([]);
  });

  it('say who, from where and with what outcome', () => {
    const event = s3Call('PutObject', { bucketName: 'invoices', key: 'a' }, denied);
    expect(tocsinFields(event, [])).toMatchObject({
      kind: 'cloudtrail.api-call',
      account: '111122223333',
      region: 'eu-west-1',
      service: 's3.amazonaws.com',
      action: 'PutObject',
      actor: {
        kind: 'assumed-role',
        session: 'maria',
        mfa: true,
        issuer: { kind: 'role', name: 'platform' },
      },
      outcome: { result: 'failure', code: 'AccessDenied', denied: true },
      client: { type: 'address', address: '198.51.100.23' },
    });
  });

  it('say what the configuration knows of the account, and nothing of others', () => {
    const event = s3Call('PutObject', null);
    expect(tocsinFields(event, [], estate)['estate']).toEqual(estate.accounts['111122223333']);
    expect(tocsinFields(event, [])).not.toHaveProperty('estate');
    const named = s3Call('PutObject', null, { recipientAccountId: 'constructor' });
    expect(tocsinFields(named, [], estate)).not.toHaveProperty('estate');
  });

  it('leave out what the record does not say', () => {
    const event = s3Call('PutObject', null, { userAgent: undefined, recipientAccountId: undefined });
    const fields = tocsinFields(event, []);
    expect(JSON.stringify(fields)).not.toContain('null');
    expect(Object.hasOwn(fields['client'] as JsonObject, 'user_agent')).toBe(false);
  });

  it('hold the facts of one subject as a list, and let no fact stand in for the event', () => {
    const event = s3Call('PutObject', null);
    const fact = { explanation: '', unknowns: [], fields: { n: 1 } };
    const fields = tocsinFields(event, [
      { subject: 'exposure', ...fact },
      { subject: 'exposure', ...fact },
      { subject: 'actor', ...fact },
    ]);
    expect(fields['exposure']).toEqual([{ n: 1 }, { n: 1 }]);
    expect(fields['actor']).toMatchObject({ kind: 'assumed-role' });
  });
});

describe('the analysers', () => {
  it('are asked about nothing but their actions', () => {
    expect(
      factsOf(s3Call('GetObject', { bucketName: 'invoices', key: 'a', 'x-amz-acl': 'public-read' })),
    ).toEqual([]);
    expect(
      factsOf(
        s3Call(
          'PutBucketAcl',
          { bucketName: 'invoices', 'x-amz-acl': 'public-read' },
          { eventSource: 'ec2.amazonaws.com' },
        ),
      ),
    ).toEqual([]);
  });

  it('have names and actions of their own', () => {
    expect(new Set(analysers.map((analyser) => analyser.name)).size).toBe(analysers.length);
    const pairs = analysers.flatMap((analyser) =>
      analyser.actions.map((action) => `${analyser.name} ${action}`),
    );
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  it('never throw, whatever the request is', () => {
    const actions = analysers.flatMap((analyser) => analyser.actions);
    const request = fc.record(
      {
        bucketName: fc.oneof(fc.constant('invoices'), fc.jsonValue()),
        key: fc.jsonValue(),
        bucketPolicy: fc.jsonValue(),
        'x-amz-acl': fc.jsonValue(),
        'x-amz-object-ownership': fc.jsonValue(),
        AccessControlPolicy: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...actions),
        fc.oneof(request, fc.jsonValue()),
        fc.constantFrom('success', 'failure'),
        (action, parameters, result) => {
          const [service = '', name = ''] = action.split('.amazonaws.com:');
          const decoded = callOf(service, name, parameters, result === 'failure' ? denied : {});
          const facts = factsOf(decoded);
          expect(JSON.stringify(tocsinFields(decoded, facts)).length).toBeGreaterThan(0);
          const ofFailure = facts.filter(
            (fact) => fact.fields['attempted'] === true && fact.unknowns.length === 0,
          );
          expect(result === 'success' || ofFailure.length === facts.length).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
