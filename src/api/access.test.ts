import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticator, type ApiKey } from './auth.ts';
import { send } from './testing/request.ts';
import { testAlert, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

const keys: readonly ApiKey[] = [
  { name: 'forwarder', key: 'ingest-key-0123456789', scope: 'ingest' },
  { name: 'console', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all:key with spaces', scope: 'all' },
];
const [ingest, read, all] = keys.map(({ key }) => key) as [string, string, string];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (key: string, user = 'anyone') => ({
  authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`,
});

let server: TestServer;
let asset = '';
const alertPath = `/v1/alerts/${testAlert(1).id}`;

beforeAll(async () => {
  server = await startServer({ keys });
  await server.store.commit({ alerts: [{ alert: testAlert(1), channels: [] }], now: testNow });
  const page = await send(server, '/', { headers: basic(read) });
  asset = /\/assets\/[0-9a-f]+\/page\.css/.exec(page.body)?.[0] ?? '';
});

afterAll(() => server.close());

const readPaths = () => [
  '/',
  '/alerts/' + testAlert(1).id,
  asset,
  '/v1/alerts',
  alertPath,
  '/v1/rejections',
  '/v1/counts',
  '/metrics',
  '/openapi.json',
];

describe('with keys', () => {
  it('serves its assets at an address that changes with them', () => expect(asset).not.toBe(''));

  it('answers /healthz and /readyz without a key, the latter without details', async () => {
    expect((await send(server, '/healthz')).body).toBe('{"status":"ok"}');
    const ready = await send(server, '/readyz');
    expect([ready.status, ready.body]).toEqual([200, '{"ready":true,"checks":[{"name":"store","ok":true}]}']);
    expect((await send(server, '/readyz', { headers: bearer(read) })).body).toContain('/var/lib/tocsin');
  });

  const refused: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['no key', {}],
    ['a wrong key', bearer('wrong')],
    ['an empty key', { authorization: 'Bearer ' }],
    ['an empty x-api-key', { 'x-api-key': '' }],
    ['an empty password', basic('')],
    ['a key as user name', { authorization: `Basic ${Buffer.from(`${read}:`).toString('base64')}` }],
    ['basic without colon', { authorization: `Basic ${Buffer.from(read).toString('base64')}` }],
    ['broken base64', { authorization: 'Basic %%%' }],
    ['a key of another scope', bearer(ingest)],
    ['an unknown scheme', { authorization: `Token ${read}` }],
    ['a bare key', { authorization: read }],
    ['a key with more behind it', bearer(`${read}x`)],
    ['the start of a key', bearer(read.slice(0, -1))],
    ['a key in other case', bearer(read.toUpperCase())],
    ['two tokens', bearer(`${read} ${read}`)],
    ['the name of a key', bearer('console')],
  ];
  it.each(refused)('refuses every route that reads to %s', async (_what, headers) => {
    for (const path of readPaths()) {
      const answer = await send(server, path, { headers });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.body).toContain("with scope 'read' or 'all'");
      expect(answer.headers['www-authenticate']).toContain('Basic realm="Tocsin"');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  const accepted: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a bearer token', bearer(read)],
    ['a bearer token in any case of the scheme', { authorization: `bEARER ${read}` }],
    ['x-api-key', { 'x-api-key': read }],
    ['basic with any user', basic(read)],
    ['basic without user', basic(read, '')],
    ['a key of scope all, colon and spaces in it', basic(all)],
    ['a good x-api-key beside a wrong bearer token', { ...bearer('wrong'), 'x-api-key': read }],
    ['keys of two scopes', { ...bearer(ingest), 'x-api-key': read }],
  ];
  it.each(accepted)('opens every route that reads for %s', async (_what, headers) => {
    for (const path of readPaths()) {
      expect([path, (await send(server, path, { headers })).status]).toEqual([path, 200]);
    }
  });

  it.each([
    ['the ingest key', bearer(ingest), 200],
    ['the key of scope all', basic(all), 200],
    ['the ingest key of an API destination', { 'x-api-key': ingest }, 200],
    ['the read key', bearer(read), 401],
    ['no key', {}, 401],
  ])('POST /v1/events with %s is answered %3$d', async (_what, headers, status) => {
    const answer = await send(server, '/v1/events', { method: 'POST', headers, body: '{"title":"a"}' });
    expect(answer.status).toBe(status);
    expect(answer.body.includes("with scope 'ingest' or 'all'")).toBe(status === 401);
  });

  it('says nothing about which routes exist without a key', async () => {
    expect((await send(server, '/nothing/here')).status).toBe(401);
    expect((await send(server, '/nothing/here', { headers: bearer(ingest) })).status).toBe(404);
  });

  it('answers to any host name, since the key protects it', async () => {
    const headers = { ...bearer(read), host: 'tocsin.example.com' };
    expect((await send(server, '/v1/counts', { headers })).status).toBe(200);
  });

  it.each([
    ['a remembered password', basic(all), 403],
    ['a key that only a program sends', bearer(all), 200],
  ])('treats a cross-site POST with %s right', async (_what, headers, status) => {
    const crossSite = { ...headers, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await send(server, '/v1/events', {
      method: 'POST',
      headers: crossSite,
      body: '{"title":"a"}',
    });
    expect(answer.status).toBe(status);
  });
});

describe('the log', () => {
  /** What is written down of a few requests, where so much is to be heard. */
  async function linesOf(level: string): Promise<readonly string[]> {
    const lines: string[] = [];
    const log = { level, stream: { write: (line: string) => void lines.push(line) } };
    const logged = await startServer({ keys, log });
    await send(logged, '/v1/alerts', { headers: bearer(all) });
    await send(logged, '/v1/alerts', { headers: bearer('wrong-key-1234') });
    await send(logged, `/v1/alerts?key=${read}`);
    for (const body of ['{"title":"a"}', 'half an event'])
      await send(logged, '/v1/events', { method: 'POST', headers: { 'x-api-key': ingest }, body });
    await logged.close();
    return lines;
  }

  const answersIn = (lines: readonly string[]): readonly unknown[] =>
    lines.filter((line) => line.includes('"answered"')).map((line): unknown => JSON.parse(line));

  it('names the key and never holds it, and leaves out questions and events that went well', async () => {
    const lines = await linesOf('info');
    expect(answersIn(lines)).toMatchObject([
      { method: 'GET', url: '/v1/alerts', status: 401 },
      { method: 'GET', url: '/v1/alerts', status: 401 },
      { method: 'POST', url: '/v1/events', status: 400, key: 'forwarder' },
    ]);
    for (const secret of [all, ingest, read, 'wrong-key-1234']) expect(lines.join('')).not.toContain(secret);
  });

  it('has every answer where everything is to be heard, and still no key', async () => {
    const lines = await linesOf('debug');
    expect(answersIn(lines)).toMatchObject([
      { method: 'GET', status: 200, key: 'admin' },
      { method: 'GET', status: 401 },
      { method: 'GET', status: 401 },
      { method: 'POST', status: 200, key: 'forwarder' },
      { method: 'POST', status: 400, key: 'forwarder' },
    ]);
    for (const secret of [all, ingest, read, 'wrong-key-1234']) expect(lines.join('')).not.toContain(secret);
  });
});

describe('authenticator', () => {
  it('never accepts an empty key, even a configured one', () => {
    const authenticate = authenticator([{ name: 'empty', key: '', scope: 'all' }]);
    expect(authenticate({ authorization: 'Basic Og==' })).toEqual([]);
    expect(authenticate({ 'x-api-key': '' })).toEqual([]);
  });

  it('finds every key that fits, wherever it stands', () => {
    const authenticate = authenticator(keys);
    expect(authenticate({ 'x-api-key': all }).map(({ name }) => name)).toEqual(['admin']);
    expect(authenticate({ 'x-api-key': ingest, ...basic(read) }).map(({ name }) => name)).toEqual([
      'console',
      'forwarder',
    ]);
  });
});

describe('without keys', () => {
  let open: TestServer;
  beforeAll(async () => {
    open = await startServer({ publicUrl: 'https://tocsin.example.com' });
  });
  afterAll(() => open.close());

  it.each(['localhost', 'localhost:7117', '127.0.0.1', '[::1]:7117', 'tocsin.example.com'])(
    'answers to the host %s',
    async (host) => expect((await send(open, '/v1/alerts', { headers: { host } })).status).toBe(200),
  );

  it.each([
    'evil.example',
    'evil.example:7117',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost@evil.example',
  ])("refuses the host '%s', which an attacker's name server may have pointed here", async (host) => {
    for (const path of ['/', '/v1/alerts', '/v1/events', '/readyz', '/none']) {
      const method = path === '/v1/events' ? 'POST' : 'GET';
      expect((await send(open, path, { method, headers: { host } })).status).toBe(421);
    }
  });

  it.each([
    ['a program', {}, 200],
    ['our own page', { origin: 'https://tocsin.example.com', 'sec-fetch-site': 'same-origin' }, 200],
    ['our own page on loopback', { host: 'localhost:7117', origin: 'http://localhost:7117' }, 200],
    ['a foreign page', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['a foreign page in a browser without fetch metadata', { origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['another port on this machine', { 'sec-fetch-site': 'same-site' }, 403],
    ['another port, by its origin', { host: 'localhost:7117', origin: 'http://localhost:3000' }, 403],
  ])('a POST from %s is answered %3$d', async (_what, headers, status) => {
    const answer = await send(open, '/v1/events', { method: 'POST', headers, body: '{"title":"a"}' });
    expect(answer.status).toBe(status);
  });

  it('lets a foreign page follow a link here', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await send(open, '/', { headers })).status).toBe(200);
  });
});
