import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const keys = [
  { name: 'reader', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all-key-0123456789', scope: 'all' },
] as const;

let store: Store;
let server: TestServer;
let nudges = 0;

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  server = await startServer({ store, life: { nudge: () => (nudges += 1) } });
  await store.commit({
    alerts: [1, 2, 3, 4, 5].map((n) => ({ alert: testAlert(n), channels: [] })),
    now: testNow,
  });
});
afterAll(() => server.close());

const fromPage = { 'sec-fetch-site': 'same-origin' };

async function submit(
  number: number,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = fromPage,
  to = server,
) {
  return send(to, `/alerts/${testId(number)}?severity=high`, {
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({
      revision: '0',
      by: '',
      assignee: '',
      text: '',
      hours: '4',
      ...fields,
    }).toString(),
  });
}

const lifeOf = async (number: number) => (await store.alert(testId(number)))?.lifecycle;

describe('the form on the page of an alert', () => {
  it('changes the alert, says who did it, and leads back to the page with its filters', async () => {
    const answer = await submit(1, { do: 'acknowledged', by: 'jane', text: 'on it\r\nnow' });
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe(`/alerts/${testId(1)}?severity=high#life`);
    expect(await lifeOf(1)).toMatchObject({
      status: 'acknowledged',
      by: 'jane (http)',
      reason: 'on it\nnow',
    });
    expect(nudges).toBe(1);
    await submit(1, { do: 'assign', assignee: 'joe', revision: '1' });
    await submit(1, { do: 'snooze', hours: '24', revision: '2' });
    expect(await lifeOf(1)).toMatchObject({ assignee: 'joe', snoozedUntil: testNow + 86_400_000 });
    await submit(1, { do: 'wake', revision: '3' });
    await submit(1, { do: 'assign', assignee: ' ', revision: '4' });
    expect(await lifeOf(1)).toMatchObject({ revision: 5 });
    expect(await lifeOf(1)).not.toHaveProperty('assignee');
    const { lines } = await store.life.history({ alertId: testId(1), limit: 9 });
    expect(lines.every(({ via }) => via === 'console')).toBe(true);
  });

  it('does nothing of what was decided from an older state, says what happened since, and gives the text back', async () => {
    await submit(2, { do: 'in-progress', by: 'joe', text: 'mine <b>' });
    const { status, body } = await submit(2, { do: 'resolved', by: 'jane', text: 'key "deleted"' });
    expect(status).toBe(409);
    const said = body.slice(body.indexOf('role="alert"'), body.indexOf('<form class="change"'));
    expect(said).toContain('Nothing was changed.');
    expect(said).toContain('from open to in-progress: mine &lt;b&gt;');
    expect(body).toContain('key &quot;deleted&quot;</textarea');
    expect(body).toMatch(/name="revision" value="1"/);
    expect(await lifeOf(2)).toMatchObject({ status: 'in-progress', revision: 1 });
  });

  it('takes a comment whatever happened since', async () => {
    expect((await submit(2, { do: 'comment', text: 'saw it too' })).status).toBe(303);
  });

  it.each<[what: string, fields: Record<string, string>, problem: string]>([
    ['a false positive without a reason', { do: 'false-positive' }, 'a false positive needs a reason'],
    ['an empty comment', { do: 'comment', text: ' ' }, 'must say something'],
    ['a change that is none', { do: 'explode' }, 'The form is not one of this page'],
    ['a revision that is no number', { do: 'resolved', revision: 'x' }, 'The form is not one of this page'],
    ['a name that is too long', { do: 'resolved', by: 'x'.repeat(201) }, 'The form is not one of this page'],
    ['an assignee that is too long', { do: 'assign', assignee: 'x'.repeat(201) }, '200 are the most'],
    ['a snooze without an end', { do: 'snooze', hours: 'Infinity' }, 'The form is not one of this page'],
  ])('refuses %s, on a page', async (_, fields, problem) => {
    const { status, headers, body } = await submit(3, fields);
    expect(status).toBe(400);
    expect(headers['content-type']).toContain('text/html');
    expect(body).toContain(problem);
    expect(await lifeOf(3)).toBeUndefined();
  });

  it.each<[what: string, headers: Record<string, string>, status: number]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['nowhere', {}, 403],
    ['a program that sends JSON', { ...fromPage, 'content-type': 'application/json' }, 415],
  ])('takes nothing from %s', async (_, headers, status) => {
    expect((await submit(3, { do: 'resolved' }, headers)).status).toBe(status);
    expect(await lifeOf(3)).toBeUndefined();
  });

  it('knows no alert that is not there', async () => {
    expect((await submit(99, { do: 'resolved' })).status).toBe(404);
  });

  it('shows hostile names and texts as texts', async () => {
    for (const [n, text] of hostileStrings.entries()) {
      const revision = String((await lifeOf(4))?.revision ?? 0);
      const fields = { by: text.slice(0, 200), assignee: `${n} ${text}`.slice(0, 200), revision };
      expect((await submit(4, { ...fields, do: 'assign' })).status).toBe(303);
      await submit(4, { ...fields, do: 'comment', text: text.slice(0, 4_000) });
      const { body } = await send(server, `/alerts/${testId(4)}`);
      expect(body).not.toMatch(/<script>|<img src=x|<svg onload|\u202e/);
      expect(body).not.toContain('\u001b');
    }
    const { lines } = await store.life.history({ alertId: testId(4), limit: 100 });
    expect(lines.filter(({ action }) => action === 'comment')).toHaveLength(hostileStrings.length);
  });

  it('needs a key that may change things where keys are configured', async () => {
    const guarded = await startServer({ store, keys });
    const basic = (key: string) => ({
      ...fromPage,
      authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}`,
    });
    expect((await submit(5, { do: 'resolved' }, basic(keys[0].key), guarded)).status).toBe(401);
    expect((await submit(5, { do: 'resolved' }, basic(keys[1].key), guarded)).status).toBe(303);
    expect(await lifeOf(5)).toMatchObject({ status: 'resolved', by: 'key admin' });
    const forged = { ...basic(keys[1].key), 'sec-fetch-site': 'cross-site' };
    expect((await submit(5, { do: 'open', revision: '1' }, forged, guarded)).status).toBe(403);
    await guarded.app.close();
  });
});

describe('the list', () => {
  it('chooses by status and assignee, and says how many there are of each', async () => {
    const { body } = await send(server, '/?status=in-progress');
    expect([...body.matchAll(/data-alert="(\w+)"/g)].map(([, id]) => id)).toEqual([testId(2)]);
    expect(body).toMatch(/aria-current="true"\s*>In progress <span class="count">1<\/span>/);
    expect((await send(server, '/?assignee=nobody')).body).toContain('No alert fits these filters');
    expect((await send(server, '/?status=done')).status).toBe(400);
  });
});
