import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { batchPath } from '../worker/protocol.ts';
import { signedRequest, testBatch, testKey } from '../worker/testing/signed-request.ts';
import { testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;
let taken: number;
let finish: () => void;
let held: Promise<void>;

/** One request is under way until `finish`, and so the server cannot have closed before. */
beforeEach(async () => {
  taken = 0;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let begun = (): void => {};
  held = new Promise<void>((resolve) => {
    begun = resolve;
  });
  server = await startServer({
    ingest: async () => {
      begun();
      await finished;
      return { records: 1, events: 0, rejected: 0, skipped: 1, alerts: [], rejections: [] };
    },
    workers: {
      keys: [{ name: 'eu-west', keys: [testKey] }],
      take: async () => {
        taken += 1;
        return { through: 1, taken: 1, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 };
      },
      onClosed: () => {},
    },
  });
});
afterEach(() => finish());

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A connection over which the server has these bytes. */
async function begin(bytes: string): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const accepted = once(server.app.server, 'connection') as Promise<[Socket]>;
  const socket = connect(server.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(answer));
  });
  socket.write(bytes);
  const [there] = await accepted;
  await until(() => there.bytesRead === bytes.length);
  return { socket, answer: ended };
}

/** What is sent in two parts, the second of them while the server closes. */
function signed(body?: Buffer): readonly [string, Buffer] {
  const batch = testBatch([{ type: 'lost', count: 1, reason: 'no room', at: testNow }]);
  const request = signedRequest(batch, { time: testNow, encoding: 'identity' });
  const sent = body ?? request.body;
  const headers = Object.entries({ ...request.headers, 'content-length': String(sent.length) });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return [`POST ${batchPath} HTTP/1.1\r\nhost: localhost\r\n`, Buffer.from(`${lines}\r\n${sent.toString()}`)];
}

const unsigned = Buffer.from('content-length: 0\r\n\r\n');
const stopping = /^HTTP\/1.1 503 [^]*retry-after: 5\r\n[^]*"detail":"The server is stopping/;

it.each<[string, readonly [string, Buffer], RegExp]>([
  [
    'nothing to who is no worker, at their address',
    [`POST ${batchPath} HTTP/1.1\r\nhost: localhost\r\n`, unsigned],
    /^$/,
  ],
  [
    'nothing to who has only the head of a worker',
    signed(Buffer.from('{"version":1,"stream":"another"}')),
    /^$/,
  ],
  ['a worker that it should come again', signed(), stopping],
  ['everybody else the same', ['POST /v1/events HTTP/1.1\r\nhost: localhost\r\n', unsigned], stopping],
  ['and be it where nothing is', ['POST /nothing HTTP/1.1\r\nhost: localhost\r\n', unsigned], stopping],
])('a server that is closing tells %s', async (_, [first, rest], told) => {
  const underway = await begin(
    'POST /v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}',
  );
  await held;
  const late = await begin(first);
  const closed = server.close();
  await until(() => !server.app.server.listening);
  late.socket.write(rest);
  expect(await late.answer).toMatch(told);
  expect(taken).toBe(0);
  finish();
  expect(await underway.answer).toMatch(/^HTTP\/1.1 200 /);
  await closed;
});
