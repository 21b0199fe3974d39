import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from './testing/request.ts';
import { testAlert, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await server.store.commit({ alerts: [{ alert: testAlert(1), channels: ['slack'] }], now: testNow });
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
