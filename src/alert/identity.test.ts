import { expect, it } from 'vitest';
import { alertId } from './identity.ts';

it('is the same for the same rule and event', () => {
  expect(alertId('rule', [], 'event')).toBe(alertId('rule', [], 'event'));
  expect(alertId('rule', [], 'event')).toMatch(/^[0-9a-f]{32}$/);
});

it.each<[string, string, readonly string[], string]>([
  ['another rule', 'rule2', [], 'event'],
  ['another event', 'rule', [], 'event2'],
  ['a grouping key', 'rule', ['key'], 'event'],
  ['an empty grouping key', 'rule', [''], 'event'],
  ['parts cut at another place', 'rulee', [], 'vent'],
])('is another one for %s', (_, rule, key, event) => {
  expect(alertId(rule, key, event)).not.toBe(alertId('rule', [], 'event'));
});

it('cannot be made equal by parts that imitate the separator', () => {
  expect(alertId('a', ['b'], 'c')).not.toBe(alertId('a', [], 'c1:b'));
  expect(alertId('a', ['b', 'c'], 'd')).not.toBe(alertId('a', ['b1:c'], 'd'));
});
