import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
  await server.store.commit({
    alerts: [1, 2, 3, 4].map((n) => ({
      alert: testAlert(n, { title: hostileStrings[n] ?? '', severity: n === 4 ? 'low' : 'high' }),
      channels: [],
    })),
    now: testNow,
  });
});
afterEach(() => server.close());

const statuses = async () =>
  Promise.all([1, 2, 3, 4].map(async (n) => (await server.store.alert(testId(n)))?.lifecycle?.status));

describe('POST /v1/alerts/status', () => {
  async function post(body: object) {
    const answer = await send(server, '/v1/alerts/status', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: JSON.parse(answer.body) as unknown };
  }

  it('counts first, and then changes what was counted', async () => {
    const where = { severity: 'high', status: 'open' };
    expect(await post({ status: 'resolved', where, dryRun: true })).toMatchObject({
      status: 200,
      body: { found: 3, all: true, changed: 0 },
    });
    expect(await post({ status: 'resolved', where, expect: 2 })).toMatchObject({ status: 409 });
    expect(await statuses()).toEqual([undefined, undefined, undefined, undefined]);
    expect(await post({ status: 'resolved', where, expect: 3, by: 'jane' })).toMatchObject({
      status: 200,
      body: { found: 3, changed: 3, conflictCount: 0 },
    });
    expect(await statuses()).toEqual(['resolved', 'resolved', 'resolved', undefined]);
  });

  it('changes nothing where there are more than were asked for', async () => {
    const where = { severity: 'high' };
    expect(await post({ status: 'resolved', where, most: 2 })).toMatchObject({ status: 409 });
    expect(await post({ status: 'resolved', where, most: 2, dryRun: true })).toMatchObject({
      body: { found: 2, all: false },
    });
    expect(await statuses()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('tells what somebody else decided meanwhile, and leaves it', async () => {
    const alerts = [1, 2].map((n) => ({ id: testId(n), revision: 0 }));
    await post({ status: 'acknowledged', alerts: alerts.slice(0, 1), by: 'bob' });
    expect(await post({ status: 'resolved', alerts })).toMatchObject({
      body: {
        changed: 1,
        conflicts: [
          { id: testId(1), title: hostileStrings[1], status: 'acknowledged', revision: 1, by: 'bob (http)' },
        ],
      },
    });
  });

  it.each<[name: string, body: object]>([
    ['neither alerts nor a search', { status: 'resolved' }],
    ['both', { status: 'resolved', alerts: [{ id: 'x' }], where: { status: 'open' } }],
    ['a search without a condition', { status: 'resolved', where: {} }],
    ['a condition that there is not', { status: 'resolved', where: { colour: 'red' } }],
    ['a false positive without a reason', { status: 'false-positive', where: { status: 'open' } }],
    ['too many', { status: 'resolved', where: { status: 'open' }, most: 10_001 }],
  ])('refuses %s', async (_, body) => {
    expect((await post(body)).status).toBe(400);
    expect(await statuses()).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the form around the list', () => {
  const submit = (
    fields: readonly (readonly [string, string])[],
    query = '?severity=high',
    headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
  ) =>
    send(server, `/alerts${query}`, {
      method: 'POST',
      headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
    });
  const chosen = (...numbers: readonly number[]) => numbers.map((n) => ['chosen', `${testId(n)}:0`] as const);

  it('changes what is chosen and leads back to the same filters', async () => {
    const answer = await submit([['do', 'acknowledged'], ['by', 'jane'], ['text', 'on it'], ...chosen(1, 3)]);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/?severity=high&changed=2']);
    expect(await statuses()).toEqual(['acknowledged', undefined, 'acknowledged', undefined]);
    expect((await send(server, '/?severity=high&changed=2')).body).toContain('<b>2 alerts</b> changed');
  });

  it('shows the second of two people what the first decided, and overwrites nothing', async () => {
    await submit([['do', 'acknowledged'], ['by', 'bob'], ...chosen(1)]);
    const { status, body } = await submit([['do', 'resolved'], ...chosen(1, 2)]);
    expect(status).toBe(409);
    expect(body).toContain('Somebody else was faster');
    expect(body).toContain('by bob (http)');
    expect(body).not.toContain('<script>alert');
    expect(await statuses()).toEqual(['acknowledged', 'resolved', undefined, undefined]);
  });

  it('counts all that fit before anything is done, and again where the number has changed', async () => {
    const first = await submit([
      ['do', 'resolved'],
      ['all', '1'],
      ['text', '"><b>'],
    ]);
    expect(first.status).toBe(200);
    expect(first.body).toContain('Resolve: 3 alerts');
    expect(first.body).toContain('value="&quot;&gt;&lt;b&gt;"');
    expect(await statuses()).toEqual([undefined, undefined, undefined, undefined]);
    await server.store.commit({ alerts: [{ alert: testAlert(5), channels: [] }], now: testNow });
    const all = (expected: string) =>
      submit([
        ['do', 'resolved'],
        ['all', '1'],
        ['expect', expected],
      ]);
    const second = await all('3');
    expect(second.status).toBe(409);
    expect(second.body.replaceAll(/\s+/g, ' ')).toContain(
      'There were 3 when you looked, and there are 4 by now',
    );
    expect((await all('4')).headers['location']).toBe('/?severity=high&changed=4');
    expect(await statuses()).toEqual(['resolved', 'resolved', 'resolved', undefined]);
  });

  it.each<[name: string, fields: readonly (readonly [string, string])[], query: string]>([
    ['nothing that is chosen', [['do', 'resolved']], '?severity=high'],
    ['a false positive without a reason', [['do', 'false-positive'], ...chosen(1)], ''],
    [
      'every alert that there is',
      [
        ['do', 'resolved'],
        ['all', '1'],
        ['expect', '4'],
      ],
      '',
    ],
    ['what it does not know', [['do', 'delete'], ...chosen(1)], ''],
  ])('refuses %s', async (_, fields, query) => {
    expect((await submit(fields, query)).status).toBe(400);
    expect(await statuses()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is taken from its page alone, and passes over rows that are none', async () => {
    expect((await submit([['do', 'resolved'], ...chosen(1)], '', {})).status).toBe(403);
    const answer = await submit([
      ['do', 'resolved'],
      ['chosen', 'x'],
      ['chosen', `${testId(1)}:-1`],
      ['chosen', `${testId(2)}:0:0`],
    ]);
    expect([answer.status, await statuses()]).toEqual([303, [undefined, undefined, undefined, undefined]]);
  });
});
