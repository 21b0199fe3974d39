import { callOf, failed, flagAt, membersAt, resourceOf, textAt, textsAt, unknownsOf } from '../call.ts';
import type { Call } from '../call.ts';
import { corsFact } from '../cors.ts';
import type { Analyser, Fact } from '../fact.ts';
import { closedFact, openedFact } from '../stores/opening.ts';
import type { Opening } from '../stores/opening.ts';
import { listed, quote } from '../sentence.ts';
import { inputsOf, patchesOf } from './api.ts';

type Read = (call: Call) => readonly Fact[];

const calls: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  elasticloadbalancing: { CreateLoadBalancer: ofBalancer },
  lambda: {
    CreateFunctionUrlConfig: ofFunctionUrl,
    UpdateFunctionUrlConfig: ofFunctionUrl,
    DeleteFunctionUrlConfig: ofDeletedFunctionUrl,
  },
  apigateway: { CreateApi: ofHttpApi, CreateRestApi: ofRestApi, UpdateRestApi: ofRestApi },
  'cognito-identity': { CreateIdentityPool: ofIdentityPool, UpdateIdentityPool: ofIdentityPool },
  'cognito-idp': { CreateUserPool: ofUserPool, UpdateUserPool: ofUserPool },
  ec2: { ModifyVpcEndpointServicePermissions: ofServicePermissions },
};

/** What calls on load balancers, function URLs, APIs, sign-up and endpoint services mean for who can reach them. Fields: exposure.ts, cors.ts. */
export const edgeExposure: Analyser = {
  name: 'edge-exposure',
  subjects: ['exposure', 'cors'],
  actions: Object.entries(calls).flatMap(([service, actions]) =>
    Object.keys(actions).map((action) => `${service}.amazonaws.com:${action}`),
  ),
  analyse: (event) => {
    const service = event.service.replace(/\.amazonaws\.com$/, '');
    const actions = Object.hasOwn(calls, service) ? calls[service] : undefined;
    const read =
      actions !== undefined && Object.hasOwn(actions, event.action) ? actions[event.action] : undefined;
    return read === undefined ? [] : read(callOf(event));
  },
};

const everyone: Pick<Opening, 'via' | 'audience' | 'principals'> = {
  via: 'switch',
  audience: 'public',
  principals: ['*'],
};

// Both kinds of load balancer face the internet unless `scheme` says internal.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
function ofBalancer(call: Call): readonly Fact[] {
  const { event, request, response } = call;
  const [made] = membersAt(response, 'loadBalancers');
  const scheme = textAt(request, 'scheme') ?? textAt(made, 'scheme') ?? 'internet-facing';
  if (scheme.toLowerCase() === 'internal') return [];
  const name =
    textAt(request, 'name') ?? textAt(request, 'loadBalancerName') ?? textAt(made, 'loadBalancerName');
  const resource = resourceOf(event, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'load balancer', name);
  return [
    openedFact(call, {
      ...everyone,
      resource,
      access: [],
      certain: false,
      said: `${resource.spoken} faces the internet: anyone can reach it on the ports of its listeners, as far as its security groups allow`,
      tried: `make ${resource.spoken} that faces the internet`,
      unknowns: [
        'what its security groups let in, and what is behind it: DescribeSecurityGroups and DescribeTargetHealth would tell',
      ],
    }),
  ];
}

// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
function ofFunctionUrl(call: Call): readonly Fact[] {
  const { event, request, response } = call;
  const name = textAt(request, 'functionName') ?? textAt(response, 'functionArn');
  const resource = resourceOf(event, 'AWS::Lambda::Function', 'function', name);
  const type = (textAt(request, 'authType') ?? textAt(response, 'authType'))?.toUpperCase();
  const asked = textAt(request, 'authType');
  const facts: Fact[] = [];
  if (type === 'NONE' && (asked !== undefined || event.action.startsWith('Create'))) {
    facts.push(
      openedFact(call, {
        ...everyone,
        resource,
        access: ['write'],
        certain: false,
        said: `the address of ${resource.spoken} asks nobody to sign in: anyone on the internet who knows it can run the function`,
        tried: `give ${resource.spoken} an address that asks nobody to sign in`,
        unknowns: [
          'whether the policy of the function lets everyone in as well, which it must: GetPolicy would tell',
          'whether the function checks its callers by itself: only its code would tell',
        ],
      }),
    );
  } else if (type === 'AWS_IAM' && event.action.startsWith('Update')) {
    facts.push(
      closedFact(call, resource, 'switch', {
        said: `the address of ${resource.spoken} asks its callers to sign in`,
        tried: `let the address of ${resource.spoken} ask its callers to sign in`,
      }),
    );
  }
  const origins = textsAt(request, 'cors.allowOrigins');
  if (origins.length > 0) {
    const any = origins.includes('*');
    const methods = textsAt(request, 'cors.allowMethods');
    const said = `scripts of ${any ? 'every website' : listed(origins.map(quote))} may call the address of ${resource.spoken}`;
    facts.push(
      corsFact(
        {
          change: call.attempted ? 'unchanged' : 'opened',
          attempted: call.attempted,
          origins,
          reach: any ? 'any' : origins.some((origin) => origin.includes('*')) ? 'pattern' : 'named',
          methods,
          resourceType: resource.type,
          resource: resource.id,
          resourceName: resource.name,
        },
        call.attempted ? failed(event, `let ${said}`) : said,
        unknownsOf(call, []),
      ),
    );
  }
  return facts;
}

function ofDeletedFunctionUrl(call: Call): readonly Fact[] {
  const resource = resourceOf(
    call.event,
    'AWS::Lambda::Function',
    'function',
    textAt(call.request, 'functionName'),
  );
  return [
    closedFact(call, resource, 'switch', {
      said: `${resource.spoken} has no address of its own any more`,
      tried: `delete the address of ${resource.spoken}`,
    }),
  ];
}

