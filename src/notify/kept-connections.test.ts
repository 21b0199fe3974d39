import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { overKeptConnections } from './kept-connections.ts';

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
  server.close();
  server.closeAllConnections();
});

async function post(url: string, headers: Record<string, string> = {}) {
  const { signal } = new AbortController();
  const {
    status,
    headers: got,
    body,
  } = await overKeptConnections(url, { method: 'POST', headers, body: 'ä', redirect: 'manual', signal });
  let text = '';
  for await (const chunk of body ?? []) text += Buffer.from(chunk).toString();
  return { status, text, cookies: got.getSetCookie() };
}

it('calls again over the connection that it has', async () => {
  for (let calls = 0; calls < 3; calls += 1)
    expect(await post(address)).toEqual({ status: 200, text: 'taken', cookies: ['a=1', 'b=2'] });
  expect(connections).toBe(1);
});

it('says who calls, unless the channel does', async () => {
  await post(address);
  await post(address, { 'User-Agent': 'another' });
  expect(asked.map(({ agent }) => agent)).toEqual(['tocsin', 'another']);
});

it('goes through a proxy where Node is told to', async () => {
  const module = JSON.stringify(new URL('./kept-connections.ts', import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { overKeptConnections } = await import(${module});
      await overKeptConnections('http://receiver.example/hook', { method: 'POST', headers: {}, body: '', signal: AbortSignal.timeout(9_000) });
      process.exit();`,
    ],
    { env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: address, NO_PROXY: '' } },
  );
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(asked).toMatchObject([{ target: 'http://receiver.example/hook' }]);
});
