import { describe, expect, it } from 'vitest';
import { defaultBlockPolicy, endBlock, expireBlock, stateAt, type Block, type BlockPolicy } from './block.ts';
import { clientNetwork, decideOnOffence, decideOnRequest, type BlockSituation } from './decide-block.ts';
import { networkText } from './network.ts';
import type { Offence } from './offence.ts';
import { protectedNetworks } from './protected-networks.ts';
import { net } from './testing/networks.ts';
import { testNow as now, testOffence } from './testing/offences.ts';

const hour = 3_600_000;
const day = 24 * hour;
const nothing = protectedNetworks([]);

function decide(offence: Offence, change: Partial<BlockSituation> = {}, policy: Partial<BlockPolicy> = {}) {
  return decideOnOffence(offence, {
    now,
    policy: { ...defaultBlockPolicy, ...policy },
    protections: nothing,
    latest: undefined,
    inLastHour: 0,
    ...change,
  });
}

function blockOf(
  offence: Offence,
  change: Partial<BlockSituation> = {},
  policy: Partial<BlockPolicy> = {},
): Block {
  const verdict = decide(offence, change, policy);
  if (verdict.type === 'refuse') throw new Error(`${verdict.why}: ${verdict.detail}`);
  return verdict.block;
}

describe('an offence', () => {
  it('blocks its client for four hours from its last request, with the reason and the evidence', () => {
    const offence = testOffence('198.51.100.7');
    expect(decide(offence)).toMatchObject({
      type: 'block',
      block: {
        subject: '198.51.100.7',
        rule: 'scanner',
        reason: '198.51.100.7 got 60 bad answers in a minute',
        count: 60,
        evidence: offence.evidence,
        decidedAt: now,
        decidedBy: 'rule scanner',
        expiresAt: offence.last + 4 * hour,
        times: 1,
        state: 'active',
      },
    });
  });

  it.each<[name: string, subject: Offence['subject'], blocked: string]>([
    ['an IPv6 client by its /64', { type: 'client', value: '2001:db8:1:2:3:4:5:6' }, '2001:db8:1:2::/64'],
    ['an IPv4 client written as IPv6', { type: 'client', value: '::ffff:198.51.100.7' }, '198.51.100.7'],
    ['a network', { type: 'network', value: '198.51.100.0/24' }, '198.51.100.0/24'],
    [
      'a single address that is told as a network',
      { type: 'network', value: '2001:db8::1/128' },
      '2001:db8::1',
    ],
  ])('blocks %s', (_, subject, blocked) => {
    expect(blockOf(testOffence('', { subject })).subject).toBe(blocked);
  });

  it.each<[why: string, offence: Offence, policy: Partial<BlockPolicy>]>([
    ['no-address', testOffence('', { subject: { type: 'path', value: '/login' } }), {}],
    ['no-address', testOffence('', { subject: { type: 'agent', value: '198.51.100.7' } }), {}],
    ['no-address', testOffence('-'), {}],
    ['rule', testOffence('198.51.100.7', { severity: 'low' }), {}],
    ['rule', testOffence('198.51.100.7'), { rules: { scanner: { block: false, period: undefined } } }],
    ['too-wide', testOffence('', { subject: { type: 'network', value: '198.51.0.0/23' } }), {}],
    ['too-wide', testOffence('', { subject: { type: 'network', value: '0.0.0.0/0' } }), {}],
    ['too-wide', testOffence('', { subject: { type: 'network', value: '2001:db8::/47' } }), {}],
    ['protected', testOffence('10.0.0.1'), {}],
    ['protected', testOffence('100.64.3.4'), {}],
    ['too-old', testOffence('198.51.100.7', { last: now - 4 * hour }), {}],
    ['too-old', testOffence('198.51.100.7', { last: now - 365 * day }), {}],
  ])('is refused as %s', (why, offence, policy) => {
    expect(decide(offence, {}, policy)).toMatchObject({ type: 'refuse', why });
  });

  it('of an archive blocks from now on where that is asked for', () => {
    const old = testOffence('198.51.100.7', { last: now - 365 * day });
    expect(blockOf(old, {}, { blockOld: true }).expiresAt).toBe(now + 4 * hour);
  });

  it('from a clock that is ahead lasts no longer for it', () => {
    expect(blockOf(testOffence('198.51.100.7', { last: now + 9 * day })).expiresAt).toBe(now + 4 * hour);
  });

  it('blocks as long as its rule says', () => {
    const policy = { rules: { scanner: { block: true, period: 7 * 60_000 } } };
    const offence = testOffence('198.51.100.7');
    expect(blockOf(offence, {}, policy).expiresAt).toBe(offence.last + 7 * 60_000);
  });

  it('with a rule called like a member of every object has the default time', () => {
    const offence = testOffence('198.51.100.7', { rule: 'constructor' });
    expect(blockOf(offence).expiresAt).toBe(offence.last + 4 * hour);
  });

  it('after too many in an hour is refused, and those that are blocked already are prolonged all the same', () => {
    const offence = testOffence('198.51.100.7');
    expect(decide(offence, { inLastHour: 500 })).toMatchObject({ type: 'refuse', why: 'too-many' });
    const latest = blockOf(offence);
    const later = testOffence('198.51.100.7', { last: now });
    expect(decide(later, { latest, inLastHour: 500 }).type).toBe('prolong');
  });

  it('against an approved address is refused, and so is one against a network around it', () => {
    const approved = net('198.51.100.7');
    const protections = protectedNetworks([
      { network: approved, kind: 'approved', source: 'operator', reason: undefined },
    ]);
    const around = testOffence('', { subject: { type: 'network', value: '198.51.100.0/24' } });
    for (const offence of [testOffence('198.51.100.7'), around])
      expect(decide(offence, { protections })).toMatchObject({
        why: 'protected',
        protection: { kind: 'approved' },
      });
  });
});

