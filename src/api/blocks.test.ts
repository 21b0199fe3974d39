import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testBlocker } from '../respond/testing/blockers.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { testOffence } from '../web/testing/offences.ts';
import { hostileStrings, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const keys = [
  { name: 'console', key: 'read-key-0123456789', scope: 'read' },
  { name: 'admin', key: 'all-key-0123456789', scope: 'all' },
] as const;

let store: Store;
let server: TestServer;
let dry: TestServer;
let nudged = 0;

beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  const blocker = testBlocker(store.blocks);
  server = await startServer({ store, keys, blocks: { blocker, nudge: () => nudged++ } });
  dry = await startServer({
    store,
    blocks: { blocker: testBlocker(store.blocks, { dryRun: true }), nudge: () => {} },
  });
  await blocker.take([testOffence('198.51.100.7', { last: testNow - 60_000 })], testNow);
});

afterAll(async () => {
  await server.app.close();
  await dry.close();
});

const get = (path: string, key = keys[0].key) => send(server, path, { headers: { 'x-api-key': key } });
const post = (path: string, body: unknown, key: string = keys[1].key) =>
  send(server, path, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const addressesOf = async (path: string) =>
  (JSON.parse((await get(path)).body) as { blocks: { address: string }[] }).blocks.map(
    ({ address }) => address,
  );

describe('the ledger over HTTP', () => {
  it('lists blocks with reason, evidence and what is left of their time', async () => {
    const { status, body } = await get('/v1/blocks');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      blocks: [
        {
          address: '198.51.100.7',
          state: 'active',
          reason: '198.51.100.7 got 60 bad answers in a minute',
          evidence: [{ target: '/.env', status: 404 }],
          secondsLeft: 4 * 3600 - 60,
          decidedBy: 'rule scanner',
        },
      ],
      next: null,
    });
  });

  it.each([
    ['/v1/blocks', { address: '198.51.100.8', reason: 'x' }],
    ['/v1/blocks/remove', { address: '198.51.100.7', reason: 'x' }],
    ['/v1/blocks/approve', { address: '198.51.100.7', reason: 'x' }],
    ['/v1/blocks/disapprove', { address: '198.51.100.7', reason: 'x' }],
  ])('lets nobody change anything at %s with a key that only reads', async (path, body) => {
    expect((await post(path, body, keys[0].key)).status).toBe(401);
    expect(await addressesOf('/v1/blocks')).toEqual(['198.51.100.7']);
  });

  it.each([
    [{ address: 'example.com', reason: 'x' }, 400],
    [{ address: '198.51.100.8' }, 400],
    [{ address: '198.51.100.8', reason: '' }, 400],
    [{ address: '198.51.100.8', reason: 'x', minutes: 0 }, 400],
    [{ address: '198.51.100.8', reason: 'x', more: 1 }, 400],
    [{ address: '10.0.0.1', reason: 'x' }, 409],
    [{ address: '198.0.0.0/8', reason: 'x' }, 409],
  ])('refuses to block %j with %s', async (body, status) => {
    expect((await post('/v1/blocks', body)).status).toBe(status);
  });

  it('says which member of a body is wrong', async () => {
    expect((await post('/v1/blocks', { address: '198.51.100.8' })).body).toContain("Member 'reason'");
  });

  it('adds, removes, approves and takes back, and keeps account of who did', async () => {
    const before = nudged;
    const added = await post('/v1/blocks', {
      address: '2001:db8:1:2::9',
      reason: 'tries passwords',
      minutes: 5,
    });
    expect(JSON.parse(added.body)).toMatchObject({
      block: { address: '2001:db8:1:2::/64', decidedBy: 'key admin', secondsLeft: 300 },
      prolonged: false,
    });
    const removed = await post('/v1/blocks/remove', { address: '2001:db8:1:2::9', reason: 'a customer' });
    expect(JSON.parse(removed.body)).toMatchObject({
      block: { state: 'removed', ended: { by: 'key admin' } },
    });
    expect((await post('/v1/blocks/remove', { address: '2001:db8:1:2::9', reason: 'x' })).status).toBe(404);
    const approved = await post('/v1/blocks/approve', { address: '203.0.113.0/24', reason: 'the office' });
    expect(JSON.parse(approved.body)).toEqual({ ended: [] });
    expect(JSON.parse((await get('/v1/blocks/approved')).body)).toMatchObject({
      approved: [{ network: '203.0.113.0/24', source: 'operator', by: 'key admin' }],
    });
    expect((await post('/v1/blocks', { address: '203.0.113.4', reason: 'x' })).body).toContain('the office');
    expect((await post('/v1/blocks/disapprove', { address: '203.0.113.0/24', reason: 'moved' })).status).toBe(
      200,
    );
    expect((await post('/v1/blocks/disapprove', { address: '203.0.113.0/24', reason: 'moved' })).status).toBe(
      404,
    );
    expect(nudged - before).toBe(3);
    const { lines } = JSON.parse((await get('/v1/blocks/audit?address=2001:db8:1:2::9')).body) as {
      lines: { action: string; by: string }[];
    };
    expect(lines.map(({ action, by }) => [action, by])).toEqual([
      ['remove', 'key admin'],
      ['block', 'key admin'],
    ]);
  });

  it('pages and filters', async () => {
    expect(await addressesOf('/v1/blocks?state=removed')).toEqual(['2001:db8:1:2::/64']);
    expect(await addressesOf('/v1/blocks?state=any&address=198.51.100.7')).toEqual(['198.51.100.7']);
    const first = JSON.parse((await get('/v1/blocks?state=any&limit=1')).body) as { next: string };
    expect(await addressesOf(`/v1/blocks?state=any&limit=1&cursor=${first.next}`)).toEqual(['198.51.100.7']);
    expect((await get('/v1/blocks?cursor=x')).status).toBe(400);
    expect((await get('/v1/blocks?state=x')).status).toBe(400);
  });
});

