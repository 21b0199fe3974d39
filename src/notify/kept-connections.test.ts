import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { overKeptConnections } from './kept-connections.ts';
import type { Fetch } from './send.ts';

let server: Server;
let address: string;
let connections: number;
let asked: { readonly target: string | undefined; readonly agent: string | undefined }[];

beforeEach(async () => {
  connections = 0;
  asked = [];
  server = createServer(({ url, headers }, answer) => {
    asked.push({ target: url, agent: headers['user-agent'] });
    answer.setHeader('set-cookie', ['a=1', 'b=2']).end('taken');
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
});

async function post(fetch: Fetch, url: string, headers: Record<string, string> = {}) {
  const { signal } = new AbortController();
  const {
    status,
    headers: got,
    body,
  } = await fetch(url, { method: 'POST', headers, body: 'ä', redirect: 'manual', signal });
  let text = '';
  for await (const chunk of body ?? []) text += Buffer.from(chunk).toString();
  return { status, text, cookies: got.getSetCookie() };
}

it('calls again over the connection that it has', async () => {
  const fetch = overKeptConnections();
  for (let calls = 0; calls < 3; calls += 1)
    expect(await post(fetch, address)).toEqual({ status: 200, text: 'taken', cookies: ['a=1', 'b=2'] });
  expect(connections).toBe(1);
});

it('says who calls, unless the channel does', async () => {
  const fetch = overKeptConnections();
  await post(fetch, address);
  await post(fetch, address, { 'User-Agent': 'another' });
  expect(asked.map(({ agent }) => agent)).toEqual(['tocsin', 'another']);
});

it('goes through a proxy where Node is told to', async () => {
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('HTTP_PROXY', address);
  vi.stubEnv('NO_PROXY', '');
  expect((await post(overKeptConnections(), 'http://receiver.example/hook')).status).toBe(200);
  expect(asked).toMatchObject([{ target: 'http://receiver.example/hook' }]);
});
