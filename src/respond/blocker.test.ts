import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Intent } from '../store/block-store.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { defaultBlockPolicy } from '../web/block.ts';
import { cidrText, overlaps } from '../web/network.ts';
import { net } from '../web/testing/networks.ts';
import { testNow, testOffence } from '../web/testing/offences.ts';
import { EnforcementError } from './enforcement.ts';
import { checkList, GuardError } from './guard.ts';
import { protectedNetworks } from '../web/protected-networks.ts';
import { testBlocker, testClock, testList } from './testing/blockers.ts';

const stores: Store[] = [];
let store: Store;
const hour = 3_600_000;
const jane = { by: 'operator jane', now: testNow };
const offences = (...clients: readonly string[]) => clients.map((client) => testOffence(client));
const subjectsAt = async (now: number) => (await store.blocks.active(now)).map(({ subject }) => subject);
const audit = async () =>
  (await store.blocks.audit({ limit: 100 })).lines
    .toReversed()
    .map(({ action, subject, phase }) => `${action} ${subject} ${phase}`);

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  stores.push(store);
});
afterAll(async () => {
  for (const each of stores) await each.close();
});

describe('offences', () => {
  it('become blocks, once, with a line in the audit log', async () => {
    const blocker = testBlocker(store.blocks);
    const first = await blocker.take(offences('198.51.100.7', '10.0.0.1'), testNow);
    expect(first.map(({ verdict }) => verdict.type)).toEqual(['block', 'refuse']);
    const [again] = await blocker.take(offences('198.51.100.7'), testNow);
    expect(again?.verdict).toMatchObject({ why: 'told-before' });
    expect(await subjectsAt(testNow)).toEqual(['198.51.100.7']);
    expect(await audit()).toEqual(['block 198.51.100.7 done']);
  });

  it('of many clients behind one /64 are one block', async () => {
    const blocker = testBlocker(store.blocks);
    await blocker.take(offences('2001:db8::1', '2001:db8::2', '2001:db8::3'), testNow);
    expect(await store.blocks.active(testNow)).toMatchObject([{ subject: '2001:db8::/64', count: 180 }]);
  });

  it('past the most of an hour are refused, also within one call', async () => {
    const blocker = testBlocker(store.blocks, { policy: { ...defaultBlockPolicy, mostPerHour: 3 } });
    const clients = ['1', '2', '3', '4', '5'].map((last) => `198.51.100.${last}`);
    const verdicts = (await blocker.take(offences(...clients), testNow)).map(({ verdict }) =>
      verdict.type === 'refuse' ? verdict.why : verdict.type,
    );
    expect(verdicts).toEqual(['block', 'block', 'block', 'too-many', 'too-many']);
    const later = testNow + hour + 1;
    const [{ verdict } = {}] = await blocker.take([testOffence('198.51.100.4', { last: later })], later);
    expect(verdict?.type).toBe('block');
  });

  it('that come back after an end that nobody wrote down begin a longer block', async () => {
    const blocker = testBlocker(store.blocks);
    await blocker.take(offences('198.51.100.7'), testNow);
    const later = testNow + 5 * hour;
    await blocker.take([testOffence('198.51.100.7', { last: later })], later);
    expect(await store.blocks.active(later)).toMatchObject([{ times: 2, expiresAt: later + 8 * hour }]);
    expect(await audit()).toEqual([
      'block 198.51.100.7 done',
      'expire 198.51.100.7 done',
      'block 198.51.100.7 done',
    ]);
  });

  it('told every second for an hour are one block and a handful of lines', async () => {
    const blocker = testBlocker(store.blocks);
    for (let i = 0; i < 360; i++) {
      const now = testNow + i * 10_000;
      await blocker.take([testOffence('198.51.100.7', { last: now, start: testNow, count: 60 + i })], now);
    }
    expect(await store.blocks.active(testNow)).toMatchObject([{ count: 60 + 359 }]);
    expect((await audit()).length).toBeLessThan(7);
  });
});

