import { expect, it } from 'vitest';
import type { Known } from '../../facts/known.ts';
import { createContext } from '../context.ts';
import { nothingFound, withFound } from './found-estate.ts';

const own: Known = {
  organisations: ['o-configured'],
  accounts: {
    '111111111111': { relation: 'own', name: 'Shop', environment: undefined },
    '222222222222': { relation: 'trusted', name: 'Vendor' },
  },
};
const file = {
  ...nothingFound,
  accounts: { '111111111111': { name: 'shop-prod', ou: 'By hand' }, '333333333333': { owner: 'Payments' } },
};
const aws = {
  ...nothingFound,
  organisations: ['o-configured', 'o-found'],
  accounts: {
    '111111111111': { name: 'a1', ou: 'Workloads/Production', environment: 'production' },
    '222222222222': { name: 'a2' },
    '333333333333': { name: 'a3', owner: undefined },
  },
};

it('adds what was found to what the configuration says, which counts first, and then a file', () => {
  expect(withFound(own, [file, aws])).toEqual({
    organisations: ['o-configured', 'o-found'],
    accounts: {
      '111111111111': { relation: 'own', name: 'Shop', ou: 'By hand', environment: 'production' },
      '222222222222': { relation: 'trusted', name: 'Vendor' },
      '333333333333': { relation: 'own', name: 'a3', owner: 'Payments' },
    },
  });
});

it('is what the configuration says where nothing was found', () => {
  expect(withFound(own, [])).toEqual(own);
});

it('knows people as they are found, those of the configuration first', () => {
  const jane = { name: 'Jane', identities: ['jan*@example.com'] };
  let found = [{ name: 'J. Doe', contact: 'x', identities: ['jane@example.com'] }];
  const context = createContext({ networks: [], people: [jane] }, undefined, { people: () => found });
  expect(context.personNamed('J. Doe')?.contact).toBe('x');
  found = [{ name: 'Bob', contact: 'y', identities: ['bob'] }];
  expect(context.personNamed('J. Doe')).toBeUndefined();
  expect(context.personNamed('Bob')?.contact).toBe('y');
  expect(context.personNamed('Jane')).toBe(jane);
});
