import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { refused } from '../network/testing/lines.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { edgeAnalysers } from './table.ts';

/** `subject kind-or-audience change [lost]: explanation`, one line for each fact of these analysers. */
function lines(event: Event): readonly string[] {
  return factsOf(event).map(({ subject, fields, explanation }) => {
    const what = text(fields, 'kind') ?? text(fields, 'audience') ?? text(fields, 'reach');
    const { lost } = fields;
    const parts = Array.isArray(lost) && lost.length > 0 ? ` [${lost.join(' ')}]` : '';
    return `${subject} ${what} ${text(fields, 'change')}${parts}: ${explanation}`;
  });
}

const elb = (action: string, request: JsonObject, more?: JsonObject): Event =>
  callOf('elasticloadbalancing', action, request, more);
const arn = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188';
const listener = (request: JsonObject, action = 'CreateListener'): Event =>
  elb(action, { loadBalancerArn: arn, ...request });
const attribute = (key: string, value: Json): Event =>
  elb('ModifyLoadBalancerAttributes', { loadBalancerArn: arn, attributes: [{ key, value }] });
const url = (action: string, request: JsonObject, more?: JsonObject): Event =>
  callOf('lambda', action, { functionName: 'export', ...request }, more);
const api = (action: string, request: JsonObject, more?: JsonObject): Event =>
  callOf('apigateway', action, { restApiId: 'abc123', ...request }, more);
const patch = (...patches: readonly (readonly [op: string, path: string, value?: string])[]): Json =>
  patches.map(([op, path, value]) => ({ op, path, ...(value === undefined ? {} : { value }) }));
const distribution = (configuration: JsonObject, action = 'UpdateDistribution2020_05_31'): Event =>
  callOf('cloudfront', action, { id: 'E1', distributionConfig: configuration });
const bucketOrigin = (more: JsonObject): JsonObject => ({
  origins: {
    quantity: 1,
    items: [
      {
        id: 'bucket',
        domainName: 'invoices.s3.eu-west-1.amazonaws.com',
        s3OriginConfig: { originAccessIdentity: '' },
        ...more,
      },
    ],
  },
});
const endpoint = (request: JsonObject): Event =>
  callOf('ec2', 'ModifyVpcEndpoint', { ModifyVpcEndpointRequest: { VpcEndpointId: 'vpce-1', ...request } });
const policy = (statement: JsonObject): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const all = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };

type Case = readonly [name: string, event: Event, expected: readonly string[]];
const heard = 'whoever is on the way can read and change what passes';

