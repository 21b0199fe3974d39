import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { identityAnalysers } from './table.ts';

const anything = fc.jsonValue().map((value) => value as Json);
const statement = fc.record(
  {
    Effect: fc.constantFrom('Allow', 'Deny', 'allow'),
    Action: fc.oneof(fc.constantFrom<Json>('*', 'iam:*', ['sts:AssumeRole']), anything),
    Resource: fc.oneof(fc.constant<Json>('*'), anything),
    Principal: fc.oneof(
      fc.constantFrom<Json>(
        '*',
        { AWS: '444455556666' },
        { Federated: 'arn:aws:iam::111122223333:oidc-provider/gitlab.com' },
      ),
      anything,
    ),
    Condition: anything,
  },
  { requiredKeys: [] },
);
const policy = fc
  .array(statement, { maxLength: 3 })
  .map((statements): JsonObject => ({ Version: '2012-10-17', Statement: statements }));
const value = fc.oneof(
  anything,
  policy,
  policy.map((document): Json => JSON.stringify(document)),
);
const request = fc.dictionary(
  fc.constantFrom(
    'assumeRolePolicyDocument',
    'content',
    'groupName',
    'inlinePolicy',
    'mfaConfiguration',
    'minimumPasswordLength',
    'permissionSetArn',
    'policyArn',
    'policyDocument',
    'policyId',
    'principalId',
    'roleName',
    'userName',
  ),
  value,
);
const actions = identityAnalysers.flatMap((analyser) => analyser.actions);

it('identity analysers take whatever a request holds, and say of a call that failed that it was an attempt', () => {
  fc.assert(
    fc.property(fc.constantFrom(...actions), request, fc.boolean(), (action, parameters, fails) => {
      const [service = '', name = ''] = action.split('.amazonaws.com:');
      const facts = factsOf(callOf(service, name, parameters, fails ? denied : {}));
      const attempts = facts.filter(
        ({ fields, unknowns }) => fields['attempted'] === true && unknowns.length === 0,
      );
      expect(attempts).toHaveLength(fails ? facts.length : 0);
    }),
    { numRuns: 400 },
  );
});