describe('a client that is blocked already', () => {
  const first = testOffence('198.51.100.7', { last: now - hour });
  const latest = blockOf(first, { now: now - hour });

  it('is prolonged by a later offence, which counts on top', () => {
    const next = testOffence('198.51.100.7', { last: now, start: now - 60_000, count: 90 });
    const block = blockOf(next, { latest });
    expect(block).toMatchObject({ id: latest.id, count: 150, times: 1, expiresAt: now + 4 * hour });
    expect(block.evidence).toHaveLength(2);
  });

  it('counts an offence that is told again with more once', () => {
    const block = blockOf({ ...first, count: 75 }, { latest });
    expect([block.count, block.offences.length, block.evidence.length]).toEqual([75, 1, 1]);
  });

  it('is left as it is by an offence that is told again', () => {
    expect(decide(first, { latest })).toMatchObject({ why: 'told-before' });
  });

  it('is never blocked for a shorter time by an earlier offence that comes late', () => {
    const earlier = testOffence('198.51.100.7', { last: now - 2 * hour });
    expect(blockOf(earlier, { latest }).expiresAt).toBe(latest.expiresAt);
  });

  it('keeps bounded evidence and bounded memory of offences, and the whole count', () => {
    let block = latest;
    for (let i = 1; i <= 200; i++)
      block = blockOf(testOffence('198.51.100.7', { last: now - i * 1000, count: 10 }), { latest: block });
    expect([block.evidence.length, block.offences.length, block.count]).toEqual([10, 50, 60 + 2_000]);
  });

  it('is blocked by the same offences, in whatever order they come', () => {
    const offences = [3, 2, 1, 0].map((i) => testOffence('198.51.100.7', { last: now - i * 600_000 }));
    const after = (order: readonly Offence[]) => {
      let block: Block | undefined;
      for (const offence of order) block = blockOf(offence, { latest: block });
      return [block?.count, block?.first, block?.last, block?.expiresAt, block?.times];
    };
    expect(after(offences.toReversed())).toEqual(after(offences));
  });
});

