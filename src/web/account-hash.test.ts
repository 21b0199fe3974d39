import { describe, expect, it } from 'vitest';
import { accountHasher } from './account-hash.ts';

const hashed = (query: string, key = 'k'): string | undefined =>
  accountHasher(['user', 'email'], key)(Buffer.from(query));

describe('accountHasher', () => {
  it.each([
    'user=alice@example.com',
    'USER=Alice@Example.com',
    'a=b&user=alice%40example.com&c=d',
    'email=+alice%40example.com',
  ])('gives the same hash for %s', (query) => {
    expect(hashed(query)).toBe(hashed('user=alice@example.com'));
  });

  it.each([
    '',
    'user',
    'user=',
    '=alice',
    'password=alice',
    'x=user=alice',
    'user=%20',
    `${'&'.repeat(40)}user=a`,
  ])('finds no account in %j', (query) => {
    expect(hashed(query)).toBeUndefined();
  });

  it('depends on the key and on the account, and holds neither', () => {
    const hash = hashed('user=alice');
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(hashed('user=alice', 'other')).not.toBe(hash);
    expect(hashed('user=bob')).not.toBe(hash);
  });

  it('takes what cannot be decoded as it stands', () => {
    expect(hashed('user=%zz')).toBe(hashed('email=%ZZ'));
  });
});