const unknownCallers = 'which of its methods ask callers to sign in: GetResources or GetRoutes would tell';

function apiOpened(call: Call, resource: Opening['resource'], how: string): Fact {
  return openedFact(call, {
    ...everyone,
    resource,
    access: [],
    certain: false,
    said: `${resource.spoken} ${how}: anyone on the internet can call what in it asks nobody to sign in`,
    tried: `make ${resource.spoken} reachable from the internet`,
    unknowns: [unknownCallers],
  });
}

function ofHttpApi(call: Call): readonly Fact[] {
  const { event, request, response } = call;
  if (flagAt(request, 'disableExecuteApiEndpoint') === true) return [];
  const name = textAt(request, 'name') ?? textAt(response, 'apiId');
  const resource = resourceOf(event, 'AWS::ApiGatewayV2::Api', 'API', name);
  return [apiOpened(call, resource, 'has an address on the internet')];
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-api-migration.html
function ofRestApi(call: Call): readonly Fact[] {
  const { event } = call;
  const created = event.action === 'CreateRestApi';
  const inputs = inputsOf(call);
  const name =
    textAt(call.request, 'restApiId') ??
    inputs.map((input) => textAt(input, 'name')).find((text) => text !== undefined) ??
    textAt(call.response, 'id');
  const resource = resourceOf(event, 'AWS::ApiGateway::RestApi', 'API', name);
  const named = inputs.flatMap((input) => textsAt(input, 'endpointConfiguration.types'));
  // What isn't named is EDGE, which is open to the internet.
  const types = created
    ? named.length === 0
      ? ['EDGE']
      : named
    : patchesOf(call).flatMap(({ path, value }) =>
        path.startsWith('/endpointConfiguration/types/') ? [value] : [],
      );
  if (types.length === 0) return [];
  if (types.some((type) => type.toUpperCase() !== 'PRIVATE'))
    return [
      apiOpened(
        call,
        resource,
        created ? 'has an address on the internet' : 'is now reachable from the internet',
      ),
    ];
  if (created) return [];
  return [
    closedFact(call, resource, 'switch', {
      said: `${resource.spoken} can only be reached from networks with an endpoint for it`,
      tried: `make ${resource.spoken} private`,
    }),
  ];
}

// https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html
function ofIdentityPool(call: Call): readonly Fact[] {
  const { event, request } = call;
  const name = textAt(request, 'identityPoolId') ?? textAt(request, 'identityPoolName');
  const resource = resourceOf(event, 'AWS::Cognito::IdentityPool', 'identity pool', name);
  const guests = flagAt(request, 'allowUnauthenticatedIdentities');
  if (guests === true) {
    return [
      openedFact(call, {
        ...everyone,
        resource,
        access: ['read'],
        certain: false,
        said: `${resource.spoken} gives AWS credentials to anyone on the internet, without signing in`,
        tried: `let ${resource.spoken} give AWS credentials without signing in`,
        unknowns: [
          'what its role for guests may do: GetIdentityPoolRoles, and the policies of that role, would tell',
        ],
      }),
    ];
  }
  if (guests !== false || event.action.startsWith('Create')) return [];
  return [
    closedFact(call, resource, 'switch', {
      said: `${resource.spoken} gives credentials only to those who signed in`,
      tried: `let ${resource.spoken} give credentials only to those who signed in`,
    }),
  ];
}

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUserConfigType.html
function ofUserPool(call: Call): readonly Fact[] {
  const { event, request } = call;
  const name = textAt(request, 'userPoolId') ?? textAt(request, 'poolName');
  const resource = resourceOf(event, 'AWS::Cognito::UserPool', 'user pool', name);
  const closed = flagAt(request, 'adminCreateUserConfig.allowAdminCreateUserOnly');
  if (closed === false) {
    return [
      openedFact(call, {
        ...everyone,
        resource,
        access: ['write'],
        certain: false,
        said: `anyone on the internet can sign up to ${resource.spoken} and become a user of what trusts it`,
        tried: `let anyone sign up to ${resource.spoken}`,
        unknowns: ['what its users may do: the programs and roles that trust it would tell'],
      }),
    ];
  }
  if (closed !== true || event.action.startsWith('Create')) return [];
  return [
    closedFact(call, resource, 'switch', {
      said: `only administrators can make users of ${resource.spoken}`,
      tried: `let only administrators make users of ${resource.spoken}`,
    }),
  ];
}

// https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html#add-remove-permissions
function ofServicePermissions(call: Call): readonly Fact[] {
  const { event, request } = call;
  const resource = resourceOf(
    event,
    'AWS::EC2::VPCEndpointService',
    'endpoint service',
    textAt(request, 'serviceId'),
  );
  const added = textsAt(request, 'addAllowedPrincipals');
  if (added.includes('*')) {
    return [
      openedFact(call, {
        via: 'share',
        audience: 'any-aws-account',
        principals: ['*'],
        resource,
        access: ['read'],
        certain: false,
        said: `anyone with an AWS account can now ask to be connected to ${resource.spoken}`,
        tried: `let anyone with an AWS account connect to ${resource.spoken}`,
        unknowns: [
          'whether it asks back before it connects: DescribeVpcEndpointServiceConfigurations would tell',
        ],
      }),
    ];
  }
  const removedAll = textsAt(request, 'removeAllowedPrincipals').includes('*');
  return removedAll && added.length === 0
    ? [
        closedFact(call, resource, 'share', {
          said: `only those who are named can ask to be connected to ${resource.spoken}`,
          tried: `let only those who are named connect to ${resource.spoken}`,
        }),
      ]
    : [];
}
