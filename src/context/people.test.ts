import { describe, expect, it } from 'vitest';
import { identityProblem, peopleBook } from './people.ts';

describe('peopleBook', () => {
  const book = peopleBook([
    { name: 'everybody of example.com', identities: ['*@example.com'] },
    { name: 'jane', identities: ['Jane@Example.com', 'arn:aws:iam::111122223333:user/jane'] },
    { name: 'second jane', identities: ['jane@example.com'] },
  ]);
  it.each([
    [['jane@example.com'], 'jane'],
    [['JANE@EXAMPLE.COM'], 'jane'],
    [['bob@example.com'], 'everybody of example.com'],
    [[undefined, 'arn:aws:iam::111122223333:user/jane'], 'jane'],
    [['nobody', 'bob@example.com'], 'everybody of example.com'],
    [['bob@example.com', 'arn:aws:iam::111122223333:user/jane'], 'jane'],
    [['bob@example.com.evil'], undefined],
    [[undefined], undefined],
    [[], undefined],
    [[`${'a'.repeat(3_000)}@example.com`], undefined],
  ])('%j is %s', (identities, name) => {
    expect(book(identities)?.name).toBe(name);
  });

  it('knows nobody where there is nobody', () => {
    expect(peopleBook([])(['jane'])).toBeUndefined();
  });
});

describe('identityProblem', () => {
  it.each(['jane@example.com', 'arn:aws:sts::*:assumed-role/deploy/*', '*jane*'])('takes %s', (text) => {
    expect(identityProblem(text)).toBeUndefined();
  });
  it.each(['*', '', '*a*', 'ab', '??', 'a'.repeat(2_049)])('refuses %s', (text) => {
    expect(identityProblem(text)).toBeDefined();
  });
});
