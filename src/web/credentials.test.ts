import { describe, expect, it } from 'vitest';
import { credentialSignal } from './credentials.ts';
import { defaultTrafficSettings, type CredentialSettings } from './settings.ts';
import { offencesIn, times } from './testing/traffic.ts';
import type { Wanted } from './testing/requests.ts';

const base = 1_699_999_080_000;

function failed(count: number, more: (i: number) => Partial<Wanted> = () => ({})): readonly Wanted[] {
  return times(count, (i) => ({
    client: '203.0.113.9',
    method: 'POST',
    path: '/api/v1/Login',
    status: 401,
    time: base + i * 1_000,
    ...more(i),
  }));
}

function rules(requests: readonly Wanted[], more: Partial<CredentialSettings> = {}): readonly string[] {
  const credentials = { ...defaultTrafficSettings.credentials, ...more };
  return offencesIn([requests], [credentialSignal], { credentials }).map(({ rule }) => rule);
}

describe('credential attacks', () => {
  it.each([
    ['thirty failures of one client', failed(30), ['credential-attack']],
    ['twenty-nine', failed(29), []],
    ['thirty logins that succeed', failed(30, () => ({ status: 200 })), []],
    ['thirty refusals somewhere else', failed(30, () => ({ path: '/images/login-page' })), []],
    ['thirty failures in an hour', failed(30, (i) => ({ time: base + i * 120_000 })), []],
    ['a method that nobody logs in with', failed(30, () => ({ method: 'DELETE' })), []],
    [
      'a hundred and fifty of many clients of one network',
      failed(150, (i) => ({ client: `203.0.113.${i}` })),
      ['credential-attack-network'],
    ],
    [
      'thirty for one account, from everywhere',
      failed(30, (i) => ({ client: `10.${i}.1.1`, query: 'user=alice&x=1' })),
      ['credential-attack-account'],
    ],
  ])('%s', (_, requests, expected) => {
    expect(rules(requests)).toEqual(expected);
  });

  it('knows logins that are configured, with what they say to a wrong password', () => {
    const logins = [{ path: '/enter', methods: ['POST'], failures: [200] }];
    const entered = failed(30, () => ({ path: '/enter', status: 200 }));
    expect(rules(entered)).toEqual([]);
    expect(rules(entered, { logins })).toEqual(['credential-attack']);
    expect(
      rules(
        failed(30, () => ({ path: '/enter', status: 302 })),
        { logins },
      ),
    ).toEqual([]);
    expect(
      rules(
        failed(30, () => ({ path: '/enter', status: 200, method: 'GET' })),
        { logins },
      ),
    ).toEqual([]);
  });

  it('never tells an account, or what else was in the query', () => {
    const requests = failed(200, (i) => ({
      client: `203.0.113.${i % 4}`,
      query: `email=alice%40example.com&password=secret${i}`,
    }));
    const offences = offencesIn([requests], [credentialSignal]);
    expect(new Set(offences.map(({ rule }) => rule)).size).toBe(3);
    const written = JSON.stringify(offences);
    expect(written).not.toMatch(/alice|secret/);
    expect(written).toContain('/api/v1/Login?…');
  });
});
