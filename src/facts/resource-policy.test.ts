import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { resourcePolicy } from './resource-policy.ts';
import { factsOf } from './table.ts';
import { callOf } from './testing/call.ts';
import { denied } from './testing/cloudtrail.ts';
import { lines, own, policy, stranger } from './testing/resource-policy.ts';
import type { Case } from './testing/resource-policy.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms';
const topicPolicy = (attributeValue: string, more?: JsonObject): Event =>
  callOf('sns', 'SetTopicAttributes', { topicArn, attributeName: 'Policy', attributeValue }, more);
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/orders';

const messaging: readonly Case[] = [
  [
    'a topic for everyone takes unsigned messages',
    topicPolicy(policy('*', 'sns:Publish')),
    ['public opened exposed: anyone on the internet can now publish to topic `alarms`'],
  ],
  [
    "the policy that topics have from the start is the owner's own",
    topicPolicy(
      policy({ AWS: '*' }, ['sns:Publish', 'sns:Subscribe', 'sns:SetTopicAttributes'], {
        Condition: { StringEquals: { 'AWS:SourceOwner': '111122223333' } },
      }),
    ),
    [
      'service opened none: the topic policy now lets AWS services subscribe to, publish to and change the policy and settings of topic `alarms` if `AWS:SourceOwner is 111122223333`',
    ],
  ],
  [
    'another attribute of a topic is no policy',
    callOf('sns', 'SetTopicAttributes', { topicArn, attributeName: 'DisplayName', attributeValue: 'x' }),
    [],
  ],
  [
    'an account by its id',
    callOf('sns', 'AddPermission', {
      topicArn,
      label: 'partner',
      aWSAccountId: ['444455556666'],
      actionName: ['Publish', 'Subscribe'],
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now subscribe to and publish to topic `alarms`',
    ],
  ],
  [
    'a permission for the own account says nothing',
    callOf('sns', 'AddPermission', {
      topicArn,
      label: 'x',
      aWSAccountId: ['111122223333'],
      actionName: ['Publish'],
    }),
    [],
  ],
  [
    'a queue for everyone',
    callOf('sqs', 'SetQueueAttributes', { queueUrl, attributes: { Policy: policy('*', 'sqs:*') } }),
    ['public opened exposed: anyone on the internet can now do everything with queue `orders`'],
  ],
  [
    'a queue whose policy is emptied',
    callOf('sqs', 'SetQueueAttributes', { queueUrl, attributes: { Policy: '' } }),
    [
      'nobody closed none: the policy of queue `orders` is gone: it lets nobody in any more, and denies nothing any more',
    ],
  ],
  [
    'another attribute of a queue is no policy',
    callOf('sqs', 'SetQueueAttributes', { queueUrl, attributes: { VisibilityTimeout: '30' } }),
    [],
  ],
  [
    'a new queue for a stranger',
    callOf('sqs', 'CreateQueue', {
      queueName: 'orders',
      attributes: { Policy: policy({ AWS: stranger }, 'sqs:ReceiveMessage') },
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now receive messages of queue `orders`',
    ],
  ],
  [
    'a new queue for its own account says nothing',
    callOf('sqs', 'CreateQueue', {
      queueName: 'orders',
      attributes: { Policy: policy({ AWS: own }, 'sqs:*') },
    }),
    [],
  ],
  [
    'an event bus for everyone takes signed events',
    callOf('events', 'PutPermission', {
      eventBusName: 'orders',
      action: 'events:PutEvents',
      principal: '*',
      statementId: 'x',
    }),
    ['any-aws-account opened exposed: anyone with an AWS account can now send events to event bus `orders`'],
  ],
  [
    'an event bus for an organisation',
    callOf('events', 'PutPermission', {
      action: 'events:PutEvents',
      principal: '*',
      statementId: 'x',
      condition: { type: 'StringEquals', key: 'aws:PrincipalOrgID', value: 'o-exampleorg1' },
    }),
    [
      'organisation opened exposed: every account of organisation `o-exampleorg1` can now send events to event bus `default` if `aws:PrincipalOrgID is o-exampleorg1`',
    ],
  ],
];

const permission = (more: JsonObject, record: JsonObject = {}): Event =>
  callOf(
    'lambda',
    'AddPermission20150331v2',
    { functionName: 'export', statementId: 'x', action: 'lambda:InvokeFunction', ...more },
    record,
  );

const functions: readonly Case[] = [
  [
    'everyone needs an AWS account to invoke a function',
    permission({ principal: '*' }),
    ['any-aws-account opened exposed: anyone with an AWS account can now invoke function `export`'],
  ],
  [
    'everyone needs nothing to call an address without authentication',
    permission({ principal: '*', action: 'lambda:InvokeFunctionUrl', functionUrlAuthType: 'NONE' }),
    [
      'public opened exposed: anyone on the internet can now invoke function `export` if `lambda:FunctionUrlAuthType is NONE`',
    ],
  ],
  [
    'everyone needs an AWS account to call an address that asks for a signature',
    permission({ principal: '*', action: 'lambda:InvokeFunctionUrl', functionUrlAuthType: 'AWS_IAM' }),
    [
      'any-aws-account opened exposed: anyone with an AWS account can now invoke function `export` if `lambda:FunctionUrlAuthType is AWS_IAM`',
    ],
  ],
  [
    'an address that may ask for a signature or not',
    permission({ principal: '*', action: 'lambda:InvokeFunctionUrl' }),
    ["public opened unknown: the function's policy now lets anyone on the internet invoke function `export`"],
  ],
  [
    'a service that acts for anybody',
    permission({ principal: 's3.amazonaws.com', sourceArn: 'arn:aws:s3:::uploads' }),
    [
      "service opened none: the function's policy now lets the AWS service `s3.amazonaws.com` invoke function `export` if `aws:SourceArn is like arn:aws:s3:::uploads`",
    ],
  ],
  [
    'a service without a source',
    permission({ principal: 'apigateway.amazonaws.com' }),
    [
      "service opened unknown: the function's policy now lets the AWS service `apigateway.amazonaws.com` invoke function `export`",
    ],
  ],
  [
    "a service that acts for a stranger's account",
    permission({ principal: 'events.amazonaws.com', sourceAccount: '444455556666' }),
    [
      'external-account opened exposed: `events.amazonaws.com` of the outside AWS account 444455556666 can now invoke function `export` if `aws:SourceAccount is 444455556666`',
    ],
  ],
  [
    'everyone of an organisation',
    permission({ principal: '*', principalOrgID: 'o-exampleorg1' }),
    [
      'organisation opened exposed: every account of organisation `o-exampleorg1` can now invoke function `export` if `aws:PrincipalOrgID is o-exampleorg1`',
    ],
  ],
  [
    'a stranger by its id, on an alias in an ARN',
    permission({
      principal: '444455556666',
      functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:export:live',
    }),
    [
      'external-account opened exposed: the outside AWS account 444455556666 can now invoke function `export`',
    ],
  ],
  [
    'an attempt',
    permission({ principal: '*' }, denied),
    [
      'any-aws-account unchanged none attempted: tried to let anyone with an AWS account invoke function `export`, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a permission that is removed',
    callOf('lambda', 'RemovePermission20150331v2', { functionName: 'export', statementId: 'x' }),
    [
      'unknown closed none: a permission on function `export` is gone: whomever it let in, it lets in no more',
    ],
  ],
  [
    'an attempt to remove a permission',
    callOf('lambda', 'RemovePermission20150331v2', { functionName: 'export', statementId: 'x' }, denied),
    [
      'unknown unchanged none attempted: tried to remove a permission on function `export`, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a layer for everyone',
    callOf('lambda', 'AddLayerVersionPermission20181031', {
      layerName: 'tools',
      versionNumber: 3,
      statementId: 'x',
      action: 'lambda:GetLayerVersion',
      principal: '*',
    }),
    ['any-aws-account opened exposed: anyone with an AWS account can now use layer `tools`'],
  ],
];

describe('a policy of', () => {
  it.each([...messaging, ...functions])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});

describe('the analyser of resource policies', () => {
  it('says nothing of a call without parameters', () => {
    for (const action of resourcePolicy.actions) {
      const [source = '', name = ''] = action.split('.amazonaws.com:');
      expect(lines(callOf(source, name, null))).toEqual([]);
    }
  });

  it('says what an attempt would have done, and that nothing is different', () => {
    const facts = factsOf(topicPolicy(policy('*', 'sns:*'), denied));
    expect(facts).toMatchObject([
      {
        unknowns: [],
        fields: { attempted: true, change: 'unchanged', verdict: 'none', audience: 'public' },
      },
    ]);
  });

  it('knows the accounts that are one’s own', () => {
    const known = { accounts: { '444455556666': { relation: 'own' as const } }, organisations: [] };
    const [fact] = factsOf(topicPolicy(policy({ AWS: stranger }, 'sns:*')), known);
    expect(fact?.fields).toMatchObject({ audience: 'known-account', accounts: ['444455556666'] });
  });

  it('never throws, and keeps names out of the structure of its sentences', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom<Json>('`; *', '{"Statement":[{"Effect":"Allow"}]}', policy('*', '*'), '', '*'),
    );
    const names =
      'topicArn attributeName attributeValue queueUrl attributes functionName principal action keyId policy granteePrincipal operations condition statements resourceArn patchOperations restApiId policyText repositoryName accessPolicies domainName'.split(
        ' ',
      );
    const request = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    fc.assert(
      fc.property(fc.constantFrom(...resourcePolicy.actions), request, (action, parameters) => {
        const [source = '', name = ''] = action.split('.amazonaws.com:');
        for (const { explanation } of factsOf(callOf(source, name, parameters))) {
          expect(explanation).not.toMatch(/[\n\r]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