describe('approving', () => {
  it('ends what blocks the address at once, and keeps it from being blocked', async () => {
    const list = testList('list');
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take(
      [
        ...offences('198.51.100.7'),
        testOffence('', { subject: { type: 'network', value: '203.0.113.0/24' } }),
      ],
      testNow,
    );
    await blocker.sync('tocsin');
    expect(list.entries.map(cidrText)).toEqual(['198.51.100.7/32', '203.0.113.0/24']);
    const over = await blocker.approve(net('203.0.113.9'), 'a partner', jane);
    expect(over.map(({ subject, state }) => [subject, state])).toEqual([['203.0.113.0/24', 'approved']]);
    await blocker.sync('tocsin');
    expect(list.entries.map(cidrText)).toEqual(['198.51.100.7/32']);
    const [refused] = await blocker.take(offences('203.0.113.9'), testNow);
    expect(refused?.verdict).toMatchObject({
      why: 'protected',
      detail: expect.stringContaining('a partner'),
    });
    expect(await blocker.add({ network: net('203.0.113.9'), reason: 'x', period: 1 }, jane)).toMatchObject({
      why: 'protected',
    });
  });

  it('can be taken back, and brings no block back', async () => {
    const blocker = testBlocker(store.blocks);
    await blocker.take(offences('198.51.100.7'), testNow);
    await blocker.approve(net('198.51.100.7'), 'ours', jane);
    expect(await blocker.disapprove(net('198.51.100.8'), 'x', jane)).toBe(false);
    expect(await blocker.disapprove(net('198.51.100.7'), 'x', jane)).toBe(true);
    expect(await subjectsAt(testNow)).toEqual([]);
  });

  it('by a list works the same, as long as the list is configured', async () => {
    const source = 's3://bucket/approved.json';
    const blocker = testBlocker(store.blocks, { lists: [source] });
    await blocker.take(offences('198.51.100.7'), testNow);
    const over = await blocker.setList(
      { source, kind: 'approved', networks: [net('198.51.100.0/24')] },
      testNow,
    );
    expect(over.map(({ subject }) => subject)).toEqual(['198.51.100.7']);
    expect(
      await blocker.setList({ source, kind: 'approved', networks: [net('198.51.100.0/24')] }, testNow),
    ).toEqual([]);
    expect((await audit()).filter((line) => line.startsWith('list'))).toHaveLength(1);
    const elsewhere = testBlocker(store.blocks);
    expect((await elsewhere.protections()).over(net('198.51.100.7'))).toBeUndefined();
  });
});

it('removing ends exactly the block that is named', async () => {
  const blocker = testBlocker(store.blocks);
  await blocker.take(offences('198.51.100.7', '198.51.100.8'), testNow);
  expect(await blocker.remove(net('198.51.100.0/24'), 'x', jane)).toBeUndefined();
  expect(await blocker.remove(net('198.51.100.7'), 'a customer', jane)).toMatchObject({
    state: 'removed',
    ended: { by: 'operator jane', reason: 'a customer' },
  });
  expect(await blocker.remove(net('198.51.100.7'), 'again', jane)).toBeUndefined();
  expect(await subjectsAt(testNow)).toEqual(['198.51.100.8']);
});

