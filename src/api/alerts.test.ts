import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { severities } from '../event/severity.ts';
import { send } from './testing/request.ts';
import { testAlert, testId, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;

/** Ten alerts, an hour apart, the newest an hour old. */
const alerts = Array.from({ length: 10 }, (_, i) =>
  testAlert(
    i + 1,
    {
      severity: severities[i % 5] ?? 'low',
      rule: { id: `rule-${i % 2}`, title: 'A rule' },
      where: {
        account: i < 5 ? '111122223333' : '444455556666',
        region: 'eu-west-1',
        origin: { type: 'address', address: '203.0.113.7' },
      },
    },
    (i + 1) * 60,
  ),
);

beforeAll(async () => {
  server = await startServer();
  await server.store.commit({
    alerts: alerts.map((alert) => ({ alert, channels: alert.id === testId(1) ? ['slack', 'siem'] : [] })),
    now: testNow,
  });
  const [delivery] = await server.store.claim('slack', {
    now: testNow,
    leaseUntil: testNow + 1000,
    limit: 1,
  });
  if (delivery !== undefined) {
    await server.store.settle(delivery.id, { type: 'dead', reason: 'channel_not_found' }, testNow);
  }
});

afterAll(() => server.close());

const list = z.object({ alerts: z.array(z.looseObject({ id: z.string() })), next: z.string().nullable() });

async function ids(query: string): Promise<readonly number[]> {
  const answer = await send(server, `/v1/alerts${query}`);
  expect([query, answer.status]).toEqual([query, 200]);
  return list.parse(JSON.parse(answer.body)).alerts.map(({ id }) => Number.parseInt(id, 16));
}

describe('GET /v1/alerts', () => {
  const hour = 3_600_000;
  it.each([
    ['', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['?severity=critical', [5, 10]],
    ['?severity=high', [4, 5, 9, 10]],
    ['?severity=informational', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['?rule=rule-1', [2, 4, 6, 8, 10]],
    ['?rule=none', []],
    ['?account=444455556666', [6, 7, 8, 9, 10]],
    ['?account=444455556666&severity=high&rule=rule-1', [10]],
    ['?since=3h', [1, 2, 3]],
    [`?since=${testNow - 3 * hour}`, [1, 2, 3]],
    [`?since=${(testNow - 3 * hour) / 1000}`, [1, 2, 3]],
    ['?since=2026-11-21T09:00:00Z', [1, 2, 3]],
    ['?until=2026-11-21T09:00:00Z', [4, 5, 6, 7, 8, 9, 10]],
    ['?since=2026-11-21T08:00:00Z&until=2026-11-21T10:00:00Z', [3, 4]],
    ['?limit=2', [1, 2]],
    ['?address=203.0.113.7&limit=2', [1, 2]],
    ['?address=203.0.113.8', []],
    ['?region=EU-WEST-1&severity=critical', [5, 10]],
    ['?text=203.0.113.7&rule=rule-1', [2, 4, 6, 8, 10]],
    ['?text=444455556666%20eu-west-1&severity=high', [9, 10]],
    ['?text=nothing-of-the-kind', []],
    ['?actor=nobody', []],
  ])('with %j lists %j', async (query, expected) => expect(await ids(query)).toEqual(expected));

  it('is walked through with the cursor, each alert once', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null && page < 10; page++) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const found = list.parse(JSON.parse((await send(server, `/v1/alerts?limit=3${from}`)).body));
      seen.push(...found.alerts.map(({ id }) => id));
      cursor = found.next;
    }
    expect(cursor).toBeNull();
    expect(seen).toEqual(alerts.map(({ id }) => id));
  });

  it('leaves raw events out', async () => {
    const { body } = await send(server, '/v1/alerts?limit=1');
    expect(JSON.parse(body)).toMatchObject({ alerts: [{ evidence: { eventId: expect.any(String) } }] });
    expect(body).not.toContain('"fields"');
  });

  it.each([
    ['severity', '?severity=urgent'],
    ['severity', '?severity='],
    ['severity', '?severity=low&severity=high'],
    ['rule', '?rule='],
    ['rule', `?rule=${'x'.repeat(201)}`],
    ['account', '?account='],
    ['since', '?since=yesterday'],
    ['until', '?until=2026-02-31T99:00Z'],
    ['limit', '?limit=0'],
    ['limit', '?limit=501'],
    ['limit', '?limit=1.5'],
    ['limit', '?limit=many'],
    ['limit', '?limit='],
    ['cursor', '?cursor='],
    ['cursor', '?cursor=made-up'],
    ['sevrity', '?sevrity=high'],
    ['__proto__', '?__proto__=x'],
  ])('names the parameter %s that is wrong in %s', async (parameter, query) => {
    const answer = await send(server, `/v1/alerts${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: expect.stringContaining(`Query parameter '${parameter}'`),
      parameter,
    });
  });
});

describe('GET /v1/alerts/:id', () => {
  it('has the raw event and the deliveries', async () => {
    const answer = await send(server, `/v1/alerts/${testId(1)}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      alert: alerts[0],
      deliveries: expect.arrayContaining([
        expect.objectContaining({
          channel: 'slack',
          state: 'dead',
          attempts: 1,
          reason: 'channel_not_found',
        }),
        expect.objectContaining({ channel: 'siem', state: 'pending', attempts: 0 }),
      ]),
    });
  });

  it.each([
    testId(99),
    'x',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    'x'.repeat(900),
    testId(1).toUpperCase().replace('0', 'A'),
  ])('is 404 for %s', async (id) => expect((await send(server, `/v1/alerts/${id}`)).status).toBe(404));
});

