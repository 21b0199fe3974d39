import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openAddressLists,
  type AddressLists,
  type AddressListSettings,
  type AddressListState,
} from './address-lists.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const noon = Date.parse('2026-01-05T12:00:00Z');
const hour = 60 * 60 * 1000;
const day = 24 * hour;

let folder: string;
let url: string;
let answer: Answer;
let asked: IncomingMessage[];
let now: number;
const server = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});
const open: AddressLists[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-lists-'));
  asked = [];
  now = noon;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ stop }) => stop()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const text =
  (body: string | Uint8Array, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(200, headers).end(body);
  };

async function opened(more: Partial<AddressListSettings> = {}): Promise<{
  lists: AddressLists;
  state: () => AddressListState | undefined;
  told: (readonly AddressListState[])[];
}> {
  const told: (readonly AddressListState[])[] = [];
  const nothing = (): void => {};
  const lists = await openAddressLists({
    lists: [{ name: 'drop', from: { url }, trust: 'block', ...more }],
    folder: join(folder, 'copies'),
    clock: () => now,
    log: { info: nothing, warn: nothing, error: nothing },
    changed: (states) => told.push(states),
  });
  open.push(lists);
  return { lists, state: () => lists.states()[0], told };
}

describe('a list from a URL', () => {
  it('is loaded, and told once for each change', async () => {
    answer = text('192.0.2.0/24 ; SBL1\n');
    const { lists, state, told } = await opened();
    expect(state()).toMatchObject({
      trust: 'block',
      confirmedAt: noon,
      contents: { entries: 1 },
      problem: undefined,
    });
    expect(lists.trouble()).toBeUndefined();
    answer = text('192.0.2.0/24\n198.51.100.1\n');
    await lists.refresh();
    expect(state()?.contents?.entries).toBe(2);
    expect(told.map(([first]) => first?.contents?.entries)).toEqual([1, 2]);
  });

  it('is asked for with what its server said of it, and confirmed when it has not changed', async () => {
    answer = text('192.0.2.1', { etag: '"a"', 'last-modified': 'Mon, 05 Jan 2026 10:00:00 GMT' });
    const { lists, state, told } = await opened();
    now += day;
    answer = (_request, response) => response.writeHead(304).end();
    await lists.refresh();
    expect(asked[1]?.headers).toMatchObject({
      'if-none-match': '"a"',
      'if-modified-since': 'Mon, 05 Jan 2026 10:00:00 GMT',
    });
    expect(state()).toMatchObject({ confirmedAt: noon + day, contents: { entries: 1 } });
    expect(told).toHaveLength(1);
  });

  it('may be packed', async () => {
    answer = text(gzipSync('192.0.2.1\n192.0.2.9'));
    expect((await opened()).state()?.contents?.entries).toBe(2);
  });

  it('may have moved', async () => {
    answer = (request, response) => {
      if (request.url === '/list') response.writeHead(301, { location: '/new' }).end('moved');
      else response.end('192.0.2.1');
    };
    expect((await opened()).state()?.contents?.entries).toBe(1);
  });

  it.each<[string, Answer, RegExp]>([
    ['the server fails', (_request, response) => response.writeHead(503).end('192.0.2.1'), /HTTP 503/],
    [
      'there is nothing any more',
      (_request, response) => response.writeHead(404).end('192.0.2.1'),
      /HTTP 404/,
    ],
    ['only a part is sent', (_request, response) => response.writeHead(206).end('192.0.2.1'), /HTTP 206/],
    ['a page comes instead', text('<!doctype html><title>Are you a robot?</title>'), /page of HTML/],
    ['it is empty', text(''), /no entry/],
    ['it names half the internet', text('0.0.0.0/1\n'), /too wide/],
    ['it has no end', text('192.0.2.1\n'.repeat(10_000)), /more than 5000 bytes/],
    [
      'it unpacks to something without end',
      text(gzipSync('192.0.2.1\n'.repeat(100_000))),
      /more than 5000 bytes/,
    ],
    [
      'the connection breaks',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('192.0.2.77\n', () => response.destroy());
      },
      /the connection was terminated/,
    ],
    ['packed content breaks off', text(gzipSync('192.0.2.77\n'.repeat(50)).subarray(0, 30)), /./],
    [
      'the answer does not end',
      (_request, response) => {
        response.write('192.0.2.77\n');
      },
      /no whole answer within 300 ms/,
    ],
    ['no answer comes', () => {}, /no whole answer within 300 ms/],
    [
      'it is sent round in a circle',
      (_request, response) => response.writeHead(302, { location: '/list' }).end(),
      /redirected more than 3 times/,
    ],
    [
      'it is sent to a file',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /redirected from http to file/,
    ],
    [
      'it is sent to another host that is not of the internet',
      (_request, response) =>
        response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
      /was sent on to 169\.254\.169\.254, which is no address of the internet/,
    ],
    [
      'it is sent to the loopback by its address',
      (_request, response) => response.writeHead(302, { location: 'http://[::1]:1/' }).end(),
      /was sent on to ::1, which is no address of the internet/,
    ],
    [
      'it is sent to a name that stands for an internal address',
      (_request, response) => response.writeHead(302, { location: 'http://localhost:1/' }).end(),
      /was sent on to localhost \((127\.0\.0\.1|::1)\), which is no address of the internet/,
    ],
    [
      'it is sent nowhere',
      (_request, response) => response.writeHead(302).end(),
      /without an address|HTTP 302/,
    ],
  ])('keeps its last good contents when %s', async (_name, fault, reason) => {
    answer = text('192.0.2.1', { etag: '"a"' });
    const { lists, state } = await opened({ timeoutMs: 300, mostBytes: 5_000 });
    now += day;
    answer = fault;
    await lists.refresh();
    expect(state()).toMatchObject({
      contents: { entries: 1 },
      confirmedAt: noon,
      problem: expect.stringMatching(reason),
    });
    expect(lists.trouble()).toMatch(/^list drop: .*; the copy of 2026-01-05T12:00:00.000Z holds$/);
    answer = text('192.0.2.1\n192.0.2.9');
    await lists.refresh();
    expect(state()).toMatchObject({ contents: { entries: 2 }, problem: undefined });
  });

  it('holds from the copy of an earlier run where the server is away', async () => {
    answer = text('192.0.2.1', { etag: '"a"' });
    await opened();
    now += day;
    answer = (_request, response) => response.destroy();
    const { state, lists } = await opened();
    expect(state()).toMatchObject({ contents: { entries: 1 }, confirmedAt: noon, trust: 'block' });
    expect(lists.trouble()).toContain('the copy of 2026-01-05');
    answer = (_request, response) => response.writeHead(304).end();
    await lists.refresh();
    expect(asked.at(-1)?.headers['if-none-match']).toBe('"a"');
  });

  it('is not asked for again by the next run before it is due', async () => {
    answer = text('192.0.2.1', { etag: '"a"' });
    await opened();
    now += hour / 2;
    expect((await opened()).state()).toMatchObject({ contents: { entries: 1 }, confirmedAt: noon });
    expect(asked).toHaveLength(1);
    now += hour / 2;
    await opened();
    expect(asked).toHaveLength(2);
  });

  it('does not believe a copy that is damaged or of another URL', async () => {
    answer = text('192.0.2.1', { etag: '"a"' });
    await opened();
    answer = (_request, response) => response.destroy();
    const other = await opened({ from: { url: `${url}?other` } });
    expect(other.state()?.contents).toBeUndefined();
    expect(other.lists.trouble()).toContain('there is no copy');
    const copy = join(folder, 'copies/drop.list');
    await writeFile(copy, `${await readFile(copy, 'utf8')}\n10.9.8.7`);
    expect((await opened()).state()?.contents).toBeUndefined();
  });

  it('is no verdict any more once nobody has confirmed it for long', async () => {
    answer = text('192.0.2.1');
    const { lists, state, told } = await opened();
    answer = (_request, response) => response.writeHead(500).end();
    now += 8 * day;
    await lists.refresh();
    expect(state()).toMatchObject({ trust: 'context', contents: { entries: 1 } });
    expect(told).toHaveLength(2);
    answer = text('192.0.2.1');
    await lists.refresh();
    expect(state()?.trust).toBe('block');
  });
});

describe('a list from a file', () => {
  it('is read again when it has changed, and kept when it is gone', async () => {
    const file = join(folder, 'own.txt');
    await writeFile(file, '192.0.2.1\n');
    const { lists, state, told } = await opened({ from: { file } });
    await lists.refresh();
    expect(told).toHaveLength(1);
    await writeFile(file, '192.0.2.1\n192.0.2.9\n');
    await lists.refresh();
    expect(state()?.contents?.entries).toBe(2);
    await rm(file);
    await lists.refresh();
    expect(state()).toMatchObject({ contents: { entries: 2 }, problem: expect.stringContaining('ENOENT') });
  });
});
