import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sightingOf } from '../alert/incident/sighting.ts';
import { alertPrefix, toldPrefix } from '../store/incidents.ts';
import { draftFrom, readSearch, searchText } from './suppressions-page.ts';
import { ruleRows } from './rules-page.ts';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const hour = 3_600_000;
const keys = [
  { name: 'reader', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all-key-0123456789', scope: 'all' },
] as const;
let server: TestServer;
let nudges = 0;
let refreshed = 0;

beforeAll(async () => {
  server = await startServer({
    keys,
    incidents: {
      windowMs: 6 * hour,
      longestMs: 24 * hour,
      most: 200,
      mostActors: 5,
      ignore: new Set(),
    },
    life: {
      nudge: () => (nudges += 1),
      onSuppressions: async () => void (refreshed += 1),
      problemOf: (when) =>
        JSON.stringify(when).includes('nonsense') ? "there is no field 'nonsense'" : undefined,
    },
  });
  const alerts = [1, 2, 3, 4].map((n) =>
    testAlert(n, { rule: { id: `rule-${n}`, title: `Rule ${n}` }, title: hostileStrings[n] ?? '' }),
  );
  const teller = testAlert(99, { rule: { id: 'incident', title: 'Several alerts belong together' } });
  await server.store.commit({
    alerts: [...alerts, teller].map((alert) => ({ alert, channels: ['slack'] })),
    state: [
      ...alerts.slice(0, 3).flatMap((alert) => {
        const sighting = sightingOf(alert, testNow);
        return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
      }),
      { key: toldPrefix + testId(3), value: { id: testId(3), alertId: testId(99), severity: 'high' } },
    ],
    now: testNow,
  });
});
afterAll(() => server.close());

const reading = { accept: 'text/html', 'x-api-key': keys[0].key };
const get = (path: string) => send(server, path, { headers: reading });

function submit(
  path: string,
  fields: readonly (readonly [string, string])[],
  headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
  key: string = keys[1].key,
) {
  return send(server, path, {
    method: 'POST',
    headers: {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      'x-api-key': key,
      ...headers,
    },
    body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
  });
}

const formPaths = [`/incidents/${testId(3)}`, '/suppressions', '/suppressions/x/end', '/channels'] as const;

describe('every form', () => {
  it.each(formPaths)('of %s is taken from its page alone, and with a key that may', async (path) => {
    expect((await submit(path, [['do', 'resolved']], {})).status).toBe(403);
    expect((await submit(path, [['do', 'resolved']], { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await submit(path, [['do', 'resolved']], undefined, keys[0].key)).status).toBe(401);
  });

  it.each([formPaths[0], formPaths[1], formPaths[3]])('of %s that is none is refused', async (path) => {
    expect((await submit(path, [['do', 'nothing']])).status).toBe(400);
    expect(
      (
        await submit(path, [
          ['do', 'resolved'],
          ['do', 'open'],
        ])
      ).status,
    ).toBe(400);
  });
});

describe('the page of an incident', () => {
  it('is found by the id of any alert, and says so where there is none', async () => {
    for (const number of [1, 3, 99]) {
      const { status, body } = await get(`/incidents/${testId(number)}`);
      expect([status, body.includes(`action="/incidents/${testId(3)}"`)]).toEqual([200, true]);
    }
    expect((await get(`/incidents/${testId(4)}`)).status).toBe(404);
    expect((await get('/incidents?minScore=x')).status).toBe(200);
  });

  it('is linked both ways with its alerts', async () => {
    expect((await get(`/alerts/${testId(1)}`)).body).toContain(`href="/incidents/${testId(3)}"`);
    expect((await get(`/alerts/${testId(99)}`)).body).toContain(`href="/incidents/${testId(3)}"`);
    expect((await get(`/alerts/${testId(4)}`)).body).not.toContain('href="/incidents/');
  });

  it('changes all of it, tells how many, and of two people refuses the second', async () => {
    const path = `/incidents/${testId(3)}`;
    const done = await submit(path, [
      ['do', 'acknowledged'],
      ['revision', '0'],
      ['by', 'jane'],
      ['text', ''],
    ]);
    expect([done.status, done.headers['location']]).toEqual([303, `${path}?changed=4&unchanged=0#life`]);
    expect(nudges).toBe(1);
    const unfounded = await submit(path, [
      ['do', 'false-positive'],
      ['by', 'jane'],
      ['text', ''],
    ]);
    expect([unfounded.status, unfounded.body.includes('needs a reason')]).toEqual([400, true]);
    const second = await submit(path, [
      ['do', 'false-positive'],
      ['revision', '0'],
      ['by', ''],
      ['text', 'a drill "x"'],
    ]);
    expect(second.status).toBe(409);
    expect(second.body).toContain('somebody else was faster');
    expect(second.body).toContain('a drill &quot;x&quot;');
    expect((await server.store.alert(testId(1)))?.lifecycle).toMatchObject({
      status: 'acknowledged',
      by: 'jane (key admin)',
    });
  });
});

describe('the page of suppressions', () => {
  const draft = [
    ['name', 'patch night'],
    ['when', 'tocsin.actor.name: deploy/*\r\ntocsin.account: 111122223333'],
    ['reason', 'hosts are replaced'],
    ['owner', 'platform'],
    ['days', '7'],
  ] as const;

  it('makes one and ends it', async () => {
    const made = await submit('/suppressions', draft);
    expect([made.status, made.headers['location'], refreshed]).toEqual([303, '/suppressions', 1]);
    const [one] = await server.store.life.suppressions();
    expect(one).toMatchObject({
      name: 'patch night',
      when: { 'tocsin.actor.name': 'deploy/*', 'tocsin.account': '111122223333' },
      until: testNow + 7 * 24 * hour,
      createdBy: 'key admin',
    });
    const ended = await submit(`/suppressions/${one?.id ?? ''}/end`, []);
    expect([ended.status, refreshed]).toEqual([303, 2]);
    expect((await server.store.life.suppressions())[0]?.ended?.by).toBe('key admin');
    expect((await submit('/suppressions/none/end', [])).status).toBe(404);
  });

  it.each([
    ['no name', 'name', '', 'needs a name'],
    ['a line that is none', 'when', 'deploy', 'not of the form'],
    ['no search', 'when', '  ', 'Say which alerts'],
    ['a field that there is not', 'when', 'nonsense: 1', 'no field'],
    ['JSON that is none', 'when', '{"a":', 'begins like JSON'],
  ])('is not made with %s, and nothing of what was written is lost', async (_, field, value, problem) => {
    const { status, body } = await submit(
      '/suppressions',
      draft.map(([name, text]) => [name, name === field ? value : text]),
    );
    expect([status, body.includes(problem), body.includes('hosts are replaced')]).toEqual([400, true, true]);
  });

  it.each(hostileStrings)('takes %j letter by letter from an alert', (text) => {
    const { when } = draftFrom(
      testAlert(1, {
        rule: { id: 'r', title: 't' },
        who: { kind: 'iam-user', name: text || 'x', chain: [] },
      }),
    );
    const read = readSearch(when);
    if ('problem' in read) throw new Error(read.problem);
    const name = (read.when as Record<string, string>)['tocsin.actor.name'];
    expect(name?.replace(/\\([\\*?])/g, '$1')).toBe(text || 'x');
    expect(searchText(read.when)).toBe(when);
  });
});

describe('the page of rules', () => {
  it('puts the noisiest first, and of equals the least precise', () => {
    const judged = (id: string, resolved: number, falsePositives: number) => ({
      rule: { id, title: id },
      resolved,
      falsePositives,
    });
    const alerts = new Map([
      ['good', { title: 'good', count: 5 }],
      ['bad', { title: 'bad', count: 5 }],
      ['loud', { title: 'loud', count: 50 }],
    ]);
    const rows = ruleRows([{ id: 'loud', title: 'Loud', level: 'low' }], alerts, [
      judged('good', 9, 1),
      judged('bad', 1, 9),
      judged('gone', 2, 0),
    ]);
    expect(rows.map(({ id, alerts: count }) => [id, count])).toEqual([
      ['loud', 50],
      ['bad', 5],
      ['good', 5],
      ['gone', 0],
    ]);
    expect(rows[0]).toMatchObject({ title: 'Loud', level: 'low' });
  });

  it('counts alerts, and names rules that never fired', async () => {
    const { status, body } = await get('/rules');
    expect(status).toBe(200);
    expect(body).toContain('Rule 1');
    expect(body).toContain('0 rules that run have made no alert');
  });
});

describe('the page of channels', () => {
  async function giveUp(count: number) {
    const held = await server.store.claim('slack', {
      now: testNow,
      leaseUntil: testNow + 1,
      limit: count,
    });
    for (const { id } of held)
      await server.store.settle(id, { type: 'dead', reason: hostileStrings[1] ?? '' }, testNow);
    return held.map(({ id }) => id);
  }

  it('tries again and drops what is chosen, or all of a channel', async () => {
    const [first = '', second = '', third = ''] = await giveUp(4);
    const { body } = await get('/channels');
    expect(body).toContain(first);
    const one = await submit('/channels?channel=slack', [
      ['do', 'replay'],
      ['id', first],
    ]);
    expect(one.headers['location']).toBe('/channels?channel=slack&handled=1');
    const two = await submit('/channels', [
      ['do', 'drop'],
      ['id', second],
      ['id', third],
      ['id', 'unknown'],
    ]);
    expect(two.headers['location']).toBe('/channels?handled=2');
    const none = await submit('/channels', [['do', 'drop']]);
    expect(none.headers['location']).toBe('/channels?handled=0');
    const notAll = await submit('/channels', [
      ['do', 'drop'],
      ['channel', 'slack'],
    ]);
    expect(notAll.headers['location']).toBe('/channels?handled=0');
    const all = await submit('/channels', [
      ['do', 'replay'],
      ['channel', 'slack'],
    ]);
    expect(all.headers['location']).toBe('/channels?handled=1');
    expect((await server.store.deadDeliveries({ limit: 10 })).deliveries).toEqual([]);
  });
});
