import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ingest } from './events.ts';
import { send } from './testing/request.ts';
import { chunksOf, lineIngest, startServer, type TestServer } from './testing/server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const lines = '{"title":"one"}\n{"title":"two"}\n';

describe('POST /v1/events', () => {
  it.each([
    ['JSON lines', { 'content-type': 'application/x-ndjson' }, lines],
    ['what curl calls a form', { 'content-type': 'application/x-www-form-urlencoded' }, lines],
    ['no content type', {}, lines],
    ['JSON that is none to a parser of requests', { 'content-type': 'application/json' }, lines],
    ['gzip bytes', { 'content-type': 'application/gzip' }, gzipSync(lines)],
    ['gzip as content encoding', { 'content-encoding': 'gzip' }, gzipSync(lines)],
  ])('takes %s', async (_what, headers, body) => {
    server = await startServer();
    const answer = await send(server, '/v1/events', { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      records: 2,
      events: 2,
      alerts: [
        { title: 'one', repeated: false },
        { title: 'two', repeated: false },
      ],
    });
    expect((await server.store.counts()).alerts.high).toBe(2);
  });

  it('takes a body in chunks of unknown length, as a stream', async () => {
    server = await startServer();
    const stream = new ReadableStream({
      start(controller) {
        for (const byte of Buffer.from(lines)) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const answer = await fetch(`${server.url}/v1/events`, { method: 'POST', body: stream, duplex: 'half' });
    expect(answer.status).toBe(200);
  });

  it('says that an alert was there before', async () => {
    server = await startServer();
    await send(server, '/v1/events', { method: 'POST', body: lines });
    const again = await send(server, '/v1/events', { method: 'POST', body: lines });
    expect(JSON.parse(again.body)).toMatchObject({ alerts: [{ repeated: true }, { repeated: true }] });
    expect((await server.store.counts()).alerts.high).toBe(2);
  });

  it('answers 400 with the reasons where nothing could be read, and keeps what was sent', async () => {
    server = await startServer();
    const answer = await send(server, '/v1/events', { method: 'POST', body: 'not JSON' });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({
      title: 'Bad Request',
      detail: expect.stringContaining('no JSON; send JSON'),
      rejected: 1,
      rejections: [{ position: 0, reason: 'no JSON; send JSON' }],
    });
    const kept = await send(server, '/v1/rejections');
    const bytes = Buffer.from('not JSON').toString('base64');
    expect(JSON.parse(kept.body)).toMatchObject({
      rejections: [{ reason: 'no JSON; send JSON', length: 8, bytes }],
    });
  });

  it('answers 200 where part was read, and names the rest', async () => {
    server = await startServer();
    const answer = await send(server, '/v1/events', { method: 'POST', body: `${lines}not JSON` });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { events: 2, rejected: 1 }]);
  });

  it('answers 200 where all was recognised and nothing needed', async () => {
    server = await startServer();
    const answer = await send(server, '/v1/events', { method: 'POST', body: '{"Records":[]}' });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { skipped: 1, events: 0 }]);
  });

  it.each(['', undefined])('answers 400 to an empty body', async (body) => {
    server = await startServer();
    const answer = await send(server, '/v1/events', {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
    });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      400,
      { detail: expect.stringContaining('The body is empty') },
    ]);
  });

  it.each([
    ['exactly the limit', 16, 200],
    ['a byte more', 15, 413],
  ])('with a declared length of %s', async (_what, bodyLimit, status) => {
    server = await startServer({ bodyLimit });
    const answer = await send(server, '/v1/events', { method: 'POST', body: '{"title":"four"}' });
    expect(answer.status).toBe(status);
    expect(answer.body.includes('limit of 15 bytes; send it in smaller parts')).toBe(status === 413);
  });

  it('answers 413 to a stream that grows past the limit, even where the reader hides it', async () => {
    const quiet = async (body: Parameters<Ingest>[0]) => {
      try {
        for await (const chunk of chunksOf(body)) void chunk;
      } catch {
        // A decoder may take a broken stream for a truncated file.
      }
      return { records: 1, events: 1, rejected: 0, skipped: 0, alerts: [], rejections: [] };
    };
    for (const change of [{}, { ingest: quiet }]) {
      const small = await startServer({ bodyLimit: 1000, ...change });
      const headers = { 'transfer-encoding': 'chunked' };
      const answer = await send(small, '/v1/events', { method: 'POST', headers, body: 'x'.repeat(200_000) });
      expect(answer.status).toBe(413);
      expect((await send(small, '/healthz')).status).toBe(200);
      await small.close();
    }
  });

  it('reads ahead no further than it is asked to', async () => {
    let chunks = 0;
    server = await startServer({
      ingest: async (body) => {
        for await (const chunk of chunksOf(body)) {
          chunks += chunk.length > 0 ? 1 : 0;
          break;
        }
        return { records: 1, events: 1, rejected: 0, skipped: 0, alerts: [], rejections: [] };
      },
    });
    const answer = await send(server, '/v1/events', { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect([answer.status, chunks]).toEqual([200, 1]);
  });

  it('answers 415 to an encoding that it does not know', async () => {
    server = await startServer();
    const headers = { 'content-encoding': 'br' };
    const answer = await send(server, '/v1/events', { method: 'POST', headers, body: 'x' });
    expect([answer.status, answer.body]).toEqual([
      415,
      expect.stringContaining("'br' is not known; send gzip"),
    ]);
  });

  it('answers 415 to a content type that is none', async () => {
    server = await startServer();
    const headers = { 'content-type': '///' };
    const answer = await send(server, '/v1/events', { method: 'POST', headers, body: 'x' });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      415,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('answers 503 and says when to try again where the events could not be made durable', async () => {
    server = await startServer();
    const { store } = server;
    const failing = await startServer({ store, ingest: lineIngest(store) });
    await store.close();
    const answer = await send(failing, '/v1/events', { method: 'POST', body: lines });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.body).not.toMatch(/at .*\.ts:|SQLITE|memory/);
    await failing.app.close();
  });

  it('tells the way in what it needs for the provenance', async () => {
    const seen: unknown[] = [];
    server = await startServer({
      now: () => 1234,
      ingest: async (body, from) => {
        for await (const chunk of chunksOf(body)) void chunk;
        seen.push(from);
        return { records: 1, events: 1, rejected: 0, skipped: 0, alerts: [], rejections: [] };
      },
    });
    await send(server, '/v1/events', { method: 'POST', body: 'x' });
    expect(seen).toEqual([
      { source: 'http', object: expect.stringMatching(/^[0-9a-f-]{36}$/), receivedAt: 1234 },
    ]);
  });

  it('takes a client that goes away in the middle for an error, not for the end', async () => {
    let outcome: (value: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (outcome = resolve));
    server = await startServer({
      ingest: async (body) => {
        try {
          for await (const chunk of chunksOf(body)) void chunk;
          outcome('end');
        } catch {
          outcome('error');
        }
        return { records: 0, events: 0, rejected: 0, skipped: 0, alerts: [], rejections: [] };
      },
    });
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{"title":');
    setTimeout(() => socket.destroy(), 100);
    expect(await ended).toBe('error');
  });

  it('takes nothing of a small body that its client leaves unfinished', async () => {
    const taken: string[] = [];
    server = await startServer({
      ingest: async (body) => {
        for await (const chunk of chunksOf(body)) taken.push(Buffer.from(chunk).toString());
        return { records: 1, events: 1, rejected: 0, skipped: 0, alerts: [], rejections: [] };
      },
    });
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"title":');
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await once(socket, 'close');
    // In pieces, and whole.
    const whole = connect(server.port, '127.0.0.1');
    await once(whole, 'connect');
    whole.write('POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\n\r\n{"a"');
    setTimeout(() => whole.write(':}'), 50);
    const [answer] = (await once(whole, 'data')) as [Buffer];
    whole.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
    expect(taken).toEqual(['{"a":}']);
  });
});
