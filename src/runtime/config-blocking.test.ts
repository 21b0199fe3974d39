import { describe, expect, it } from 'vitest';
import { defaultBlockPolicy } from '../web/block.ts';
import { blockingSection, policyOf } from './config-blocking.ts';

it('without a word is what the ledger has by default, as a dry run', () => {
  const config = blockingSection.parse({});
  expect(policyOf(config)).toEqual(defaultBlockPolicy);
  expect(config.mode).toBe('dry-run');
});

it('says what differs for single rules', () => {
  const rules = { scanner: { block: true, period: 300_000 }, flood: { block: false, period: undefined } };
  expect(policyOf(blockingSection.parse({}), rules).rules).toEqual(rules);
});

describe('refuses', () => {
  it.each([
    [{ mode: 'on' }],
    [{ approved: { networks: ['example.com'] } }],
    [{ waf: [{ ipv4: 'tocsin-4' }] }],
    [{ widest: { ipv4: 0 } }],
    [{ widest: { ipv6: 3 } }],
    [{ comeback: { factor: 0.5 } }],
    [{ minutes: 0 }],
    [{ aproved: {} }],
  ])('%j', (given) => expect(blockingSection.safeParse(given).success).toBe(false));
});