describe('a sync', () => {
  it('unblocks what was over while nobody ran', async () => {
    const list = testList('list');
    const clock = testClock();
    await testBlocker(store.blocks, { enforcements: [list], clock }).take(offences('198.51.100.7'), testNow);
    await testBlocker(store.blocks, { enforcements: [list], clock }).sync('tocsin');
    expect(list.entries).toHaveLength(1);
    clock.time += 30 * 24 * hour;
    const [result] = await testBlocker(store.blocks, { enforcements: [list], clock }).sync('tocsin');
    expect(result).toMatchObject({ outcome: 'changed', remove: ['198.51.100.7'] });
    expect(list.entries).toEqual([]);
    const { blocks } = await store.blocks.list({ now: clock.time, limit: 9 });
    expect(blocks).toMatchObject([{ state: 'expired', ended: { at: testNow - 60_000 + 4 * hour } }]);
  });

  it('in a dry run says what would be done and touches nothing, not even the store', async () => {
    const list = testList('list');
    const blocker = testBlocker(store.blocks, { enforcements: [list], dryRun: true });
    await blocker.take(offences('198.51.100.7'), testNow);
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'would-change', add: ['198.51.100.7'] }]);
    expect([list.written, await store.blocks.targets()]).toEqual([[], []]);
  });

  it('repairs what others took out, keeps what they put in, and does nothing where all is well', async () => {
    const list = testList('list');
    list.change([net('203.0.113.5')]);
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take(offences('198.51.100.7', '198.51.100.9'), testNow);
    await blocker.sync('tocsin');
    list.change([net('203.0.113.5'), net('203.0.113.6'), net('198.51.100.9')]);
    const [repaired] = await blocker.sync('tocsin');
    expect(repaired).toMatchObject({ add: ['198.51.100.7'], foreign: ['203.0.113.5', '203.0.113.6'] });
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'unchanged' }]);
    expect(list.written).toHaveLength(2);
  });

  it('tells what did not fit', async () => {
    const list = testList('list', { capacity: 1 });
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take([testOffence('198.51.100.7'), testOffence('198.51.100.9', { count: 900 })], testNow);
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'changed', add: ['198.51.100.9'], leftOut: ['198.51.100.7'] },
    ]);
    expect(await store.blocks.targets()).toMatchObject([{ leftOut: ['198.51.100.7'] }]);
  });

  it('comes through a storm of conflicts, and gives up in the end with the reason', async () => {
    const list = testList('list');
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take(offences('198.51.100.7'), testNow);
    let storm = 5;
    list.before = () => {
      if (storm-- > 0) list.change([net(`203.0.113.${storm}`)]);
    };
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'changed' }]);
    expect(list.entries.map(cidrText)).toEqual(['198.51.100.7/32', '203.0.113.0/32']);
    await blocker.take(offences('198.51.100.9'), testNow);
    list.before = () => list.change([...list.entries, net('203.0.113.77')]);
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'failed', reason: 'somebody else changed it' },
    ]);
    expect((await audit()).filter((line) => line === 'enforce list failed').length).toBeGreaterThan(8);
  });

  it('leaves at least the pace between two changes, whoever makes them', async () => {
    const clock = testClock();
    const [one, two] = [testList('one'), testList('two')];
    const times: number[] = [];
    for (const list of [one, two]) list.before = () => void times.push(clock.time);
    const blocker = testBlocker(store.blocks, { enforcements: [one, two], clock });
    await blocker.take(offences('198.51.100.7'), testNow);
    await blocker.sync('tocsin');
    await blocker.take(offences('198.51.100.9'), testNow);
    await testBlocker(store.blocks, { enforcements: [one, two], clock }).sync('tocsin');
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(times).toHaveLength(4);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
  });

  it('waits for another process, and goes on where that has died', async () => {
    const list = testList('list');
    const clock = testClock();
    await store.blocks.lease('test', { holder: 'other', now: clock.time, until: clock.time + 30_000 });
    const blocker = testBlocker(store.blocks, { enforcements: [list], clock });
    await blocker.take(offences('198.51.100.7'), testNow);
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'changed' }]);
    await store.blocks.lease('test', {
      holder: 'other',
      now: clock.time + hour,
      until: clock.time + 9 * hour,
    });
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'busy' }]);
  });

  it('does not write a list whose addresses were approved after it was planned', async () => {
    const list = testList('list');
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take(offences('198.51.100.7', '198.51.100.9'), testNow);
    const { read } = list;
    let looks = 0;
    const slow = {
      ...list,
      read: async () => {
        const listed = await read();
        looks++;
        return listed;
      },
    };
    const racing = {
      ...store.blocks,
      intend: async (intent: Intent) => {
        if (looks === 1) await blocker.approve(net('198.51.100.7'), 'a partner', jane);
        return store.blocks.intend(intent);
      },
    };
    expect(await testBlocker(racing, { enforcements: [slow] }).sync('tocsin')).toMatchObject([
      { outcome: 'changed', add: ['198.51.100.9'] },
    ]);
    expect(list.written).toEqual([['198.51.100.9/32']]);
  });

  it('tells at once of what trying again will not help', async () => {
    const list = testList('list');
    list.before = () => {
      throw new EnforcementError('refused', 'no such set');
    };
    const blocker = testBlocker(store.blocks, { enforcements: [list] });
    await blocker.take(offences('198.51.100.7'), testNow);
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'failed', reason: 'no such set' }]);
    expect(list.written).toHaveLength(1);
  });
});