describe('a client that comes back', () => {
  const comeBack = (times: number): Block => {
    let latest: Block | undefined;
    let at = now;
    for (let i = 1; i <= times; i++) {
      latest = blockOf(testOffence('198.51.100.7', { last: at }), { latest, now: at });
      at = latest.expiresAt + 60_000;
    }
    return latest ?? expect.fail();
  };

  it.each([
    [1, 4 * hour],
    [2, 8 * hour],
    [3, 16 * hour],
    [6, 128 * hour],
    [7, 7 * day],
    [60, 7 * day],
  ])('for the %s. time is blocked for %s ms', (times, period) => {
    const block = comeBack(times);
    expect([block.times, block.expiresAt - block.last]).toEqual([times, period]);
  });

  it('after a month counts as new', () => {
    const latest = comeBack(3);
    const at = latest.expiresAt + 31 * day;
    expect(blockOf(testOffence('198.51.100.7', { last: at }), { latest, now: at }).times).toBe(1);
  });

  it('whose log came late did not come back: the offence was within the last block', () => {
    const latest = comeBack(1);
    const late = testOffence('198.51.100.7', { last: latest.expiresAt - 60_000 });
    const block = blockOf(late, { latest: expireBlock(latest), now: latest.expiresAt + hour });
    expect([block.times, block.id === latest.id]).toEqual([1, false]);
  });

  it('after a person removed the block is not blocked for what was before, and is new for what comes after', () => {
    const active = comeBack(2);
    const at = active.decidedAt + hour;
    const latest = endBlock(active, 'removed', { at, by: 'operator jane', reason: 'our own test' });
    expect(
      decide(testOffence('198.51.100.7', { last: at - 1, count: 99 }), { latest, now: at + 1 }),
    ).toMatchObject({
      why: 'removed',
      detail: 'operator jane removed the block after that',
    });
    expect(blockOf(testOffence('198.51.100.7', { last: at + 1 }), { latest, now: at + 1 }).times).toBe(1);
  });
});

describe('what a person asks for', () => {
  const situation = {
    now,
    policy: defaultBlockPolicy,
    protections: nothing,
    latest: undefined,
    inLastHour: 1e6,
  };
  const asked = (text: string) => ({
    network: clientNetwork(text, defaultBlockPolicy) ?? expect.fail(),
    reason: 'seen in the logs',
    by: 'operator jane',
    period: hour,
  });

  it('is blocked from now on, however many blocks there were', () => {
    expect(decideOnRequest(asked('198.51.100.7'), situation)).toMatchObject({
      type: 'block',
      block: { rule: 'operator', decidedBy: 'operator jane', expiresAt: now + hour },
    });
  });

  it.each([
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9/128', '2001:db8:1:2::9'],
    ['198.51.100.9', '198.51.100.9'],
  ])('%s means %s', (text, subject) => {
    expect(networkText(asked(text).network)).toBe(subject);
  });

  it.each([
    ['10.0.0.1', 'protected'],
    ['198.0.0.0/8', 'too-wide'],
  ])('%s is refused all the same', (text, why) => {
    expect(decideOnRequest(asked(text), situation)).toMatchObject({ type: 'refuse', why });
  });

  it('sets the time of a block that stands', () => {
    const latest = blockOf(testOffence('198.51.100.7'));
    expect(decideOnRequest(asked('198.51.100.7'), { ...situation, latest })).toMatchObject({
      type: 'prolong',
      block: { id: latest.id, expiresAt: now + hour, rule: 'scanner' },
    });
  });
});

it('a block is over the moment its time is, whoever was there to see it', () => {
  const block = blockOf(testOffence('198.51.100.7'));
  expect(stateAt(block, block.expiresAt - 1)).toBe('active');
  expect(stateAt(block, block.expiresAt)).toBe('expired');
  expect(expireBlock(block).ended?.at).toBe(block.expiresAt);
});
