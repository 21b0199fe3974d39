import type { Json, JsonObject } from '../../event/json.ts';
import { textOf, textsOf } from './request.ts';

/** A policy of the one statement that a call such as AddPermission adds. Conditions as operator, key and value; those without a value are left out. */
export function policyOf(
  principal: Json,
  actions: readonly string[],
  conditions: readonly (readonly [operator: string, key: string, value: string | undefined])[] = [],
): Json {
  const condition: Record<string, Record<string, Json>> = {};
  for (const [operator, key, value] of conditions) {
    if (value !== undefined) (condition[operator] ??= {})[key] = value;
  }
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: principal, Action: actions, Resource: '*', Condition: condition },
    ],
  };
}

/** A principal as permissions name it: `*`, an account, an ARN, or a service. */
export function principalOf(name: string): Json {
  if (name === '*') return name;
  return /\.amazonaws\.com(\.cn)?$/.test(name) ? { Service: name } : { AWS: name };
}

/** AddPermission of Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html */
export function lambdaPermission(request: JsonObject): Json | undefined {
  const principal = textOf(request, 'principal');
  if (principal === undefined) return undefined;
  return policyOf(principalOf(principal), textsOf(request, 'action'), [
    ['ArnLike', 'aws:SourceArn', textOf(request, 'sourceArn')],
    ['StringEquals', 'aws:SourceAccount', textOf(request, 'sourceAccount')],
    ['StringEquals', 'aws:PrincipalOrgID', textOf(request, 'principalOrgID', 'organizationId')],
    ['StringEquals', 'lambda:FunctionUrlAuthType', textOf(request, 'functionUrlAuthType')],
    ['StringEquals', 'lambda:EventSourceToken', textOf(request, 'eventSourceToken')],
  ]);
}

/** AddPermission of SNS and SQS: accounts and the names of actions without their service. */
export function accountsPermission(
  service: string,
  accounts: string,
  actions: string,
): (request: JsonObject) => Json | undefined {
  return (request) => {
    const named = textsOf(request, accounts);
    return named.length === 0
      ? undefined
      : policyOf(
          named.includes('*') ? '*' : { AWS: named },
          textsOf(request, actions).map((action) => `${service}:${action}`),
        );
  };
}

/** PutPermission of EventBridge: a whole policy, or one principal. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html */
export function eventsPermission(request: JsonObject): Json | undefined {
  const whole = textOf(request, 'policy');
  if (whole !== undefined) return whole;
  const principal = textOf(request, 'principal');
  if (principal === undefined) return undefined;
  const condition = request['condition'];
  const given = typeof condition === 'object' && condition !== null ? (condition as JsonObject) : undefined;
  const operator = textOf(given, 'type');
  const key = textOf(given, 'key');
  return policyOf(
    principalOf(principal),
    textsOf(request, 'action'),
    operator === undefined || key === undefined ? [] : [[operator, key, textOf(given, 'value')]],
  );
}

/** CreateGrant of KMS. Services' grants come from their own use of a key for its owner, and let in nobody else. https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html */
export function keyGrant(request: JsonObject): Json | undefined {
  const grantee = textOf(request, 'granteePrincipal');
  if (grantee === undefined || grantee.endsWith('.amazonaws.com')) return undefined;
  return policyOf(
    principalOf(grantee),
    textsOf(request, 'operations').map((operation) => `kms:${operation}`),
  );
}
