import { describe, expect, it } from 'vitest';
import type { Known } from '../known.ts';
import { answerFor, lines, org, view, allow, given, type Case } from '../testing/policy.ts';

const known: Known = {
  accounts: {
    '111122223333': { relation: 'own' },
    '444455556666': { relation: 'own' },
    '777788889999': { relation: 'trusted', name: 'the backup vendor' },
  },
  organisations: [org],
};

const principal = (...accounts: string[]): ReturnType<typeof allow> =>
  allow({ Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) } });

const cases: readonly Case[] = [
  ['another account of one’s own is known', principal('444455556666'), ['known-account: read 444455556666']],
  ['a trusted account is known', principal('777788889999'), ['known-account: read 777788889999']],
  ['a stranger stays one', principal('999900001111'), ['external-account: read 999900001111']],
  [
    'a stranger beside a known account is told apart',
    principal('444455556666', '999900001111'),
    ['external-account: read 999900001111', 'known-account: read 444455556666'],
  ],
  [
    'a condition that names a stranger and a known account means the stranger',
    given('StringEquals', 'aws:PrincipalAccount', '444455556666', '999900001111'),
    ['external-account: read 999900001111'],
  ],
  [
    'one’s own organisation is told from a strange one',
    given('StringEquals', 'aws:PrincipalOrgID', org),
    [`own-organisation: read ${org}`],
  ],
  [
    'a strange organisation beside one’s own is strange',
    given('StringEquals', 'aws:PrincipalOrgID', org, 'o-stranger001'),
    [`organisation: read ${org} o-stranger001`],
  ],
  ['the public is never known', allow(), ['public: read']],
];

describe('whom a policy lets in, where accounts and organisations are known', () => {
  it.each(cases)('%s', (_name, statement, expected) => {
    expect(lines(answerFor(statement, { ...view, known }))).toEqual(expected);
  });
});
