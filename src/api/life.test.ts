import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breadthProblem } from '../alert/suppression.ts';
import { readSelection } from '../sigma/selection.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { sampleAlert, sampleId } from '../store/testing/samples.ts';
import { testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const keys = [
  { name: 'console', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all-key-0123456789', scope: 'all' },
] as const;

let store: Store;
let server: TestServer;

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  server = await startServer({
    store,
    keys,
    life: {
      channelNames: () => [],
      nudge: () => {},
      onSuppressions: async () => {},
      problemOf: (when) => breadthProblem(readSelection(when)),
    },
  });
  await store.commit({
    alerts: [1, 2, 3, 4].map((n) => ({ alert: sampleAlert(n), channels: [] })),
    now: 1,
  });
});
afterAll(() => server.close());

async function ask(path: string, body?: unknown, key: string = keys[1].key) {
  const answer = await send(server, path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as unknown };
}

const at = (number: number, rest: string) => `/v1/alerts/${sampleId(number)}/${rest}`;

describe('the life of alerts, over HTTP', () => {
  it('changes the status, says who did it, and lists by it', async () => {
    expect(await ask(at(1, 'status'), { status: 'acknowledged', by: 'jane', revision: 0 })).toMatchObject({
      status: 200,
      body: {
        changed: true,
        alert: {
          id: sampleId(1),
          lifecycle: { status: 'acknowledged', revision: 1, by: 'jane (key admin)' },
        },
      },
    });
    expect(await ask(at(1, 'status'), { status: 'acknowledged' })).toMatchObject({
      body: { changed: false },
    });
    expect(await ask('/v1/alerts?status=acknowledged,resolved')).toMatchObject({
      body: { alerts: [{ id: sampleId(1) }] },
    });
    expect(await ask(at(1, 'history'), undefined, keys[0].key)).toMatchObject({
      status: 200,
      body: {
        lines: [
          { action: 'status', by: 'jane (key admin)', via: 'api', detail: 'from open to acknowledged' },
        ],
        next: null,
      },
    });
  });

  it('refuses what was decided from an older revision', async () => {
    await ask(at(2, 'comments'), { text: 'looks real' });
    expect(await ask(at(2, 'status'), { status: 'resolved', revision: 0 })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('revision 1 by now') as string },
    });
  });

  it.each<[name: string, rest: string, body: unknown, status: number]>([
    ['a false positive without a reason', 'status', { status: 'false-positive' }, 400],
    ['a status that is none', 'status', { status: 'done' }, 400],
    ['a snooze into the past', 'snooze', { until: 1 }, 400],
    ['an empty comment', 'comments', { text: '' }, 400],
    ['something unknown', 'assignee', { assignee: 'jane', to: 'x' }, 400],
  ])('refuses %s', async (_, rest, body, status) => {
    expect(await ask(at(3, rest), body)).toMatchObject({ status });
    expect(await ask(at(3, 'history'))).toMatchObject({ body: { lines: [] } });
  });

  it('knows no alert that is not there, and lets nobody change one with a key for reading', async () => {
    expect(await ask(at(9, 'status'), { status: 'resolved' })).toMatchObject({ status: 404 });
    expect(await ask(at(3, 'status'), { status: 'resolved' }, keys[0].key)).toMatchObject({ status: 401 });
  });

  it('assigns and snoozes, and takes both back', async () => {
    await ask(at(3, 'assignee'), { assignee: 'joe' });
    expect(await ask('/v1/alerts?assignee=joe')).toMatchObject({ body: { alerts: [{ id: sampleId(3) }] } });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await ask(at(3, 'snooze'), { until, reason: 'tomorrow' })).toMatchObject({
      body: { alert: { lifecycle: { assignee: 'joe', snoozedUntil: Date.parse(until) } } },
    });
    await ask(at(3, 'assignee'), { assignee: null });
    const { body } = await ask(at(3, 'snooze'), { until: null });
    expect(JSON.stringify(body)).not.toMatch(/snoozedUntil|assignee/);
  });

  it('tells how well rules do', async () => {
    await ask(at(3, 'status'), { status: 'resolved' });
    await ask(at(4, 'status'), { status: 'false-positive', reason: 'backup' });
    expect(await ask('/v1/rules/figures', undefined, keys[0].key)).toMatchObject({
      status: 200,
      body: {
        statuses: { resolved: 1, 'false-positive': 1 },
        rules: [{ resolved: 1, falsePositives: 1, precision: 0.5 }],
      },
    });
  });

  it('makes suppressions, lists them and ends them', async () => {
    const asked = {
      name: 'migration',
      when: { 'tocsin.rule.id': 'r' },
      reason: 'agreed',
      owner: 'jane',
      until: Date.now() + 60_000,
    };
    expect(await ask('/v1/suppressions', { ...asked, until: 5 })).toMatchObject({ status: 400 });
    const made = await ask('/v1/suppressions', asked);
    expect(made).toMatchObject({ status: 201, body: { ...asked, createdBy: 'key admin' } });
    const { id } = made.body as { id: string };
    expect(await ask(`/v1/suppressions/${id}/end`, {})).toMatchObject({
      body: { id, ended: { by: 'key admin' } },
    });
    expect(await ask('/v1/suppressions/x/end', {})).toMatchObject({ status: 404 });
    expect(await ask('/v1/suppressions')).toMatchObject({ body: { suppressions: [{ id }] } });
  });

  it.each([
    ['an end that is no time', { until: 1e300 }, 'until'],
    ['an end more than a year away', { until: testNow + 400 * 86_400_000 }, 'a year away'],
    ['an end before its beginning', { from: testNow + 7_200_000 }, 'behind `from`'],
    ['a beginning that is no time', { from: -1e300 }, 'from: is no point in time'],
    ['a search that holds where nothing is', { when: { evntName: null } }, 'when: holds for an event'],
  ])('makes no suppression with %s', async (_, wrong, message) => {
    const before = await store.life.suppressions();
    const asked = { name: 'x', when: { 'tocsin.actor.name': 'x' }, reason: 'r', owner: 'o' };
    const until = testNow + 3_600_000;
    const { status, body } = await ask('/v1/suppressions', { ...asked, until, ...wrong });
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(message)]);
    expect(await store.life.suppressions()).toEqual(before);
  });
});
