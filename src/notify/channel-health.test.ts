import { describe, expect, it } from 'vitest';
import type { Answer } from './channel.ts';
import { afterAnswer, beforeAttempt, healthy, type ChannelHealth } from './channel-health.ts';

const failed: Answer = { type: 'later', reason: 'HTTP 503' };
const half = () => 0.5;

function after(answers: readonly Answer[], from: ChannelHealth = healthy, now = 1_000): ChannelHealth {
  return answers.reduce((health, answer) => afterAnswer(health, answer, now, half), from);
}
const times = (n: number, answer: Answer = failed): readonly Answer[] =>
  Array.from({ length: n }, () => answer);

describe('the breaker of a channel', () => {
  it('stays closed for four failures and opens with the fifth', () => {
    expect(after(times(4))).toMatchObject({ state: 'closed', failuresInRow: 4 });
    expect(after(times(5))).toMatchObject({ state: 'open', failuresInRow: 5, reason: 'HTTP 503' });
  });

  it('knows since when it fails', () => {
    const first = afterAnswer(healthy, failed, 1_000, half);
    expect(after(times(6), first, 9_000).failingSince).toBe(1_000);
  });

  it.each<[name: string, answer: Answer]>([
    ['taken', { type: 'accepted' }],
    ['refused, which the receiver must be there for', { type: 'refused', reason: 'HTTP 400' }],
  ])('is as new after one message that was %s', (_name, answer) => {
    expect(after([answer], after(times(9)))).toEqual(healthy);
  });

  it.each<[name: string, answer: Answer, pause: number]>([
    ['does not stop the others by itself', failed, 0],
    ['stops them for as long as it says', { ...failed, afterMs: 30_000 }, 30_000],
    ['that a person has to mend stops them', { type: 'closed', reason: 'HTTP 401' }, 1_000],
  ])('one failure alone %s', (_name, answer, pause) => {
    expect(Math.max(0, after([answer]).pausedUntil - 1_000)).toBe(pause);
  });

  it('counts failures once that came of attempts under way together, and hears what each of them asks for', () => {
    const first = after([failed]);
    const late = afterAnswer(first, { type: 'later', reason: 'HTTP 429', afterMs: 9_000 }, 2_000, half, true);
    expect(late).toMatchObject({
      state: 'closed',
      failuresInRow: 1,
      pausedUntil: 11_000,
      reason: 'HTTP 429',
    });
    expect(afterAnswer(late, failed, 2_500, half, true)).toEqual(late);
  });

  it('goes on resting where a message is taken that was on its way when the receiver asked for a rest', () => {
    const resting = after([{ type: 'later', reason: 'HTTP 429', afterMs: 9_000 }]);
    expect(afterAnswer(resting, { type: 'accepted' }, 1_500, half, true)).toEqual({
      ...healthy,
      pausedUntil: 10_000,
    });
  });

  it('is not closed by what was on its way when it opened', () => {
    const open = after(times(5));
    expect(afterAnswer(open, { type: 'accepted' }, 1_500, half, true)).toBe(open);
  });

  it('waits for at least half of its time, however the dice fall', () => {
    const health = after(times(4));
    const pauses = [0, 0.999].map((n) => afterAnswer(health, failed, 0, () => n).pausedUntil);
    expect(pauses).toEqual([16_000, expect.any(Number)]);
    expect(pauses[1]).toBeGreaterThan(31_000);
    expect(pauses[1]).toBeLessThanOrEqual(32_000);
  });

  it('waits for as long as it is asked to, and no longer than five minutes by itself', () => {
    const asked: Answer = { type: 'later', reason: 'HTTP 429', afterMs: 600_000 };
    expect(after(times(5, asked), healthy, 0).pausedUntil).toBe(600_000);
    expect(afterAnswer(after(times(500)), failed, 0, () => 0.999).pausedUntil).toBeLessThanOrEqual(300_000);
  });

  it('lets one message through when its time is over, and opens again where that fails', () => {
    const open = after(times(5), healthy, 0);
    expect(beforeAttempt(open, open.pausedUntil - 1)).toBe(open);
    const probe = beforeAttempt(open, open.pausedUntil);
    expect(probe.state).toBe('half-open');
    expect(after([failed], probe)).toMatchObject({ state: 'open', failuresInRow: 6 });
    expect(after([{ type: 'accepted' }], probe).state).toBe('closed');
  });
});