const cases: readonly Case[] = [
  [
    'a load balancer that faces the internet by default',
    elb('CreateLoadBalancer', { name: 'shop', type: 'application' }),
    [
      'exposure public opened: load balancer `shop` faces the internet: anyone can reach it on the ports of its listeners, as far as its security groups allow',
    ],
  ],
  ['an internal load balancer', elb('CreateLoadBalancer', { name: 'shop', scheme: 'internal' }), []],
  [
    'a classic load balancer with a listener in plain text',
    elb('CreateLoadBalancer', {
      loadBalancerName: 'old',
      scheme: 'internal',
      listeners: [{ protocol: 'HTTP', loadBalancerPort: 80, instancePort: 80 }],
    }),
    [
      `protection transport-encryption absent: the listener of load balancer \`old\` is made without encryption on the way: ${heard}`,
    ],
  ],
  [
    'a listener in plain text',
    listener({ protocol: 'HTTP', port: 80, defaultActions: [{ type: 'forward' }] }),
    [
      `protection transport-encryption absent: the listener of load balancer \`app/shop/50dc6c495c0c9188\` is made without encryption on the way: ${heard}`,
    ],
  ],
  [
    'a listener that sends everybody on to HTTPS',
    listener({
      protocol: 'HTTP',
      port: 80,
      defaultActions: [{ type: 'redirect', redirectConfig: { protocol: 'HTTPS', statusCode: 'HTTP_301' } }],
    }),
    [],
  ],
  [
    'a listener that sends on to plain text',
    listener({
      protocol: 'HTTP',
      defaultActions: [{ type: 'redirect', redirectConfig: { protocol: 'HTTP' } }],
    }),
    [
      `protection transport-encryption absent: the listener of load balancer \`app/shop/50dc6c495c0c9188\` is made without encryption on the way: ${heard}`,
    ],
  ],
  [
    'a listener is changed to plain text',
    elb('ModifyListener', { listenerArn: 'shop', protocol: 'HTTP' }),
    [
      `protection transport-encryption removed: encryption on the way of the listener of load balancer \`shop\` is off: ${heard}`,
    ],
  ],
  [
    'a listener with TLS',
    listener({ protocol: 'HTTPS', sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' }),
    [],
  ],
  [
    'a listener with an old policy',
    listener({ protocol: 'HTTPS', sslPolicy: 'ELBSecurityPolicy-TLS-1-0-2015-04' }),
    [
      'protection transport-encryption weakened [tls-1.0]: encryption on the way of the listener of load balancer `app/shop/50dc6c495c0c9188` is weaker now (`tls-1.0`): it takes versions of TLS that are broken in part and no longer allowed in many places',
    ],
  ],
  [
    'access logs are switched off',
    attribute('access_logs.s3.enabled', 'false'),
    [
      'protection access-logging removed: the access log of load balancer `app/shop/50dc6c495c0c9188` is off: who calls it, and what for, is no longer written down',
    ],
  ],
  [
    'access logs are switched on',
    attribute('access_logs.s3.enabled', true),
    ['protection access-logging restored: the access log of load balancer `app/shop/50dc6c495c0c9188` is on'],
  ],
  [
    'access logs of a classic load balancer are switched off',
    elb('ModifyLoadBalancerAttributes', {
      loadBalancerName: 'old',
      loadBalancerAttributes: { accessLog: { enabled: false } },
    }),
    [
      'protection access-logging removed: the access log of load balancer `old` is off: who calls it, and what for, is no longer written down',
    ],
  ],
  [
    'deletion protection is switched off',
    attribute('deletion_protection.enabled', 'false'),
    [
      'protection deletion-protection removed: deletion protection of load balancer `app/shop/50dc6c495c0c9188` is off: one call can delete it now',
    ],
  ],
  [
    'the web firewall fails open',
    attribute('waf.fail_open.enabled', 'true'),
    [
      'protection web-firewall weakened [fail-closed]: the web firewall of load balancer `app/shop/50dc6c495c0c9188` is weaker now (`fail-closed`): requests pass without being looked at while the firewall cannot be asked',
    ],
  ],
  ['another attribute', attribute('idle_timeout.timeout_seconds', '60'), []],
  [
    'a function address without authentication',
    url('CreateFunctionUrlConfig', { authType: 'NONE' }),
    [
      'exposure public opened: the address of function `export` asks nobody to sign in: anyone on the internet who knows it can run the function',
    ],
  ],
  [
    'a function address without authentication, for scripts of every website',
    url('UpdateFunctionUrlConfig', { authType: 'NONE', cors: { allowOrigins: ['*'], allowMethods: ['*'] } }),
    [
      'exposure public opened: the address of function `export` asks nobody to sign in: anyone on the internet who knows it can run the function',
      'cors any opened: scripts of every website may call the address of function `export`',
    ],
  ],
  [
    'a function address that asks for signed requests',
    url('CreateFunctionUrlConfig', { authType: 'AWS_IAM' }),
    [],
  ],
  [
    'a function address asks for signed requests again',
    url('UpdateFunctionUrlConfig', { authType: 'AWS_IAM' }),
    ['exposure nobody closed: the address of function `export` asks its callers to sign in'],
  ],
  [
    'another setting of a public address is changed',
    url('UpdateFunctionUrlConfig', { invokeMode: 'BUFFERED' }, { responseElements: { authType: 'NONE' } }),
    [],
  ],
  [
    'the address of a function is deleted',
    url('DeleteFunctionUrlConfig', {}),
    ['exposure nobody closed: function `export` has no address of its own any more'],
  ],
  [
    'there is no such function, as real records have it',
    callOf(
      'lambda',
      'CreateFunctionUrlConfig',
      { functionName: 'TrailDiscoverFunction', authType: 'NONE' },
      { errorCode: 'ResourceNotFoundException' },
    ),
    [
      'exposure public unchanged: tried to give function `TrailDiscoverFunction` an address that asks nobody to sign in, but the call failed (`ResourceNotFoundException`)',
    ],
  ],
  [
    'an HTTP API, as real records have it',
    callOf('apigateway', 'CreateApi', { name: 'buckets555-api', protocolType: 'HTTP' }),
    [
      'exposure public opened: API `buckets555-api` has an address on the internet: anyone on the internet can call what in it asks nobody to sign in',
    ],
  ],
  [
    'a REST API',
    callOf('apigateway', 'CreateRestApi', { createRestApiInput: { name: 'shop' } }),
    [
      'exposure public opened: API `shop` has an address on the internet: anyone on the internet can call what in it asks nobody to sign in',
    ],
  ],
  [
    'a private REST API',
    callOf('apigateway', 'CreateRestApi', {
      createRestApiInput: { name: 'shop', endpointConfiguration: { types: ['PRIVATE'] } },
    }),
    [],
  ],
  [
    'a private API is opened',
    api('UpdateRestApi', {
      updateRestApiInput: {
        patchOperations: patch(['replace', '/endpointConfiguration/types/PRIVATE', 'REGIONAL']),
      },
    }),
    [
      'exposure public opened: API `abc123` is now reachable from the internet: anyone on the internet can call what in it asks nobody to sign in',
    ],
  ],
  [
    'a public API is made private',
    api('UpdateRestApi', {
      patchOperations: patch(['replace', '/endpointConfiguration/types/EDGE', 'PRIVATE']),
    }),
    ['exposure nobody closed: API `abc123` can only be reached from networks with an endpoint for it'],
  ],
  [
    'a method for everyone',
    api('PutMethod', { httpMethod: 'POST', resourceId: 'r1', putMethodInput: { authorizationType: 'NONE' } }),
    [
      'protection authentication absent: API `abc123` is made without authentication of callers: anyone who can reach it can call it without signing in',
    ],
  ],
  [
    'a method for those who have a key',
    api('PutMethod', {
      httpMethod: 'POST',
      putMethodInput: { authorizationType: 'NONE', apiKeyRequired: true },
    }),
    [],
  ],
  [
    'what browsers ask before they call',
    api('PutMethod', { httpMethod: 'OPTIONS', putMethodInput: { authorizationType: 'NONE' } }),
    [],
  ],
  [
    'a method that signs in',
    api('PutMethod', { httpMethod: 'GET', putMethodInput: { authorizationType: 'AWS_IAM' } }),
    [],
  ],
  [
    'a method loses its authorizer',
    api('UpdateMethod', {
      httpMethod: 'GET',
      updateMethodInput: { patchOperations: patch(['replace', '/authorizationType', 'NONE']) },
    }),
    [
      'protection authentication removed: authentication of callers of API `abc123` is off: anyone who can reach it can call it without signing in',
    ],
  ],
  [
    'a method asks for no key any more',
    api('UpdateMethod', {
      httpMethod: 'GET',
      patchOperations: patch(['replace', '/apiKeyRequired', 'false']),
    }),
    [
      'protection authentication weakened [api-key]: authentication of callers of API `abc123` is weaker now (`api-key`): anyone who can reach it can call it without signing in',
    ],
  ],
  [
    'a route for everyone',
    callOf('apigateway', 'CreateRoute', { apiId: 'abc123', routeKey: 'GET /orders' }),
    [
      'protection authentication absent: API `abc123` is made without authentication of callers: anyone who can reach it can call it without signing in',
    ],
  ],
  [
    'a route with an authorizer',
    callOf('apigateway', 'CreateRoute', {
      apiId: 'abc123',
      routeKey: 'GET /orders',
      authorizationType: 'JWT',
    }),
    [],
  ],
  [
    'a route of a network is none of an API',
    callOf('ec2', 'CreateRoute', { apiId: 'abc123', routeKey: 'GET /orders' }),
    [],
  ],
  [
    'a route loses its authorizer',
    callOf('apigateway', 'UpdateRoute', { apiId: 'abc123', routeId: 'r1', authorizationType: 'NONE' }),
    [
      'protection authentication removed: authentication of callers of API `abc123` is off: anyone who can reach it can call it without signing in',
    ],
  ],
  [
    'an authorizer is deleted',
    api('DeleteAuthorizer', { authorizerId: 'a1' }),
    [
      'protection authentication weakened [authorizer]: authentication of callers of API `abc123` is weaker now (`authorizer`): an authorizer is deleted that its methods could ask who calls',
    ],
  ],
  [
    'a domain with an old version of TLS',
    callOf('apigateway', 'CreateDomainName', {
      createDomainNameInput: { domainName: 'api.example.com', securityPolicy: 'TLS_1_0' },
    }),
    [
      'protection transport-encryption weakened [tls-1.2]: encryption on the way of domain `api.example.com` is weaker now (`tls-1.2`): it takes versions of TLS that are broken in part',
    ],
  ],
  [
    'a distribution without a firewall, without logs, in plain text',
    distribution({
      webACLId: '',
      logging: { enabled: false, bucket: '' },
      defaultCacheBehavior: { viewerProtocolPolicy: 'allow-all' },
    }),
    [
      'protection web-firewall removed: the web firewall of distribution `E1` is off: requests are not looked at before they pass',
      'protection access-logging removed: the access log of distribution `E1` is off: who calls it, and what for, is not written down',
      'protection transport-encryption weakened [https-only]: encryption on the way of distribution `E1` is weaker now (`https-only`): it answers without encryption or by versions of TLS that are broken in part',
    ],
  ],
  [
    'a distribution with all of it',
    distribution({
      webACLId: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1',
      logging: { enabled: true },
      defaultCacheBehavior: { viewerProtocolPolicy: 'redirect-to-https' },
      viewerCertificate: { minimumProtocolVersion: 'TLSv1.2_2021' },
      ...bucketOrigin({ originAccessControlId: 'E2' }),
    }),
    [],
  ],
  [
    'a distribution with the certificate of CloudFront, whose field says TLSv1',
    distribution({
      viewerCertificate: { cloudFrontDefaultCertificate: true, minimumProtocolVersion: 'TLSv1' },
    }),
    [],
  ],
  [
    'a distribution comes to its bucket without a name',
    distribution(bucketOrigin({ originAccessControlId: '' })),
    [
      'protection origin-access removed: access control for the bucket behind it of distribution `E1` is off: it can show objects only of a bucket that anyone can read past it',
    ],
  ],
  [
    'a distribution before the website of a bucket',
    distribution(bucketOrigin({ domainName: 'invoices.s3-website-eu-west-1.amazonaws.com' })),
    [],
  ],
  [
    'a distribution loses its firewall, by a call of its own',
    callOf('cloudfront', 'DisassociateDistributionWebACL2020_05_31', { id: 'E1' }),
    [
      'protection web-firewall removed: the web firewall of distribution `E1` is off: requests are no longer looked at before they pass',
    ],
  ],
  [
    'a pool of guests',
    callOf('cognito-identity', 'CreateIdentityPool', {
      identityPoolName: 'shop',
      allowUnauthenticatedIdentities: true,
    }),
    [
      'exposure public opened: identity pool `shop` gives AWS credentials to anyone on the internet, without signing in',
    ],
  ],
  [
    'a pool without guests',
    callOf('cognito-identity', 'UpdateIdentityPool', {
      identityPoolId: 'eu-west-1:1',
      allowUnauthenticatedIdentities: false,
    }),
    ['exposure nobody closed: identity pool `eu-west-1:1` gives credentials only to those who signed in'],
  ],
  [
    'anyone may sign up',
    callOf('cognito-idp', 'UpdateUserPool', {
      userPoolId: 'eu-west-1_a',
      adminCreateUserConfig: { allowAdminCreateUserOnly: false },
    }),
    [
      'exposure public opened: anyone on the internet can sign up to user pool `eu-west-1_a` and become a user of what trusts it',
    ],
  ],
  [
    'a GraphQL API behind a key',
    callOf('appsync', 'CreateGraphqlApi', { name: 'shop', authenticationType: 'API_KEY' }),
    [
      'protection authentication weakened [callers-with-names]: authentication of callers of GraphQL API `shop` is weaker now (`callers-with-names`): whoever has its API key, which programs in browsers carry, can call it',
    ],
  ],
  [
    'the password in front of an app is taken away',
    callOf('amplify', 'UpdateApp', { appId: 'd1', enableBasicAuth: false }),
    [
      'protection authentication removed: the password in front of it of Amplify app `d1` is off: anyone on the internet can see it',
    ],
  ],
  [
    'Block Public Access for networks is switched off',
    callOf('ec2', 'ModifyVpcBlockPublicAccessOptions', {
      ModifyVpcBlockPublicAccessOptionsRequest: { InternetGatewayBlockMode: 'off' },
    }),
    [
      'protection block-public-access removed: Block Public Access for networks of account `111122223333` in `eu-west-1` is off: internet gateways of every network let traffic in and out, as far as routes and security groups allow',
    ],
  ],
  [
    'a network is exempt from it',
    callOf('ec2', 'CreateVpcBlockPublicAccessExclusion', {
      CreateVpcBlockPublicAccessExclusionRequest: {
        VpcId: 'vpc-1',
        InternetGatewayExclusionMode: 'allow-bidirectional',
      },
    }),
    [
      'protection block-public-access weakened: Block Public Access of network `vpc-1` is weaker now: it is exempt, and its internet gateway lets traffic through',
    ],
  ],
  [
    'the policy of an endpoint is taken away',
    endpoint({ ResetPolicy: true }),
    [
      'protection endpoint-policy removed: the limit on what goes through of endpoint `vpce-1` is off: everything that the service can do may be done through it, with things of any account: data can leave this way',
    ],
  ],
  [
    'the policy of an endpoint allows everything',
    endpoint({ PolicyDocument: policy(all) }),
    [
      'protection endpoint-policy removed: the limit on what goes through of endpoint `vpce-1` is off: everything that the service can do may be done through it, with things of any account: data can leave this way',
    ],
  ],
  [
    'the policy of an endpoint allows everything to the organisation',
    endpoint({
      PolicyDocument: policy({ ...all, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }),
    }),
    ['protection endpoint-policy restored: the limit on what goes through of endpoint `vpce-1` is on'],
  ],
  ['another setting of an endpoint', endpoint({ PrivateDnsEnabled: true }), []],
  [
    'everyone may connect to an endpoint service',
    callOf('ec2', 'ModifyVpcEndpointServicePermissions', {
      ModifyVpcEndpointServicePermissionsRequest: {
        ServiceId: 'vpce-svc-1',
        AddAllowedPrincipals: { tag: 1, content: '*' },
      },
    }),
    [
      'exposure any-aws-account opened: anyone with an AWS account can now ask to be connected to endpoint service `vpce-svc-1`',
    ],
  ],
  [
    'a flow log is deleted, as real records have it',
    callOf(
      'ec2',
      'DeleteFlowLogs',
      { DeleteFlowLogsRequest: { FlowLogId: { content: 'fl-0e17aa62a21d4bbfe', tag: 1 } } },
      { responseElements: { DeleteFlowLogsResponse: { requestId: '1', unsuccessful: '' } } },
    ),
    [
      'protection flow-logs removed: recording of flow log `fl-0e17aa62a21d4bbfe` is off: who talks to whom in its network is no longer written down',
    ],
  ],
  [
    'a flow log that could not be deleted',
    callOf(
      'ec2',
      'DeleteFlowLogs',
      { DeleteFlowLogsRequest: { FlowLogId: { content: 'fl-1', tag: 1 } } },
      {
        responseElements: {
          DeleteFlowLogsResponse: {
            unsuccessful: { item: { resourceId: 'fl-1', error: { code: 'NotFound' } } },
          },
        },
      },
    ),
    [
      'protection flow-logs unknown: recording of flow log `fl-1` was set, but what to cannot be read from the record',
    ],
  ],
  [
    'the deletion of a flow log is refused',
    callOf(
      'ec2',
      'DeleteFlowLogs',
      { DeleteFlowLogsRequest: { FlowLogId: { content: 'fl-1', tag: 1 } } },
      refused,
    ),
    [
      'protection flow-logs unchanged: tried to switch off recording of flow log `fl-1`, but the call failed (`Client.UnauthorizedOperation`)',
    ],
  ],
];

describe('what stands between the internet and an account', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });

  it.each(edgeAnalysers.flatMap((analyser) => analyser.actions))(
    'never makes an analyser throw: %s',
    (name) => {
      const [service = '', action = ''] = name.split('.amazonaws.com:');
      const keys = [
        'protocol',
        'authType',
        'patchOperations',
        'distributionConfig',
        'policyDocument',
        'listeners',
        'path',
      ];
      const { json } = fc.letrec<{ json: Json }>((tie) => ({
        json: fc.oneof(
          { depthSize: 'small' },
          fc.constantFrom<Json>('HTTP', 'NONE', 'OFF', '*', true, false, null, '', '/authorizationType'),
          fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 4 }),
          fc.array(tie('json'), { maxLength: 3 }),
        ),
      }));
      fc.assert(
        fc.property(json, json, fc.boolean(), (request, answer, fails) => {
          const more = { responseElements: answer, ...(fails ? denied : {}) };
          for (const fact of factsOf(callOf(service, action, request, more))) {
            expect(fact.explanation).not.toBe('');
            expect(fact.fields['attempted']).toBe(fails);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
});