describe('what other tools poll', () => {
  it('is a list of networks', async () => {
    const { body, headers } = await get('/v1/blocks/list');
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toBe('198.51.100.7/32\n');
  });

  it('is a stream of decisions as CrowdSec has it', async () => {
    const stream = JSON.parse(
      (await get('/v1/decisions/stream?startup=true&scopes=ip,range')).body,
    ) as object;
    expect(stream).toMatchObject({
      new: [
        {
          origin: 'tocsin',
          scenario: 'tocsin/scanner',
          scope: 'Ip',
          type: 'ban',
          value: '198.51.100.7',
          duration: '3h59m0s',
        },
      ],
      deleted: [{ value: '2001:db8:1:2::/64', duration: '0s' }],
    });
    expect(JSON.parse((await get('/v1/decisions/stream?scopes=range')).body)).toMatchObject({ new: [] });
  });

  it('is empty in a dry run', async () => {
    expect((await send(dry, '/v1/blocks/list')).body).toBe('');
    expect(JSON.parse((await send(dry, '/v1/decisions/stream')).body)).toMatchObject({ new: [] });
  });

  it('never holds what is approved, also before the ledger was reviewed', async () => {
    const list = { source: 'cdn', kind: 'approved', networks: [] } as const;
    await testBlocker(store.blocks, { lists: ['cdn'] }).setList(list, testNow);
    await store.blocks.change({}, testNow, () => ({
      approvals: {
        source: 'operator',
        approvals: [
          { network: '198.51.100.0/28', kind: 'approved', source: 'operator', reason: 'x', by: 'x', at: 1 },
        ],
      },
      result: undefined,
    }));
    expect((await get('/v1/blocks/list')).body).toBe('');
    expect(JSON.parse((await get('/v1/decisions/stream')).body)).toMatchObject({ new: [] });
  });
});

describe('the page', () => {
  it('shows what is blocked, why and for how long, and says that it is a dry run', async () => {
    const { status, body } = await send(dry, '/blocks');
    expect(status).toBe(200);
    expect(body).toContain('198.51.100.7');
    expect(body).toContain('3 h 59 min');
    expect(body).toContain('This is a dry run');
    expect((await get('/blocks')).body).not.toContain('This is a dry run');
  });

  it('keeps hostile text of logs harmless', async () => {
    const blocker = testBlocker(store.blocks);
    await blocker.take(
      hostileStrings.map((text, i) => {
        const offence = testOffence(`192.0.2.${i}`, { rule: text, explanation: text });
        const evidence = offence.evidence.map((line) => ({
          ...line,
          target: text,
          host: text,
          method: text,
        }));
        return { ...offence, evidence };
      }),
      testNow,
    );
    const { status, body } = await send(dry, '/blocks');
    expect(status).toBe(200);
    expect(body).toContain('192.0.2.15');
    for (const bad of ['<script>alert', '<img src=x', '<svg', "onmouseover='alert", '\u202E'])
      expect(body).not.toContain(bad);
    expect((await get('/v1/blocks')).status).toBe(200);
  });
});
