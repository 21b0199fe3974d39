import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import { batchHeaders, batchLimits, batchPath, type Taken, type WorkerBatch } from '../worker/protocol.ts';
import { sendBatch } from '../worker/sender.ts';
import { signedRequest, testBatch, testKey, type SignedParts } from '../worker/testing/signed-request.ts';
import type { ApiKey } from './auth.ts';
import { send, type Answer } from './testing/request.ts';
import { testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';
import type { TakeBatch } from './worker-batches.ts';

let server: TestServer;
let taken: { readonly worker: string; readonly batch: WorkerBatch }[];
let closed: number;
let clocks: { readonly worker: string; readonly aheadMs: number }[];
let take: TakeBatch;

const nothing: Taken = { through: 0, taken: 0, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 };

async function start(keys: readonly ApiKey[] = [], now = () => testNow): Promise<void> {
  server = await startServer({
    keys,
    now,
    workers: {
      keys: [{ name: 'eu-west', keys: [testKey] }],
      take: (worker, batch) => take(worker, batch),
      onClosed: () => {
        closed += 1;
      },
      onClockOff: (worker, aheadMs) => {
        clocks.push({ worker, aheadMs });
      },
    },
  });
}

beforeEach(async () => {
  taken = [];
  closed = 0;
  clocks = [];
  take = async (worker, batch) => {
    taken.push({ worker, batch });
    return { ...nothing, through: batch.first + batch.items.length - 1, taken: batch.items.length };
  };
  await start();
});
afterEach(() => server.close());

const lost = { type: 'lost', count: 2, reason: 'no room', at: testNow } as const;
const batch = testBatch([lost]);

function post(parts: Partial<SignedParts> = {}, of: WorkerBatch = batch): Promise<Answer> {
  const { method, path, headers, body } = signedRequest(of, { time: testNow, ...parts });
  return send(server, path, { method, headers, body });
}

/** Everything that comes back over one connection until it ends. */
function raw(bytes: string | Buffer, isAll = false): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => {
      if (isAll) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

function written(parts: Partial<SignedParts> = {}, more: Record<string, string> = {}): Buffer {
  const { method, path, headers, body } = signedRequest(batch, { time: testNow, ...parts });
  const lines = Object.entries({
    host: 'localhost',
    ...headers,
    'content-length': String(body.length),
    ...more,
  });
  return Buffer.concat([
    Buffer.from(
      `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    ),
    body,
  ]);
}

describe('a worker', () => {
  it.each(['gzip', 'identity'])('gets through with a body as %s', async (encoding) => {
    const answer = await post({ encoding });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ through: 1, taken: 1 });
    expect(Number(answer.headers[batchHeaders.maxBytes])).toBeGreaterThan(0);
    expect(taken).toEqual([{ worker: 'eu-west', batch }]);
  });

  it('needs no API key, and an API key is not enough', async () => {
    await server.close();
    await start([{ name: 'admin', key: 'the-key-of-the-admin', scope: 'all' }]);
    expect((await post()).status).toBe(200);
    await expect(
      send(server, batchPath, {
        method: 'POST',
        headers: { 'x-api-key': 'the-key-of-the-admin' },
        body: '{}',
      }),
    ).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  it('gets a record as it was sent, a member called __proto__ included', async () => {
    const record = JSON.parse('{"eventID":"1","__proto__":{"a":1}}') as JsonObject;
    const from = { source: 'file', object: 'a', position: 0, receivedAt: testNow };
    expect((await post({}, testBatch([{ type: 'record', from, record }]))).status).toBe(200);
    const [item] = taken[0]?.batch.items ?? [];
    expect(JSON.stringify(item)).toContain('"__proto__":{"a":1}');
  });

  it.each<[string, Partial<SignedParts>, number]>([
    ['no JSON', { body: gzipSync('{') }, 400],
    ['another version', { body: gzipSync(JSON.stringify({ ...batch, version: 2 })) }, 400],
    ['a member that nobody knows', { body: gzipSync(JSON.stringify({ ...batch, extra: 1 })) }, 400],
    [
      'an item of no known type',
      { body: gzipSync(JSON.stringify({ ...batch, items: [{ type: 'x' }] })) },
      400,
    ],
    [
      'a record that is a list',
      { body: gzipSync(JSON.stringify({ ...batch, items: [{ type: 'record', record: [] }] })) },
      400,
    ],
    ...(
      [
        ['length', 1.5],
        ['length', -1],
        ['length', 1e300],
        ['length', 2 ** 60],
        ['position', 0.5],
        ['position', 1e300],
        ['receivedAt', 1e300],
      ] as const
    ).map(([member, value]): [string, Partial<SignedParts>, number] => {
      const from = { source: 's', object: 'o', position: 0, receivedAt: testNow };
      const refused = { type: 'rejection', reason: 'r', length: 1, bytes: '' };
      const item =
        member === 'length'
          ? { ...refused, from, length: value }
          : { ...refused, from: { ...from, [member]: value } };
      return [
        `a rejection whose ${member} is ${value}`,
        { body: gzipSync(JSON.stringify({ ...batch, items: [item] })) },
        400,
      ];
    }),
    ['nothing', { body: Buffer.alloc(0), encoding: 'identity' }, 400],
    ['half a gzip', { body: gzipSync(JSON.stringify(batch)).subarray(0, -5) }, 400],
    ['another batch than the header names', { batch: 'stream-0001:2+1' }, 400],
    ['an encoding that is not known', { encoding: 'br' }, 415],
    ['a bomb', { body: gzipSync(Buffer.alloc(batchLimits.unpacked + 1, ' ')) }, 413],
    ['too many items', { body: gzipSync(`{"items":[${'0,'.repeat(batchLimits.items)}0]}`) }, 413],
    ['too long a body', { body: Buffer.alloc(batchLimits.packed + 1), encoding: 'identity' }, 413],
  ])('is told what is wrong with %s', async (_, parts, status) => {
    const answer = await post(parts);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, detail: expect.stringMatching(/\w/) });
    expect(taken).toEqual([]);
  });

  it('is told to wait, for how long, and to send less, while too much is worked on', async () => {
    let finish = (): void => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = 0;
    const full = new Promise<void>((resolve) => {
      take = async () => {
        begun += 1;
        if (begun === 8) resolve();
        await held;
        return nothing;
      };
    });
    const first = Array.from({ length: 8 }, (_, i) => post({ time: testNow + i }));
    await full;
    const answer = await post({ time: testNow + 8 });
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({ 'retry-after': '1', [batchHeaders.maxBytes]: String(256 * 1024) });
    finish();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  it('is answered each time it sends the same again because it lost the answer, even by a clock that stands', async () => {
    const controller = { url: server.url, worker: 'eu-west', key: testKey };
    const transport = { fetch, timeoutMs: 10_000, now: () => testNow };
    const outgoing = { ...batch, items: batch.items.map((item) => JSON.stringify(item)) };
    for (const _ of [1, 2, 3])
      expect(await sendBatch(controller, outgoing, transport)).toMatchObject({ type: 'taken' });
    expect(taken).toHaveLength(3);
  });

  it('is told to come again when the store fails', async () => {
    take = async () => {
      throw new Error('disk full');
    };
    const answer = await post();
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    expect(answer.body).not.toContain('disk full');
  });
});

/** What somebody has who saw a request of a worker: its head, for another body. */
const captured = { signedBody: Buffer.from('what was signed') };

function headOf(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return text.slice(0, text.indexOf('\r\n\r\n') + 4).replace(/content-type: .*\r\n/, '');
}

function chunked(bytes: Buffer): Buffer {
  return Buffer.from(headOf(bytes).replace(/content-length: \d+/, 'transfer-encoding: chunked'));
}

describe('a worker whose clock is off gets no answer, and is told of', () => {
  const late = -10 * 60_000;
  it.each<[string, () => Buffer, number]>([
    ['with each request', () => written({ time: testNow + late }), 1],
    ['not with another key', () => written({ time: testNow + late, key: 'x'.repeat(40) }), 0],
    [
      'not with the head of another time',
      () =>
        Buffer.from(
          written()
            .toString('latin1')
            .replace(String(testNow), String(testNow + late)),
          'latin1',
        ),
      0,
    ],
    ['not with one of days ago', () => written({ time: testNow - 2 * 86_400_000 }), 0],
  ])('%s', async (_, request, times) => {
    // The second is a replay.
    for (const bytes of [request(), request()]) expect(await raw(bytes)).toBe('');
    expect(clocks).toEqual(Array.from({ length: times }, () => ({ worker: 'eu-west', aheadMs: late })));
    expect(taken).toEqual([]);
  });

  it('not with one that was taken, and is replayed when it is old', async () => {
    await server.close();
    let now = testNow;
    await start([], () => now);
    const bytes = written({}, { connection: 'close' });
    expect(await raw(bytes)).toMatch(/^HTTP\/1.1 200 /);
    now -= late;
    expect(await raw(bytes)).toBe('');
    expect(clocks).toEqual([]);
  });
});

describe('nobody else gets a single byte', () => {
  const host = 'host: localhost\r\n';
  it.each<[string, () => string | Buffer]>([
    ['without headers', () => `POST ${batchPath} HTTP/1.1\r\n${host}content-length: 2\r\n\r\n{}`],
    ['with a GET', () => `GET ${batchPath} HTTP/1.1\r\n${host}\r\n`],
    ['with a method that no route knows', () => `PROPFIND ${batchPath} HTTP/1.1\r\n${host}\r\n`],
    ['with OPTIONS', () => `OPTIONS ${batchPath} HTTP/1.1\r\n${host}origin: http://evil.example\r\n\r\n`],
    [
      'with percent signs in the address',
      () => `POST /v1/worker/%62atches HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`,
    ],
    ['with a slash behind it', () => `POST ${batchPath}/ HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`],
    ['with a query', () => `POST ${batchPath}?a=1 HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`],
    [
      'waiting to be told to go on',
      () => `POST ${batchPath} HTTP/1.1\r\n${host}expect: 100-continue\r\ncontent-length: 2\r\n\r\n`,
    ],
    [
      'expecting something else',
      () => `POST ${batchPath} HTTP/1.1\r\n${host}expect: tea\r\ncontent-length: 2\r\n\r\n`,
    ],
    [
      'of another host',
      () => `POST ${batchPath} HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n`,
    ],
    [
      'announcing far too much',
      () => `POST ${batchPath} HTTP/1.1\r\n${host}content-length: 99999999999\r\n\r\n`,
    ],
    ['with a wrong key', () => written({ key: 'another-key-of-a-worker-long-enough' })],
    ['with the name of nobody', () => written({ worker: 'us-east' })],
    ['an hour late', () => written({ time: testNow - 3_600_000 })],
    ['with a body that was altered', () => written({ signedBody: Buffer.from('what was signed') })],
    [
      'with a signature for another path',
      () => Buffer.from(written().toString('latin1').replace(batchPath, `${batchPath}?`), 'latin1'),
    ],
    ['with a header twice', () => written({}, { 'Tocsin-Worker': 'eu-west' })],
    ['with a GET and percent signs', () => `GET /v1/%77orker/batches HTTP/1.1\r\n${host}\r\n`],
    ['with a GET and the whole address', () => `GET http://localhost${batchPath} HTTP/1.1\r\n${host}\r\n`],
    [
      'waiting to be told to go on, with percent signs',
      () => `POST /v1/worker/%62atches HTTP/1.1\r\n${host}expect: 100-continue\r\ncontent-length: 2\r\n\r\n`,
    ],
    [
      'expecting something else, with percent signs',
      () => `POST /v1/worker/%62atches HTTP/1.1\r\n${host}expect: tea\r\ncontent-length: 2\r\n\r\n`,
    ],
    ['naming no host', () => `POST ${batchPath} HTTP/1.1\r\ncontent-length: 0\r\n\r\n`],
    ['with a header that is none', () => `POST ${batchPath} HTTP/1.1\r\n${host}no header\r\n\r\n`],
    [
      'with a header that is none, and percent signs',
      () => `POST /v1/worker/%62atches HTTP/1.1\r\n${host}no header\r\n\r\n`,
    ],
    ['with a version that is none', () => `POST ${batchPath} HTTP/9.9\r\n${host}\r\n`],
    ['with two lengths', () => `POST ${batchPath} HTTP/1.1\r\n${host}content-length: 1, 2\r\n\r\n`],
    [
      'with too long a head',
      () => `POST ${batchPath} HTTP/1.1\r\n${host}x: ${''.padEnd(20_000, 'x')}\r\n\r\n`,
    ],
    ['with a head of somebody else and no body', () => written({ ...captured, body: Buffer.alloc(0) })],
    [
      'with a head of somebody else, no body and no type',
      () => headOf(written({ ...captured, body: Buffer.alloc(0) }, { 'content-type': '' })),
    ],
    [
      'with a head of somebody else and a type that is none',
      () => written(captured, { 'content-type': 'none' }),
    ],
    [
      'with a head of somebody else and a body that is too long',
      () => written({ ...captured, body: Buffer.alloc(batchLimits.packed + 1) }),
    ],
    [
      'with a head of somebody else and more than anybody reads',
      () => written({ ...captured, body: Buffer.alloc(4 * batchLimits.packed + 1) }),
    ],
    [
      'with a head of somebody else and chunks that are none',
      () => Buffer.concat([chunked(written(captured)), Buffer.from('zz\r\n')]),
    ],
    [
      'with a head of somebody else and one chunk, then one that is none',
      () => Buffer.concat([chunked(written(captured)), Buffer.from('1\r\na\r\nzz\r\n')]),
    ],
  ])('%s', async (_, bytes) => {
    expect(await raw(bytes())).toBe('');
    expect(taken).toEqual([]);
    expect(closed).toBe(1);
    expect((await send(server, '/healthz')).status).toBe(200);
  });

  it.each<[string, number]>([
    ['that was taken', 200],
    ['that was refused', 400],
    ['that the store could not keep', 503],
  ])('who replays a request %s', async (_, status) => {
    if (status === 503) take = () => Promise.reject(new Error('disk full'));
    const once = written(status === 400 ? { body: gzipSync('{') } : {}, { connection: 'close' });
    expect(await raw(once)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    for (const again of [once, headOf(once)]) expect(await raw(again)).toBe('');
    expect(taken).toHaveLength(status === 200 ? 1 : 0);
    expect(closed).toBe(2);
  });

  it('who replays a request while it is being taken', async () => {
    let finish = (): void => {};
    const begun = new Promise<void>((resolve) => {
      take = async () => {
        resolve();
        await new Promise<void>((done) => {
          finish = done;
        });
        return nothing;
      };
    });
    const first = raw(written({}, { connection: 'close' }));
    await begun;
    expect(await raw(written())).toBe('');
    finish();
    expect(await first).toMatch(/^HTTP\/1.1 200 /);
  });

  it('who sends the head of a request before the request itself comes does not keep it from being taken', async () => {
    expect(await raw(written({}, { 'content-length': '0' }))).toBe('');
    expect((await post()).status).toBe(200);
  });

  it.each<[string, () => Buffer]>([
    ['who sends half of a body', () => written(captured).subarray(0, -3)],
    ['who sends half of the right body', () => written().subarray(0, -3)],
    ['who sends half of a head', () => Buffer.from(`POST ${batchPath} HTTP/1.1\r\nhost: loc`)],
  ])('%s and goes', async (_, bytes) => {
    expect(await raw(bytes(), true)).toBe('');
    expect(taken).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['a header that is none', 'no header', /^HTTP\/1.1 400 /],
    ['no host', 'x: y', /^HTTP\/1.1 400 [^]*names no host/],
    ['something else expected', 'host: localhost\r\nexpect: tea', /^HTTP\/1.1 417 /],
    [
      'a wish to be told to go on',
      'host: localhost\r\nexpect: 100-continue',
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /,
    ],
  ])('and who wants something else is told of %s', async (_, header, answer) => {
    const bytes = `POST /v1/events HTTP/1.1\r\n${header}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
    expect(await raw(bytes)).toMatch(answer);
    expect(closed).toBe(0);
  });

  it('where no worker is configured', async () => {
    await server.close();
    server = await startServer();
    expect(await raw(written())).toBe('');
  });

  it('and who is a worker does, when it waits to be told to go on', async () => {
    const bytes = written({}, { expect: '100-continue', connection: 'close' });
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });
});
