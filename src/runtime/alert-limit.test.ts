import { describe, expect, it } from 'vitest';
import { normalAlert } from '../notify/testing/alerts.ts';
import { createAlertLimit } from './alert-limit.ts';

const rule = { id: 'r', title: 'A rule' };
const alert = (time: number, change: object = {}) => ({
  ...normalAlert,
  rule,
  severity: 'low' as const,
  exception: undefined,
  time,
  ...change,
});
const exception = { name: 'known', reason: 'why', owner: 'who', until: 9 };

describe('a limit of alerts', () => {
  it('lets so many through and counts the rest, with their times', () => {
    const limit = createAlertLimit(2);
    expect([5, 9, 7, 3].map((time) => limit.admits(alert(time)))).toEqual([true, true, false, false]);
    limit.count(rule, 'low', 4);
    expect(limit.take()).toEqual([{ rule, severity: 'low', matches: 3, first: 3, last: 7 }]);
    expect(limit.take()).toEqual([]);
    expect(limit.admits(alert(1))).toBe(false);
  });

  it('is one for each rule and each severity', () => {
    const limit = createAlertLimit(1);
    expect(limit.admits(alert(1))).toBe(true);
    expect(limit.admits(alert(1, { severity: 'high' }))).toBe(true);
    expect(limit.admits(alert(1, { rule: { id: 's', title: 'Another' } }))).toBe(true);
    expect(limit.admits(alert(1, { severity: 'high' }))).toBe(false);
    expect([...limit.reached()]).toHaveLength(3);
    expect(limit.isReached('s', 'high')).toBe(false);
  });

  it('neither counts nor stops what is under an exception', () => {
    const limit = createAlertLimit(1);
    expect([1, 2].map((time) => limit.admits(alert(time, { exception })))).toEqual([true, true]);
    expect(limit.admits(alert(3))).toBe(true);
    expect(limit.admits(alert(4, { exception }))).toBe(true);
    expect(limit.take()).toEqual([]);
  });

  it('may be nothing or everything', () => {
    expect(createAlertLimit(0).admits(alert(1))).toBe(false);
    const all = createAlertLimit(Number.POSITIVE_INFINITY);
    expect(Array.from({ length: 100 }, (_, i) => all.admits(alert(i))).includes(false)).toBe(false);
  });

  it('goes on from what another has reached, and adds up what others counted', () => {
    const whole = createAlertLimit(1);
    whole.admits(alert(1));
    const part = createAlertLimit(1, whole.reached);
    expect(part.isReached('r', 'low')).toBe(true);
    expect(part.admits(alert(8))).toBe(false);
    expect(part.admits(alert(8, { severity: 'high' }))).toBe(true);
    whole.count(rule, 'low', 2);
    whole.add(part.take());
    expect(whole.take()).toEqual([{ rule, severity: 'low', matches: 2, first: 2, last: 8 }]);
  });
});
