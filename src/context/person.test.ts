import { describe, expect, it } from 'vitest';
import { decodeValue } from '../decode/decode.ts';
import type { JsonObject } from '../event/json.ts';
import { peopleBook, type KnownPerson } from './people.ts';
import { personFields, personOf } from './person.ts';

function idOf(
  userIdentity: JsonObject,
  more: JsonObject = {},
  people: readonly KnownPerson[] = [],
): string | undefined {
  const record = {
    eventVersion: '1.11',
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    eventID: 'one',
    recipientAccountId: '111122223333',
    userIdentity,
    ...more,
  };
  const { events } = decodeValue(record, { source: 'test', object: 'o', receivedAt: 0 });
  const [event] = events;
  if (event === undefined) throw new Error('the record does not decode');
  return personOf(event, peopleBook(people)).id;
}

const alice = 'arn:aws:iam::111122223333:user/Alice';
const role = (name: string, path = '', session = 'Bob@example.com', more: JsonObject = {}): JsonObject => ({
  type: 'AssumedRole',
  principalId: `AROACKCEVSQ6C2EXAMPLE:${session}`,
  arn: `arn:aws:sts::111122223333:assumed-role/${name}/${session}`,
  accountId: '111122223333',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      arn: `arn:aws:iam::111122223333:role/${path}${name}`,
      accountId: '111122223333',
      userName: name,
    },
    ...more,
  },
});
const sso = 'aws-reserved/sso.amazonaws.com/eu-central-1/';

describe('the id of the person behind an event', () => {
  it.each<[string, JsonObject, JsonObject, string | undefined]>([
    [
      'an IAM user is its ARN',
      { type: 'IAMUser', userName: 'Alice', arn: alice, accountId: '111122223333' },
      {},
      alice.toLowerCase(),
    ],
    [
      'an IAM user without ARN is its account and name',
      { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
      {},
      '111122223333/alice',
    ],
    [
      'root is its ARN',
      { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' },
      {},
      'arn:aws:iam::111122223333:root',
    ],
    [
      'a session of Identity Center is the name of its user, in any role',
      role('AWSReservedSSO_Admin_0123456789abcdef', sso),
      {},
      'bob@example.com',
    ],
    [
      'a console sign-in through another identity provider is the name that it gave',
      role('Engineers'),
      { eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin', eventType: 'AwsConsoleSignIn' },
      'bob@example.com',
    ],
    [
      'a session with a source identity is that, whatever it is called',
      role('Deploy', '', 'x', { sourceIdentity: 'carol' }),
      {},
      'carol',
    ],
    ['a session whose name anybody could choose is nobody', role('Deploy'), {}, undefined],
    ['the session of a machine is nobody', role('web', '', 'i-0123456789abcdef0'), {}, undefined],
    [
      'a role that only calls itself like one of Identity Center is nobody',
      role('AWSReservedSSO_Admin_0123456789abcdef'),
      {},
      undefined,
    ],
    [
      'federation by an IAM user is that user',
      {
        type: 'FederatedUser',
        arn: 'arn:aws:sts::111122223333:federated-user/helper',
        accountId: '111122223333',
        sessionContext: {
          sessionIssuer: { type: 'IAMUser', arn: alice, accountId: '111122223333', userName: 'Alice' },
        },
      },
      {},
      alice.toLowerCase(),
    ],
    [
      'a user of Identity Center in its portal is the same as in roles',
      { type: 'IdentityCenterUser', accountId: '111122223333', onBehalfOf: { userId: 'u' } },
      { additionalEventData: { UserName: 'bob@example.com' } },
      'bob@example.com',
    ],
    ['a service is nobody', { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' }, {}, undefined],
    ['another account is nobody', { type: 'AWSAccount', accountId: '444455556666' }, {}, undefined],
    ['a record without identity is nobody', {}, {}, undefined],
  ])('%s', (_name, identity, more, id) => {
    expect(idOf(identity, more)).toBe(id);
  });
});

describe('a person whom the configuration knows', () => {
  const jane: KnownPerson = {
    name: 'Jane Doe',
    team: 'Payments',
    contact: 'jane@example.com',
    identities: [alice, 'bob@example.com', 'arn:aws:sts::*:assumed-role/deploy/jane-*'],
  };
  it.each<[string, JsonObject, string | undefined]>([
    ['is the same as an IAM user', { type: 'IAMUser', userName: 'Alice', arn: alice }, 'jane doe'],
    ['is the same in Identity Center', role('AWSReservedSSO_Admin_0123456789abcdef', sso), 'jane doe'],
    ['is the same in a session that a pattern names', role('deploy', '', 'Jane-17'), 'jane doe'],
    ['is not whoever gives a session the same name', role('web', '', 'bob@example.com'), undefined],
    [
      'is not another user',
      { type: 'IAMUser', userName: 'eve', arn: `${alice}-eve` },
      `${alice}-eve`.toLowerCase(),
    ],
  ])('%s', (_name, identity, id) => {
    expect(idOf(identity, {}, [jane])).toBe(id);
  });

  it('is read by rules with name and team', () => {
    expect(personFields({ id: 'jane doe', known: jane })).toEqual({
      id: 'jane doe',
      name: 'Jane Doe',
      team: 'Payments',
    });
  });
});

it('rules read nothing of a person where nothing is known', () => {
  expect(personFields({ id: undefined })).toBeUndefined();
  expect(personFields({ id: 'bob' })).toEqual({ id: 'bob' });
});
