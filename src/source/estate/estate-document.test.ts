import { describe, expect, it } from 'vitest';
import { personOfUser, readEstateDocument } from './estate-document.ts';

describe('a document of the estate', () => {
  it('is written in the words of the configuration', () => {
    const accounts = { '111122223333': { name: 'Shop', ou: 'Workloads', owner: 'Payments' } };
    const people = [
      { name: 'Jane', team: 'Payments', identities: ['arn:aws:sts::*:assumed-role/deploy/jane-*'] },
    ];
    const organisations = ['o-a1b2c3d4e5'];
    expect(readEstateDocument({ accounts, people, organisations })).toEqual({
      found: { accounts, people, organisations },
    });
  });

  it('is what the AWS CLI prints', () => {
    const printed = {
      Accounts: [{ Id: '111122223333', Name: 'Shop', Email: 'shop@example.com', Status: 'ACTIVE' }],
      Users: [
        {
          UserName: 'jane',
          DisplayName: 'Jane Doe',
          Emails: [{ Value: 'a@x' }, { Value: 'b@x', Primary: true }],
        },
        { UserName: 'bo', UserId: '1' },
        { UserName: '*' },
      ],
    };
    expect(readEstateDocument(printed)).toEqual({
      found: {
        organisations: [],
        accounts: { '111122223333': { name: 'Shop' } },
        people: [
          { name: 'Jane Doe', contact: 'b@x', identities: ['jane'] },
          { name: 'bo', identities: ['bo'] },
        ],
      },
    });
  });

  it.each([
    [null, 'expected object'],
    ['text', 'expected object'],
    [{}, 'tells nothing'],
    [{ account: {} }, 'tells nothing'],
    [{ accounts: { '1': {} } }, 'accounts.1'],
    [{ accounts: { '111122223333': { name: 7 } } }, 'accounts.111122223333.name'],
    [{ people: [{ name: 'everybody', identities: ['*'] }] }, 'would be nearly everybody'],
    [{ people: [{ name: 'nobody', identities: [] }] }, 'people.0.identities'],
    [{ organisations: ['mine'] }, 'organisations.0'],
  ])('is not %j', (value, problem) => {
    expect(readEstateDocument(value)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

it.each([
  [{ UserName: 'jane' }, { name: 'jane', identities: ['jane'] }],
  [
    { UserName: 'jane', DisplayName: ' ' },
    { name: 'jane', identities: ['jane'] },
  ],
  [
    { UserName: 'jane', Emails: [{}] },
    { name: 'jane', identities: ['jane'] },
  ],
  [{ UserName: 'j?ne' }, undefined],
  [{ UserName: '' }, undefined],
  [{ UserName: 'x'.repeat(201) }, undefined],
  [{ DisplayName: 'Jane' }, undefined],
])('the user %j is %j', (user, person) => expect(personOfUser(user)).toEqual(person));
