import { expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { net } from '../web/testing/networks.ts';
import { testNow, testOffence } from '../web/testing/offences.ts';
import { crowdSecStream, goDuration } from './crowdsec.ts';
import { testBlocker } from './testing/blockers.ts';

it.each([
  [0, '0s'],
  [999, '0s'],
  [61_000, '1m1s'],
  [4 * 3_600_000 - 1, '3h59m59s'],
  [-1_500, '-1s'],
])('%s ms is %s in Go', (ms, text) => expect(goDuration(ms)).toBe(text));

it('what is blocked is new, what was ended before its time is deleted, and nothing is both', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const blocker = testBlocker(store.blocks);
  const clients = ['198.51.100.7', '2001:db8::1', '198.51.100.8', '198.51.100.9'];
  await blocker.take(
    clients.map((client) => testOffence(client)),
    testNow,
  );
  for (const client of clients.slice(2)) await blocker.remove(net(client), 'x', { by: 'jane', now: testNow });
  await blocker.take([testOffence('198.51.100.9', { last: testNow + 1 })], testNow + 1);
  const at = testNow + 2;
  const stream = crowdSecStream(await store.blocks.active(at), await store.blocks.endedEarly(at), at);
  expect(stream.new.map(({ value, scope, duration }) => [value, scope, duration])).toEqual([
    ['198.51.100.7', 'Ip', '3h58m59s'],
    ['2001:db8::/64', 'Range', '3h58m59s'],
    ['198.51.100.9', 'Ip', '3h59m59s'],
  ]);
  expect(stream.deleted.map(({ value }) => value)).toEqual(['198.51.100.8']);
  expect(stream.new[0]).toMatchObject({
    origin: 'tocsin',
    scenario: 'tocsin/scanner',
    type: 'ban',
    simulated: false,
  });
  expect(stream.new[0]?.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  await store.close();
});
