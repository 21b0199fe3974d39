import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { startFakeServer } from '../notify/testing/fake-server.ts';
import { sampleAlert } from '../notify/sample.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { parseConfig } from './config.ts';
import { ownOf, startLookups } from './start-lookups.ts';

const secrets = { env: { KEY: 'a-secret-key' }, readFile: () => '' };
const parse = (text: string) => parseConfig(text, 'tocsin.yaml', secrets);

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function started(yaml: string, onReleased: () => void = () => {}) {
  const store = await openSqliteStore({ path: ':memory:' });
  ends.push(() => store.close());
  const log = pino({ level: 'silent' });
  const lookups = await startLookups({
    config: parse(yaml),
    store,
    commit: (batch) => store.commit(batch),
    onReleased,
    log,
  });
  ends.push(async () => lookups?.stop());
  return { store, lookups };
}

const from = (address: string, more: Partial<Alert> = {}): Alert => ({
  ...sampleAlert(Date.now()),
  where: { origin: { type: 'address', address } },
  ...more,
});

describe('the configuration of lookups', () => {
  it('asks nobody by itself', async () => {
    expect((await started('data: .tocsin')).lookups).toBeUndefined();
  });

  it.each([
    ['a key in the file', 'lookups: { providers: { otx: { key: abcdef } } }', /must not stand here/],
    ['no key', 'lookups: { providers: { otx: {} } }', /lookups\.providers\.otx\.key: is missing/],
    ['an unknown provider', 'lookups: { providers: { shodan: {} } }', /no such key; known are abuseipdb/],
    [
      'a plain address',
      'lookups: { providers: { otx: { key: env:KEY, url: "http://otx.example" } } }',
      /starts with http:/,
    ],
    ['a wrong network', 'lookups: { neverAsk: [everything] }', /must be an address, a network/],
  ])('refuses %s', (_, yaml, message) => {
    expect(() => parse(yaml)).toThrow(message);
  });

  it('does not keep a scan from using the file', () => {
    const yaml = 'lookups: { providers: { otx: { key: env:MISSING } } }';
    expect(() => parseConfig(yaml, 'tocsin.yaml', undefined)).not.toThrow();
  });

  it('tells nobody of what it knows to be one’s own', () => {
    const isOwn = ownOf(
      parse(`
lookups: { neverAsk: [198.51.100.0/24, example.com, '2001:db8::1'] }
estate: { networks: [{ name: Berlin, ranges: [8.8.8.0/24] }] }
traffic: { trustedProxies: [9.9.9.9], reputation: { own: [1.1.1.0/24] } }
`),
    );
    const address = (value: string) => isOwn({ type: 'address', value });
    const domain = (value: string) => isOwn({ type: 'domain', value });
    expect(['198.51.100.7', '2001:db8::1', '8.8.8.8', '9.9.9.9', '1.1.1.1'].map(address)).toEqual(
      Array(5).fill(true),
    );
    expect(['8.8.9.8', '2001:db8::2'].map(address)).toEqual([false, false]);
    expect(['example.com', 'www.example.com', 'notexample.com'].map(domain)).toEqual([true, true, false]);
  });
});

describe('lookups of a server', () => {
  const config = (url: string) => `
estate: { networks: [{ name: Berlin, ranges: [9.9.9.0/24] }] }
lookups: { providers: { greynoise: { key: env:KEY, url: '${url}' } } }
`;

  it('hold back only first messages about what is looked up', async () => {
    const { lookups } = await started(config('http://127.0.0.1:9'));
    const owing = (alert: Alert) => lookups?.owing(() => ['hook', { channel: 'later', due: 5 }])(alert);
    const held = [
      { channel: 'hook', due: expect.any(Number) },
      { channel: 'later', due: 5 },
    ];
    const free = ['hook', { channel: 'later', due: 5 }];
    expect(owing(from('8.8.8.8'))).toEqual(held);
    expect(owing(from('9.9.9.9'))).toEqual(free);
    expect(owing(from('10.0.0.1'))).toEqual(free);
    const news = { type: 'again' as const, sentence: 'again', number: 1 };
    expect(owing(from('8.8.8.8', { news }))).toEqual(free);
    expect(owing(from('8.8.8.8', { context: { lookups: [] } }))).toEqual(free);
  });

  it('ask over HTTP, and the alert has the answer', async () => {
    const server = await startFakeServer(() => ({
      type: 'answer',
      status: 200,
      body: JSON.stringify({ noise: true, riot: false, classification: 'malicious' }),
    }));
    ends.push(server.close);
    const released = Promise.withResolvers<void>();
    const { store, lookups } = await started(config(server.url), released.resolve);
    await store.commit({ alerts: [{ alert: from('8.8.8.8'), channels: [] }], now: Date.now() });
    lookups?.nudge();
    await released.promise;
    expect((await store.alert(from('').id))?.context?.lookups).toMatchObject([
      { provider: 'GreyNoise', about: { type: 'address', value: '8.8.8.8' }, verdict: 'malicious' },
    ]);
    expect(server.requests).toMatchObject([
      { path: '/v3/community/8.8.8.8', headers: { key: 'a-secret-key' } },
    ]);
    expect(lookups?.trouble()).toBeUndefined();
  });
});
