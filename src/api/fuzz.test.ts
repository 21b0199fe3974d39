import fc from 'fast-check';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { batchPath } from '../worker/protocol.ts';
import { signedRequest, testBatch, testKey } from '../worker/testing/signed-request.ts';
import { send } from './testing/request.ts';
import { testAlert, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    workers: {
      keys: [{ name: 'eu-west', keys: [testKey] }],
      take: async () => ({ through: 1, taken: 1, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 }),
      onClosed: () => {},
    },
    replay: async () => ({ type: 'nothing' }),
    slack: { signingSecrets: ['a-signing-secret'], act: async () => {} },
  });
  await server.store.commit({ alerts: [{ alert: testAlert(1), channels: ['slack'] }], now: testNow });
  const { paths } = described.parse(JSON.parse((await send(server, '/openapi.json')).body));
  parametersOf = new Map(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.values(methods).flatMap(({ parameters }) =>
        parameters.filter(({ in: where }) => where === 'query').map(({ name }) => name),
      ),
    ]),
  );
});

afterAll(() => server.close());

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    'NaN',
    'null',
    '[]',
    '__proto__',
    'constructor',
    '\u0000',
    '9'.repeat(30),
    'x'.repeat(3000),
  ),
);
/** What each path may be asked, from its own description, so that a parameter that is added is tried too. */
let parametersOf: ReadonlyMap<string, readonly string[]>;
const described = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ parameters: z.array(z.object({ name: z.string(), in: z.string() })).default([]) }),
    ),
  ),
});
const parameter = fc.constantFrom(
  'severity',
  'rule',
  'account',
  'since',
  'until',
  'limit',
  'cursor',
  'cursor[]',
  '__proto__',
  'other',
);
const encode = (value: string): string => encodeURIComponent(value.toWellFormed());
const query = fc
  .array(fc.tuple(fc.oneof(parameter, text), text), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'));
// What no encoder would write: bare percent signs, brackets, ampersands in a row.
const rawQuery = fc.stringMatching(/^[!-~]{0,60}$/).map((raw) => raw.replaceAll('#', ''));
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/v1/alerts',
    '/v1/rejections',
    '/v1/counts',
    '/alerts/x',
    '/v1/alerts/x',
    '/readyz',
    '/openapi.json',
    '/nothing',
  ),
  text.map((id) => `/v1/alerts/${encode(id)}`),
  text.map((id) => `/alerts/${encode(id)}`),
  fc.stringMatching(/^[!-~]{0,60}$/).map((raw) => `/${raw.replaceAll('#', '')}`),
);

