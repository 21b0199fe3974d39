import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from './channel.ts';
import { channelPause, nextAttempt, retryPolicy } from './next-attempt.ts';

const now = 1_000_000_000_000;
const highest = () => 1 - 2 ** -53;
const lowest = () => 0;
const later: Answer = { type: 'later', reason: 'r' };
const closed: Answer = { type: 'closed', reason: 'r' };
const hours = (count: number) => count * 3_600_000;
const fresh = (attempts: number) => ({ attempts, since: now });

describe('the next attempt', () => {
  it('is none after a yes, and none after a no to this message', () => {
    expect(nextAttempt(fresh(0), { type: 'accepted' }, now, lowest)).toEqual({ type: 'delivered' });
    expect(nextAttempt(fresh(0), { type: 'refused', reason: 'r' }, now, lowest)).toEqual({
      type: 'dead',
      reason: 'r',
    });
  });

  it.each([
    [0, 2_000],
    [1, 4_000],
    [5, 64_000],
    [10, 1_800_000],
    [150, 1_800_000],
  ])('after %i earlier ones waits up to %i ms, by chance', (attempts, most) => {
    expect(nextAttempt(fresh(attempts), later, now, highest)).toEqual({
      type: 'retry',
      at: now + most,
      reason: 'r',
    });
    expect(nextAttempt(fresh(attempts), later, now, lowest)).toMatchObject({ at: now });
  });

  it('waits as long as the receiver asks, up to an hour', () => {
    const asked = (afterMs: number) => nextAttempt(fresh(0), { ...later, afterMs }, now, highest);
    expect(asked(30_000)).toMatchObject({ at: now + 30_000 });
    expect(asked(0)).toMatchObject({ at: now });
    expect(asked(hours(1000))).toMatchObject({ at: now + hours(1) });
  });

  it('leaves a person minutes to mend a receiver', () => {
    expect(nextAttempt(fresh(0), closed, now, lowest)).toMatchObject({ type: 'retry', at: now + 150_000 });
    expect(nextAttempt(fresh(50), closed, now, highest)).toMatchObject({
      type: 'retry',
      at: now + 1_800_000,
    });
  });

  it.each([
    ['at 24 hours', 30, hours(24), 'dead'],
    ['not before', 30, hours(24) - 1, 'retry'],
    ['not with few attempts, as after a long stop of the server', 3, hours(48), 'retry'],
    ['after many attempts at any age', retryPolicy.mostAttempts - 1, 0, 'dead'],
  ])('gives up %s', (_name, attempts, age, type) => {
    expect(nextAttempt({ attempts, since: now - age }, later, now, highest).type).toBe(type);
  });

  it('says why it gave up', () => {
    expect(nextAttempt({ attempts: 30, since: 0 }, later, now, lowest)).toEqual({
      type: 'dead',
      reason: 'given up after 31 attempts; the last: r',
    });
  });

  it('comes to an end, at a real time, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Answer>(later, closed, { ...later, afterMs: 0 }, { ...later, afterMs: 1e15 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom(Number.NaN, 0, now, now * 2),
        (answer, chance, since) => {
          let at = now;
          for (let attempts = 0; attempts <= retryPolicy.mostAttempts; attempts += 1) {
            const outcome = nextAttempt({ attempts, since }, answer, at, () => chance);
            if (outcome.type === 'dead') return;
            expect(outcome.type === 'retry' && outcome.at >= at && outcome.at <= at + hours(1)).toBe(true);
            if (outcome.type === 'retry') at = outcome.at;
          }
          expect.unreachable('never gave up');
        },
      ),
    );
  });
});

describe('the rest of the channel', () => {
  it('rests as long as a rate limit says', () => {
    expect(channelPause({ ...later, afterMs: 30_000 }, 1, lowest)).toBe(30_000);
  });

  it.each([
    [1, 2_000],
    [3, 8_000],
    [20, 300_000],
  ])('rests after %i failures in a row for up to %i ms', (failures, most) => {
    expect(channelPause(later, failures, highest)).toBe(most);
    expect(channelPause(closed, failures, highest)).toBe(most);
  });

  it('goes on at once after a yes, and after a no to one message', () => {
    expect(channelPause({ type: 'accepted' }, 0, highest)).toBe(0);
    expect(channelPause({ type: 'refused', reason: 'r' }, 0, highest)).toBe(0);
  });
});
