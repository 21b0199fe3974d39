import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetIPSetCommand, UpdateIPSetCommand } from '@aws-sdk/client-wafv2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openSqliteStore } from '../store/sqlite.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { Store } from '../store/store.ts';
import { cidrText, overlaps } from '../web/network.ts';
import { net } from '../web/testing/networks.ts';
import { testNow, testOffence } from '../web/testing/offences.ts';
import type { Blocker } from './blocker.ts';
import type { Enforcement } from './enforcement.ts';
import { testBlocker, testClock } from './testing/blockers.ts';
import { startFaultProxy, type FaultProxy } from './testing/fault-proxy.ts';
import { createIpSet, hasMoto, motoEnvironment, startMoto, wafAt, type Moto } from './testing/moto.ts';
import { parseIpSetArn, wafEnforcement, type IpSet } from './waf.ts';

describe('the ARN of an IP set', () => {
  const id = 'a1b2c3d4-5678-90ab-cdef-111111111111';
  it.each([
    [`arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/${id}`, 'REGIONAL', 'eu-west-1'],
    [`arn:aws:wafv2:us-east-1:111122223333:global/ipset/blocked/${id}`, 'CLOUDFRONT', 'us-east-1'],
    [
      `arn:aws-us-gov:wafv2:us-gov-west-1:111122223333:regional/ipset/blocked/${id}`,
      'REGIONAL',
      'us-gov-west-1',
    ],
  ])('%s says what it is', (arn, scope, region) => {
    expect(parseIpSetArn(arn)).toEqual({ arn, scope, region, name: 'blocked', id });
  });

  it.each([
    '',
    `arn:aws:wafv2:eu-west-1:111122223333:global/ipset/blocked/${id}`,
    `arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/blocked/${id}`,
    `arn:aws:waf::111122223333:ipset/${id}`,
    `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/${id}\n`,
  ])('%s is none', (arn) => expect(parseIpSetArn(arn)).toBeUndefined());
});