describe('the guard', () => {
  const protections = protectedNetworks([
    { network: net('198.51.100.7'), kind: 'approved', source: 'operator', reason: undefined },
    { network: net('203.0.113.0/24'), kind: 'shared', source: 'cdn', reason: undefined },
  ]);
  it.each([
    ['an approved address of ours', ['198.51.100.7'], ['198.51.100.7']],
    ['an approved address of others', ['198.51.100.0/24'], []],
    ['a proxy', ['203.0.113.9'], ['203.0.113.9']],
    ['a private address', ['10.0.0.1'], ['10.0.0.1']],
    ['a network that is too wide', ['192.0.0.0/16'], ['192.0.0.0/16']],
  ])('refuses %s', (_, entries, ours) => {
    expect(() =>
      checkList({ entries: entries.map(net), ours: ours.map(net) }, protections, defaultBlockPolicy),
    ).toThrow(GuardError);
  });

  it('lets through what is none of these', () => {
    const list = { entries: [net('198.51.100.8'), net('10.0.0.1')], ours: [net('198.51.100.8')] };
    expect(() => checkList(list, protections, defaultBlockPolicy)).not.toThrow();
  });
});

it('whatever happens in whatever order, no list that is written holds an address that is approved then', async () => {
  const address = fc.integer({ min: 0, max: 15 }).map((last) => `198.51.100.${last}`);
  const network = fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(28, 30, 31, 32))
    .map(([last, prefix]) => `198.51.100.${last}/${prefix}`);
  const step = fc.oneof(
    fc.record({ type: fc.constant('offend' as const), text: address }),
    fc.record({ type: fc.constant('add' as const), text: network }),
    fc.record({ type: fc.constant('remove' as const), text: network }),
    fc.record({ type: fc.constant('approve' as const), text: network }),
    fc.record({ type: fc.constant('disapprove' as const), text: network }),
    fc.record({ type: fc.constant('meddle' as const), text: network }),
    fc.record({ type: fc.constant('wait' as const), text: address }),
    fc.record({ type: fc.constant('sync' as const), text: address }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const own = await openSqliteStore({ path: ':memory:' });
      const clock = testClock();
      const list = testList('list');
      const blocker = testBlocker(own.blocks, { enforcements: [list], clock });
      const approved = new Map<string, ReturnType<typeof net>>();
      for (const { type, text } of [...steps, { type: 'sync' as const, text: '' }]) {
        const asker = { by: 'operator jane', now: clock.time };
        const written = list.written.length;
        if (type === 'offend') await blocker.take([testOffence(text, { last: clock.time })], clock.time);
        else if (type === 'add') await blocker.add({ network: net(text), reason: 'x', period: hour }, asker);
        else if (type === 'remove') await blocker.remove(net(text), 'x', asker);
        else if (type === 'meddle') list.change([...list.entries.filter((_, i) => i % 2 === 0), net(text)]);
        else if (type === 'wait') clock.time += hour;
        else if (type === 'sync') await blocker.sync('tocsin');
        else if (type === 'approve') {
          approved.set(cidrText(net(text)), net(text));
          await blocker.approve(net(text), 'x', asker);
        } else {
          approved.delete(cidrText(net(text)));
          await blocker.disapprove(net(text), 'x', asker);
        }
        for (const entries of list.written.slice(written))
          for (const entry of entries)
            expect([...approved.values()].some((each) => overlaps(each, net(entry)))).toBe(false);
      }
      // In the end the list holds every active block.
      const active = await own.blocks.active(clock.time);
      for (const { subject } of active)
        expect(list.entries.some((each) => overlaps(each, net(subject)))).toBe(true);
      await own.close();
    }),
    { numRuns: 60 },
  );
});
