import { expect, it } from 'vitest';
import { defaultBlockPolicy } from './block.ts';
import { parseNetwork } from './network.ts';
import type { Offence } from './offence.ts';
import { protectedNetworks } from './protected-networks.ts';
import { wouldBlock } from './would-block.ts';

const hour = 3_600_000;

function offence(value: string, last: number, more: Partial<Offence> = {}): Offence {
  return {
    rule: 'scanner',
    subject: { type: 'client', value },
    start: 0,
    first: last,
    last,
    count: 60,
    threshold: 50,
    window: 60_000,
    severity: 'medium',
    evidence: [],
    explanation: `${value} scans`,
    ...more,
  };
}

const none = protectedNetworks([]);
const all = () => true;

it('counts the time of a block from the offence’s own time, however long ago', () => {
  const { blocks } = wouldBlock([offence('203.0.113.7', 1_000)], defaultBlockPolicy, none, all);
  expect(blocks).toMatchObject([{ subject: '203.0.113.7', expiresAt: 1_000 + 4 * hour, times: 1 }]);
});

it('tells a network once, and who comes back for longer', () => {
  const { blocks } = wouldBlock(
    [offence('203.0.113.7', 0), offence('203.0.113.7', 5 * hour, { start: 4 * hour })],
    defaultBlockPolicy,
    none,
    all,
  );
  expect(blocks).toMatchObject([{ subject: '203.0.113.7', expiresAt: 13 * hour, times: 2 }]);
});

it('leaves out who is not to be blocked, and tells who is protected', () => {
  const network = parseNetwork('198.51.100.0/24');
  if (network === undefined) throw new Error('no network');
  const office = { network, kind: 'approved', source: 'configuration', reason: 'the office' } as const;
  const { blocks, refusals } = wouldBlock(
    [offence('198.51.100.9', 0), offence('192.0.2.1', 0, { rule: 'scraper' })],
    defaultBlockPolicy,
    protectedNetworks([office]),
    ({ rule }) => rule === 'scanner',
  );
  expect(blocks).toEqual([]);
  expect(refusals.map(({ detail }) => detail)).toEqual([
    '198.51.100.0/24 is approved (configuration: the office)',
  ]);
});

it('counts no more blocks in an hour than are allowed, and begins anew after it', () => {
  const policy = { ...defaultBlockPolicy, mostPerHour: 1 };
  const { blocks, refusals } = wouldBlock(
    [offence('192.0.2.1', 0), offence('192.0.2.2', 1), offence('192.0.2.3', 2 * hour)],
    policy,
    none,
    all,
  );
  expect(blocks.map(({ subject }) => subject)).toEqual(['192.0.2.1', '192.0.2.3']);
  expect(refusals.map(({ why }) => why)).toEqual(['too-many']);
});