describe('no request makes the server fail', () => {
  it('whatever its address', async () => {
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.oneof(query, rawQuery),
        fc.constantFrom('text/html', 'application/json', '*/*'),
        async (where, what, accept) => {
          const { status, body } = await send(server, `${where}?${what}`, { headers: { accept } });
          expect(status).toBeLessThan(500);
          expect(body).not.toMatch(/node_modules|\.ts:\d/);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('whatever it asks by each parameter that its description names', async () => {
    const asked = [...parametersOf].flatMap(([where, names]) =>
      names.map((name) => [where.replaceAll(/\{[^}]+\}/g, 'x'), name] as const),
    );
    expect(asked.length).toBeGreaterThan(30);
    expect(asked).toContainEqual(['/v1/blocks', 'address']);
    const values = [...fc.sample(text, 12), '0', '-1', '::', '0.0.0.0/0', '198.51.100.7', 'x'.repeat(3000)];
    for (const [where, name] of asked)
      for (const value of values) {
        const { status, body } = await send(server, `${where}?${encode(name)}=${encode(value)}`);
        expect({ where, name, value, isFault: status >= 500, body }).toMatchObject({ isFault: false });
      }
  });

  it('whatever its body', async () => {
    const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const body = fc.oneof(
      json,
      bytes,
      text.map((each) => Buffer.from(each)),
      json.map((each) => gzipSync(each)),
    );
    const type = fc.constantFrom(
      'application/json',
      'application/gzip',
      'text/plain',
      'multipart/form-data',
      'x',
      ';',
    );
    await fc.assert(
      fc.asyncProperty(body, type, fc.boolean(), async (content, contentType, chunked) => {
        const headers = {
          'content-type': contentType,
          ...(chunked ? { 'transfer-encoding': 'chunked' } : {}),
        };
        const { status } = await send(server, '/v1/events', { method: 'POST', headers, body: content });
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it('whatever its credentials', async () => {
    const keyed = await startServer({ keys: [{ name: 'a', key: 'the-only-key', scope: 'all' }] });
    const header = fc.stringMatching(/^[!-~][ -~]{0,100}[!-~]$/);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'Bearer ', 'Basic '),
        header,
        header,
        async (scheme, authorization, own) => {
          const headers = { authorization: `${scheme}${authorization}`, 'x-api-key': own };
          expect((await send(keyed, '/v1/alerts', { headers })).status).toBe(401);
        },
      ),
      { numRuns: 200 },
    );
    await keyed.close();
  });
});

/** Every route of the server, so that one that is added is tried too. */
function routesOf({ app }: TestServer): readonly { readonly method: string; readonly path: string }[] {
  const routes: { method: string; path: string }[] = [];
  /** The way down the printed tree, one part a level. */
  const parts: string[] = [];
  for (const printed of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] =
      /^((?:[│ ] {3})*[├└]── )([^ ]+)(?: \(([A-Z, ]+)\))?/.exec(printed) ?? [];
    if (part === '') continue;
    parts.splice(indent.length / 4 - 1, Number.POSITIVE_INFINITY, part);
    for (const method of methods === '' ? [] : methods.split(', '))
      routes.push({ method, path: parts.join('') });
  }
  return routes;
}

/** What comes back on one connection until it ends; the request asks for its end. Fails where that takes too long. */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(8_000, () => {
      socket.destroy();
      reject(new Error(`no answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 500))}`));
    });
    socket.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

/** The statuses of all answers on it; none where the connection was closed without one. */
function statusesIn(answer: string): readonly number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}

const deep = (sign: string, times: number): string => sign.repeat(times);
const oddJson = fc
  .oneof(
    { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 6 }).map((value) => JSON.stringify(value)) },
    fc.constantFrom(
      deep('[', 100_000),
      `${deep('{"a":', 50_000)}1${deep('}', 50_000)}`,
      '{"__proto__":{"a":1},"constructor":{"prototype":{}}}',
      '{"a":1,"a":2}',
      '1e999999',
      '9'.repeat(5_000),
      '"\\ud800"',
      '{"version":1,"stream":"stream-0001","first":1e308,"items":[]}',
      '{"rejections":[{"bytes":"="}]}',
      '{"network":"0.0.0.0/0","reason":"x","by":"y"}',
      `{"network":"${'1.'.repeat(2_000)}"}`,
      '\ufeff{}',
      '',
      'null',
    ),
  )
  .map((json) => Buffer.from(json));
const body = fc.oneof(
  oddJson,
  fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)),
  oddJson.map((json) => gzipSync(json)),
  oddJson.map((json) => gzipSync(json).subarray(0, -4)),
  oddJson.map((json) => deflateSync(json)),
  fc.constant(gzipSync(Buffer.alloc(4_000_000))),
  fc.constant(Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x00, 0x22])),
);
const headerLine = fc.oneof(
  fc.constantFrom(
    'content-type: application/json',
    'content-type: application/json; charset=utf-16',
    'content-type: application/x-www-form-urlencoded',
    'content-type: text/plain',
    'content-type: \xff\xfe',
    'content-encoding: gzip',
    'content-encoding: gzip, gzip',
    'content-encoding: br',
    'content-encoding: constructor',
    'accept: text/html',
    'accept: */*;q=banana',
    'accept-encoding: identity;q=0',
    'authorization: Bearer',
    'authorization: Basic ////',
    'x-api-key: __proto__',
    'origin: null',
    'sec-fetch-site: cross-site',
    'host: localhost:99999',
    'if-none-match: *',
    'range: bytes=0-',
    'cookie: a=b; __proto__=c',
    'x-forwarded-for: 1.1.1.1',
    'upgrade: websocket',
    'tocsin-worker: eu-west',
    'tocsin-signature: v1=',
  ),
  fc
    .tuple(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.stringMatching(/^[ -~\x80-\xff]{0,60}$/))
    .filter(
      ([name]) => !['content-length', 'transfer-encoding', 'connection', 'te', 'trailer'].includes(name),
    )
    .map(([name, value]) => `${name}: ${value}`),
);

