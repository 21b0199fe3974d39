import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBucket } from './rate-limit.ts';

describe('a bucket of messages', () => {
  it('lets five seconds of them through at once, and then one after the other', () => {
    const bucket = createBucket(60, 0);
    expect([bucket.room(0), bucket.wait(0)]).toEqual([5, 0]);
    bucket.spend(5, 0);
    expect([bucket.room(0), bucket.wait(0)]).toEqual([0, 1_000]);
    expect([bucket.room(999), bucket.wait(999)]).toEqual([0, 1]);
    expect([bucket.room(1_000), bucket.wait(1_000)]).toEqual([1, 0]);
  });

  it('lets at least one through where that is less than five seconds of them', () => {
    const bucket = createBucket(1, 0);
    bucket.spend(1, 0);
    expect([bucket.wait(0), bucket.room(59_999)]).toEqual([60_000, 0]);
    expect(bucket.room(60_000)).toBe(1);
  });

  it('never holds more than it holds', () => expect(createBucket(60, 0).room(1e12)).toBe(5));

  it('outlives a clock that is set back', () => {
    const bucket = createBucket(60, 1_000_000);
    bucket.spend(5, 1_000_000);
    expect(bucket.wait(0)).toBe(1_000);
    expect(bucket.room(1_000)).toBe(1);
  });

  it('in any series of waits lets through no more than its rate and what it holds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }),
        (perMinute, waits) => {
          const bucket = createBucket(perMinute, 0);
          let now = 0;
          let sent = 0;
          for (const wait of waits) {
            now += wait;
            if (bucket.wait(now) > 0) continue;
            expect(bucket.room(now)).toBeGreaterThanOrEqual(1);
            bucket.spend(1, now);
            sent += 1;
          }
          expect(sent).toBeLessThanOrEqual((now / 60_000) * perMinute + Math.max(1, perMinute / 12) + 1e-6);
        },
      ),
    );
  });
});
