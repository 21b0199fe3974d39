import { isJsonObject } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import { flagAt, membersAt, textAt } from '../call.ts';
import type { Call } from '../call.ts';
import { absent, always, byFlag, removed, restored } from '../guards/guard.ts';
import type { Guard, Setting } from '../guards/guard.ts';
import { wordAt } from './word.ts';

const gateway = {
  service: 'apigateway',
  type: 'AWS::ApiGateway::RestApi',
  word: 'API',
  name: ['restApiId', 'apiId'],
} as const;

const anyone = 'anyone who can reach it can call it without signing in';

/** The guards of APIs: API Gateway of both versions, AppSync, Amplify. */
export const apiGuards: readonly Guard[] = [
  {
    ...gateway,
    actions: ['PutMethod', 'UpdateMethod', 'CreateRoute', 'UpdateRoute'],
    kind: 'authentication',
    guard: 'authentication of callers',
    read: methodAuthentication,
    without: anyone,
    unknowns: ['whether the program behind it checks its callers: only its code would tell'],
  },
  {
    ...gateway,
    actions: ['DeleteAuthorizer'],
    kind: 'authentication',
    guard: 'authentication of callers',
    read: always({ wanted: 'weakened', lost: ['authorizer'] }),
    without: 'an authorizer is deleted that its methods could ask who calls',
    unknowns: ['which methods used it: GetMethod and GetRoutes would tell'],
  },
  {
    ...gateway,
    actions: ['UpdateStage'],
    kind: 'access-logging',
    guard: 'the access log',
    read: (call) => {
      const gone = patchesOf(call).some(
        ({ op, path }) => op === 'remove' && path.startsWith('/accessLogSettings'),
      );
      return gone ? removed : undefined;
    },
    without: 'who calls it, and what for, is no longer written down',
  },
  {
    ...gateway,
    actions: ['DeleteAccessLogSettings'],
    kind: 'access-logging',
    guard: 'the access log',
    read: always(removed),
    without: 'who calls it, and what for, is no longer written down',
  },
  {
    service: 'apigateway',
    type: 'AWS::ApiGateway::DomainName',
    word: 'domain',
    name: ['domainName', 'createDomainNameInput.domainName'],
    actions: ['CreateDomainName', 'UpdateDomainName'],
    kind: 'transport-encryption',
    guard: 'encryption on the way',
    read: (call) => {
      const values = [
        ...inputsOf(call).flatMap((input) => [
          textAt(input, 'securityPolicy'),
          ...membersAt(input, 'domainNameConfigurations').map((item) => textAt(item, 'securityPolicy')),
        ]),
        ...patchesOf(call).flatMap(({ path, value }) => (path === '/securityPolicy' ? [value] : [])),
      ];
      return values.some((value) => value?.toLowerCase() === 'tls_1_0')
        ? { wanted: 'weakened', lost: ['tls-1.2'] }
        : undefined;
    },
    without: 'it takes versions of TLS that are broken in part',
  },
  {
    service: 'appsync',
    type: 'AWS::AppSync::GraphQLApi',
    word: 'GraphQL API',
    name: ['apiId', 'graphqlApi.apiId', 'name'],
    actions: ['CreateGraphqlApi', 'UpdateGraphqlApi'],
    kind: 'authentication',
    guard: 'authentication of callers',
    read: (call) => {
      const ways = [
        textAt(call.request, 'authenticationType'),
        ...membersAt(call.request, 'additionalAuthenticationProviders').map((item) =>
          textAt(item, 'authenticationType'),
        ),
      ];
      return ways.includes('API_KEY') ? { wanted: 'weakened', lost: ['callers-with-names'] } : undefined;
    },
    without: 'whoever has its API key, which programs in browsers carry, can call it',
  },
  {
    service: 'amplify',
    type: 'AWS::Amplify::App',
    word: 'Amplify app',
    name: ['appId'],
    actions: ['UpdateApp', 'UpdateBranch'],
    kind: 'authentication',
    guard: 'the password in front of it',
    read: byFlag('enableBasicAuth'),
    without: 'anyone on the internet can see it',
    unknowns: ['whether it was on before: the record of the call before this one would tell'],
  },
];

/** A patch of an update of REST APIs: `{"op": "replace", "path": "/authorizationType", "value": "NONE"}`; its value in lower case. */
interface Patch {
  readonly op: string;
  readonly path: string;
  readonly value: string;
}

/**
 * The places where a call's parameters can stand: beside those of its path, or, for REST APIs, under the name of the
 * operation's input (`putMethodInput`).
 */
export function inputsOf({ request }: Call): readonly Json[] {
  if (request === undefined) return [];
  const inner = Object.entries(request).flatMap(([name, value]) =>
    name.endsWith('Input') && isJsonObject(value) ? [value] : [],
  );
  return [...inner, request];
}

/** What an update of a REST API patches. https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html */
export function patchesOf(call: Call): readonly Patch[] {
  return inputsOf(call)
    .flatMap((input) => membersAt(input, 'patchOperations'))
    .map((item) => ({
      op: textAt(item, 'op') ?? '',
      path: textAt(item, 'path') ?? '',
      value: wordAt(item, 'value'),
    }));
}

function methodAuthentication(call: Call): Setting | undefined {
  const method = textAt(call.request, 'httpMethod') ?? textAt(call.request, 'routeKey')?.split(' ')[0];
  // Browsers ask with OPTIONS before they call, and can't sign in for it.
  if (method?.toUpperCase() === 'OPTIONS') return undefined;
  const patches = patchesOf(call);
  for (const { path, value } of patches) {
    if (path === '/authorizationType') return value === 'none' ? removed : restored;
    if (path === '/apiKeyRequired' && value === 'false') return { wanted: 'weakened', lost: ['api-key'] };
  }
  const inputs = inputsOf(call);
  const word = inputs.map((input) => textAt(input, 'authorizationType')).find((text) => text !== undefined);
  const key = inputs.some((input) => flagAt(input, 'apiKeyRequired') === true);
  switch (call.event.action) {
    case 'PutMethod':
    case 'CreateRoute':
      // What a route of an HTTP API doesn't name is NONE; a method of a REST API must name it.
      if (word === undefined && call.event.action === 'PutMethod') return undefined;
      return (word ?? 'NONE').toUpperCase() === 'NONE' && !key ? absent : undefined;
    default:
      return word === undefined ? undefined : word.toUpperCase() === 'NONE' ? removed : restored;
  }
}