describe('the other routes', () => {
  it('count what the store holds', async () => {
    expect(JSON.parse((await send(server, '/v1/counts')).body)).toEqual({
      alerts: { informational: 2, low: 2, medium: 2, high: 2, critical: 2 },
      deliveries: { pending: 1, delivered: 0, dead: 1, dropped: 0 },
      excepted: 0,
      rejections: 0,
    });
  });

  it('hand on the metrics as Prometheus reads them', async () => {
    const answer = await send(server, '/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toBe('tocsin_alerts_total 0\n');
  });

  it('say 503 where the server is not ready, and why', async () => {
    const checks = [{ name: 'store', ok: false, detail: 'disk full' }];
    const unready = await startServer({ health: () => ({ ready: false, checks }) });
    const answer = await send(unready, '/readyz');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([503, { ready: false, checks }]);
    expect((await send(unready, '/healthz')).status).toBe(200);
    await unready.close();
  });

  it('say 503 where the store cannot be used, in pages too, and give nothing away', async () => {
    const broken = await startServer();
    await broken.store.close();
    for (const path of [
      '/v1/alerts',
      `/v1/alerts/${testId(1)}`,
      '/v1/rejections',
      '/v1/counts',
      '/',
      `/alerts/${testId(1)}`,
      '/rules',
      '/channels',
      '/suppressions',
    ]) {
      for (const accept of ['application/json', 'text/html']) {
        const answer = await send(broken, path, { headers: { accept } });
        expect([path, answer.status, answer.headers['retry-after']]).toEqual([path, 503, '5']);
        const isForPeople = accept === 'text/html' && !path.startsWith('/v1/');
        expect([path, answer.headers['content-type']]).toEqual([
          path,
          `${isForPeople ? 'text/html' : 'application/problem+json'}; charset=utf-8`,
        ]);
        expect(answer.body).not.toMatch(/node_modules|\.ts:\d|SQLITE|:memory:|Error:/);
      }
    }
    await broken.app.close();
  });

  it('answer what is not there with problem details, or with a page for people', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/v1/alerts'],
      ['PUT', '/'],
      ['GET', '/assets/../api.ts'],
    ] as const) {
      const answer = await send(server, path, { method });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
    }
    for (const [path, status] of [
      ['/incidents/x', 404],
      ['/channels?cursor=x', 400],
      ['/blocks?cursor=x', 400],
    ] as const) {
      const wrong = await send(server, path, { headers: { accept: 'text/html,*/*' } });
      expect([path, wrong.status, wrong.headers['content-type']]).toEqual([
        path,
        status,
        'text/html; charset=utf-8',
      ]);
    }
    const page = await send(server, '/nothing', { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.body).toContain('Nothing answers GET at this address');
  });

  it.each(['/%zz', '/v1/alerts/%e0%a4%a', `/v1/alerts/${'x'.repeat(2000)}`])(
    'refuse the address %.30s',
    async (path) => {
      const answer = await send(server, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    },
  );

  it('send the headers that keep a browser from doing more than it should', async () => {
    const api = await send(server, '/v1/alerts');
    const page = await send(server, '/');
    for (const [{ headers }, referrer] of [
      [api, 'no-referrer'],
      // A page with a form: without any referrer browsers would not say either where what it sends comes from.
      [page, 'same-origin'],
    ] as const) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': referrer,
        'cross-origin-resource-policy': 'same-origin',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers).not.toHaveProperty('strict-transport-security');
    }
  });

  it('ask for https for good only where the public address is https', async () => {
    const secure = await startServer({ publicUrl: 'https://tocsin.example.com' });
    expect((await send(secure, '/healthz')).headers).toHaveProperty('strict-transport-security');
    await secure.close();
  });
});