describe('whatever is sent to any route', () => {
  const filled = (route: string, value: string): string =>
    route.replaceAll(/:\w+/g, () => encode(value)).replaceAll('*', () => encode(value));

  it('has routes to try, those of workers and of replays among them', () => {
    const paths = routesOf(server).map(({ method, path: each }) => `${method} ${each}`);
    expect(paths.length).toBeGreaterThan(30);
    expect(paths).toEqual(
      expect.arrayContaining([`POST ${batchPath}`, 'POST /v1/rejections/replay', 'GET /alerts/:id']),
    );
  });

  it('is answered soon and without a fault of the server, or not at all', async () => {
    const seen = new Map<number, number>();
    const methods = fc.constantFrom(
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'get',
    );
    const request = fc.record({
      route: fc.constantFrom(...routesOf(server)),
      method: fc.option(methods, { freq: 4, nil: undefined }),
      id: text,
      query: fc.option(fc.oneof(query, rawQuery), { nil: '' }),
      headers: fc.array(headerLine, { maxLength: 8 }),
      content: body,
      framing: fc.constantFrom('length', 'length', 'length', 'chunked', 'too short', 'both', 'none'),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ route, method, id, query: what, headers, content, framing }) => {
        const announced =
          framing === 'length'
            ? [`content-length: ${content.length}`]
            : framing === 'too short'
              ? [`content-length: ${content.length + 5}`]
              : framing === 'none'
                ? []
                : ['transfer-encoding: chunked', ...(framing === 'both' ? ['content-length: 3'] : [])];
        const isChunked = framing === 'chunked' || framing === 'both';
        const sent = isChunked
          ? [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]
          : [content];
        const head = [
          `${method ?? route.method} ${filled(route.path, id)}?${what} HTTP/1.1`,
          'host: localhost',
          'connection: close',
          ...headers,
          ...announced,
        ];
        const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), ...sent]);
        const answer = await exchange(bytes);
        for (const status of statusesIn(answer)) seen.set(status, (seen.get(status) ?? 0) + 1);
        expect(statusesIn(answer).filter((status) => status >= 500)).toEqual([]);
        expect(answer).not.toMatch(/node_modules|\.ts:\d/);
      }),
      { numRuns: Number(process.env.TOCSIN_FUZZ_RUNS ?? 500) },
    );
    // What is turned away at the door tries nothing behind it.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 400, 404]));
    expect((await send(server, '/healthz')).status).toBe(200);
  }, 120_000);

  it('is no fault of the server where a worker has signed it', async () => {
    const batch = fc.record(
      {
        version: fc.constantFrom(1, 2, '1'),
        stream: fc.oneof(fc.constant('stream-0001'), text),
        first: fc.oneof(fc.nat(), fc.double()),
        ends: fc.oneof(fc.boolean(), fc.constant('yes')),
        items: fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record(
              {
                type: fc.constantFrom('record', 'rejection', 'lost', '__proto__'),
                from: fc.oneof(
                  fc.constant({ source: 's', object: 'o', position: 0, receivedAt: 0 }),
                  fc.jsonValue(),
                ),
                record: fc.jsonValue(),
                findings: fc.jsonValue(),
                bytes: text,
                reason: text,
                length: fc.double(),
                count: fc.integer(),
                at: fc.double(),
              },
              { requiredKeys: ['type'] },
            ),
          ),
          { maxLength: 4 },
        ),
      },
      { requiredKeys: [] },
    );
    // Each request is answered once.
    let time = testNow;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          batch.map((each) => Buffer.from(JSON.stringify(each))),
          body,
        ),
        async (content) => {
          const {
            method,
            path: where,
            headers,
            body: sent,
          } = signedRequest(testBatch([]), {
            time: (time += 1),
            body: gzipSync(content),
          });
          const answer = await send(server, where, { method, headers, body: sent });
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });
});