describe.skipIf(!hasMoto)('AWS WAF, as moto stands in for it', () => {
  let moto: Moto;
  let proxy: FaultProxy;
  let store: Store;
  let sets = 0;
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-waf-'));
  const clock = testClock();

  beforeAll(async () => {
    moto = await startMoto();
    proxy = await startFaultProxy(moto.endpoint);
  }, 180_000);
  beforeEach(async () => {
    await store?.close();
    store = await openSqliteStore({ path: ':memory:' });
    proxy.fault = () => undefined;
    clock.time = testNow;
  });
  afterAll(async () => {
    await store?.close();
    await proxy?.stop();
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const newSet = (
    family: 4 | 6 = 4,
    addresses: readonly string[] = [],
    scope: 'REGIONAL' | 'CLOUDFRONT' = 'REGIONAL',
  ) => createIpSet(moto.endpoint, { scope, family, name: `set-${(sets += 1)}`, addresses });
  const named = (set: IpSet) => ({ Name: set.name, Scope: set.scope, Id: set.id });
  const look = (set: IpSet) => wafAt(moto.endpoint, set.region).send(new GetIPSetCommand(named(set)));
  const addressesOf = async (set: IpSet) => ((await look(set)).IPSet?.Addresses ?? []).toSorted();
  /** Changes the set as somebody else would. */
  const meddle = async (set: IpSet, change: (before: readonly string[]) => readonly string[]) => {
    const { IPSet: found, LockToken } = await look(set);
    await wafAt(moto.endpoint, set.region).send(
      new UpdateIPSetCommand({ ...named(set), Addresses: [...change(found?.Addresses ?? [])], LockToken }),
    );
  };
  const enforcementOf = (set: IpSet, family: 4 | 6 = 4): Enforcement =>
    wafEnforcement(set, family, {
      exclusive: false,
      client: async () => wafAt(proxy.endpoint, set.region),
    });
  const blockerOf = (...enforcements: readonly Enforcement[]): Blocker =>
    testBlocker(store.blocks, { enforcements, clock });
  const offend = (blocker: Blocker, ...clients: readonly string[]) =>
    blocker.take(
      clients.map((client) => testOffence(client, { last: clock.time })),
      clock.time,
    );

  it('takes IPv4 and IPv6 into their own sets, in both scopes, and keeps descriptions', async () => {
    const [four, six] = [await newSet(4, ['203.0.113.0/24'], 'CLOUDFRONT'), await newSet(6)];
    const blocker = blockerOf(enforcementOf(four, 4), enforcementOf(six, 6));
    await offend(blocker, '198.51.100.7', '2001:db8:1:2::9');
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'changed' }, { outcome: 'changed' }]);
    expect(await addressesOf(four)).toEqual(['198.51.100.7/32', '203.0.113.0/24']);
    expect(await addressesOf(six)).toEqual(['2001:db8:1:2::/64']);
    expect((await look(four)).IPSet?.Description).toBe('made by a test');
  });

  it('refuses a set of the other family, and one that is not there', async () => {
    const six = await newSet(6);
    const gone = { ...six, id: 'a1b2c3d4-5678-90ab-cdef-111111111111' };
    const blocker = blockerOf(enforcementOf(six, 4), enforcementOf(gone, 6));
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('configured for IPv4') },
      { outcome: 'failed', reason: expect.stringContaining('WAFNonexistentItemException') },
    ]);
  });

  it('leaves a set alone that holds what it cannot read', async () => {
    const set = await newSet(4, ['example.com']);
    const blocker = blockerOf(enforcementOf(set));
    await offend(blocker, '198.51.100.7');
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'failed' }]);
    expect(await addressesOf(set)).toEqual(['example.com']);
  });

  it('sends no more than ten thousand, and says what did not fit', async () => {
    const set = await newSet(4, ['203.0.113.1/32']);
    const many = Array.from({ length: 10_050 }, (_, i) => `20.${i >> 8}.${i & 255}.1`);
    const blocker = testBlocker(store.blocks, {
      enforcements: [enforcementOf(set)],
      clock,
      policy: { ...blockerOf().policy, mostPerHour: 1e9 },
    });
    await offend(blocker, ...many);
    const [result] = await blocker.sync('tocsin');
    expect([result?.outcome, result?.leftOut.length]).toEqual(['changed', 51]);
    expect(await addressesOf(set)).toHaveLength(10_000);
  }, 180_000);

  it.each<[string, (left: number) => ReturnType<FaultProxy['fault']>]>([
    ['throttling', () => ({ status: 400, type: 'ThrottlingException', when: 'before' })],
    [
      'a set that is still being made',
      () => ({ status: 400, type: 'WAFUnavailableEntityException', when: 'before' }),
    ],
    ['conflicts', () => ({ status: 400, type: 'WAFOptimisticLockException', when: 'before' })],
    ['a service that fails', () => ({ status: 500, type: 'WAFInternalErrorException', when: 'before' })],
    [
      'a service that fails after it has done it',
      () => ({ status: 500, type: 'InternalFailure', when: 'after' }),
    ],
    ['connections that break', () => 'hang-up'],
  ])('comes through %s', async (_, fault) => {
    const set = await newSet(4, ['203.0.113.9/32']);
    const blocker = blockerOf(enforcementOf(set));
    await offend(blocker, '198.51.100.7');
    let left = 4;
    proxy.fault = () => (left-- > 0 ? fault(left) : undefined);
    const [result] = await blocker.sync('tocsin');
    expect(result?.outcome).toMatch(/^(un)?changed$/);
    expect(await addressesOf(set)).toEqual(['198.51.100.7/32', '203.0.113.9/32']);
    expect(await store.blocks.targets()).toMatchObject([{ held: ['198.51.100.7/32'] }]);
  });

  it('gives up where it may not call, at once', async () => {
    const blocker = blockerOf(enforcementOf(await newSet()));
    proxy.fault = () => ({ status: 400, type: 'AccessDeniedException', when: 'before' });
    const before = proxy.calls.length;
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('AccessDenied') },
    ]);
    expect(proxy.calls.length - before).toBe(1);
  });

  it('keeps what others put in while it runs', async () => {
    const set = await newSet();
    const blocker = blockerOf(enforcementOf(set));
    await offend(blocker, '198.51.100.7');
    let others = 3;
    proxy.fault = ({ operation }) => {
      if (operation !== 'UpdateIPSet' || others-- <= 0) return undefined;
      return { status: 400, type: 'WAFOptimisticLockException', when: 'before' };
    };
    const meddling = meddle(set, (before) => [...before, '203.0.113.77/32']);
    await blocker.sync('tocsin');
    await meddling;
    await blocker.sync('tocsin');
    expect(await addressesOf(set)).toEqual(['198.51.100.7/32', '203.0.113.77/32']);
  });

  const update = z.object({ Addresses: z.array(z.string()) });

  it('is never sent an approved address, whatever was blocked, meddled with and approved', async () => {
    const set = await newSet();
    const blocker = blockerOf(enforcementOf(set));
    const approved = ['198.51.100.3', '198.51.100.8/30', '203.0.113.0/25'].map(net);
    const before = proxy.calls.length;
    await offend(blocker, ...Array.from({ length: 16 }, (_, i) => `198.51.100.${i}`));
    await blocker.sync('tocsin');
    for (const network of approved)
      await blocker.approve(network, 'x', { by: 'operator jane', now: clock.time });
    const sent = proxy.calls.length;
    await meddle(set, () => ['203.0.113.0/24', '198.51.100.3/32', '192.0.2.1/32']);
    await blocker.sync('tocsin');
    await offend(blocker, '198.51.100.9', '203.0.113.3', '203.0.113.200');
    await blocker.sync('tocsin');
    expect(proxy.calls.length).toBeGreaterThan(before);
    const lists = proxy.calls
      .slice(sent)
      .filter(({ operation }) => operation === 'UpdateIPSet')
      .map(({ body }) => update.parse(body).Addresses);
    expect(lists.length).toBeGreaterThan(0);
    for (const list of lists)
      for (const text of list) expect(approved.some((each) => overlaps(each, net(text)))).toBe(false);
    const after = await addressesOf(set);
    expect(after).toContain('192.0.2.1/32');
    expect(after).toContain('203.0.113.128/25');
  });

  describe('with processes that are killed', () => {
    const program = fileURLToPath(new URL('./testing/waf-child.ts', import.meta.url));
    const run = (
      path: string,
      set: IpSet,
      dieAt: number,
      clients: readonly string[],
    ): Promise<{ readonly killed: boolean; readonly printed: string }> =>
      new Promise((resolve, reject) => {
        const env = { ...process.env, ...motoEnvironment, AWS_ENDPOINT_URL: moto.endpoint };
        execFile(
          process.execPath,
          [program, path, set.arn, String(dieAt), ...clients],
          { env },
          (error, printed, problems) => {
            if (error === null) resolve({ killed: false, printed });
            else if (error.signal === 'SIGKILL') resolve({ killed: true, printed });
            else reject(new Error(problems, { cause: error }));
          },
        );
      });

    /** A process of a later time takes over; then ledger and set must agree, and what others put there must be there still. */
    async function expectAgreement(path: string, set: IpSet): Promise<void> {
      const later = await openSqliteStore({ path });
      try {
        const blocks: BlockStore = later.blocks;
        const takenOver = testClock(Date.now() + 120_000);
        const blocker = testBlocker(blocks, { enforcements: [enforcementOf(set)], clock: takenOver });
        expect(await blocker.sync('tocsin')).not.toMatchObject([{ outcome: 'failed' }]);
        const active = (await blocks.active(takenOver.time)).map(({ subject }) => cidrText(net(subject)));
        expect(await addressesOf(set)).toEqual([...active, '203.0.113.9/32'].toSorted());
        expect((await blocks.targets()).flatMap(({ held }) => held)).toEqual(active.toSorted());
        // Once their time is over, nothing of ours is left in the set.
        takenOver.time += 8 * 3_600_000;
        await blocker.sync('tocsin');
        expect(await addressesOf(set)).toEqual(['203.0.113.9/32']);
        const { lines } = await blocks.audit({ limit: 500 });
        expect(lines.filter(({ phase }) => phase === 'intended')).toEqual([]);
      } finally {
        await later.close();
      }
    }

    it('at any step of deciding, writing down, calling and confirming: ledger and set agree in the end', async () => {
      for (let dieAt = 0; ; dieAt++) {
        const path = join(folder, `${randomUUID()}.db`);
        const set = await newSet(4, ['203.0.113.9/32']);
        const { killed, printed } = await run(path, set, dieAt, ['198.51.100.7']);
        await expectAgreement(path, set);
        if (killed) continue;
        expect(Number(printed.split(' ')[0])).toBe(dieAt);
        expect(dieAt).toBeGreaterThan(15);
        break;
      }
    }, 180_000);

    it('or that work at the same time: the set holds what both decided', async () => {
      const path = join(folder, `${randomUUID()}.db`);
      const set = await newSet(4, ['203.0.113.9/32']);
      const ended = await Promise.all([
        run(path, set, -1, ['198.51.100.1', '198.51.100.2']),
        run(path, set, -1, ['198.51.100.4', '198.51.100.1']),
        run(path, set, -1, ['198.51.100.8']),
      ]);
      expect(ended.map(({ printed }) => printed.split(' ')[1])).not.toContain('failed');
      expect(await addressesOf(set)).toEqual([
        '198.51.100.1/32',
        '198.51.100.2/32',
        '198.51.100.4/32',
        '198.51.100.8/32',
        '203.0.113.9/32',
      ]);
      await expectAgreement(path, set);
    }, 180_000);
  });
});
