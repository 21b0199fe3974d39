import { describe, expect, it } from 'vitest';
import { grouped } from './grouped.ts';

describe('grouped', () => {
  it('handles together what comes in together, in order, and no more at once than allowed', async () => {
    const groups: (readonly number[])[] = [];
    const double = grouped(async (items: readonly number[]) => {
      groups.push(items);
      return items.map((item) => item * 2);
    }, 3);
    expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10]);
    expect(groups).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('takes what comes in while a group is being handled into the next one', async () => {
    const groups: (readonly string[])[] = [];
    let late: Promise<string> | undefined;
    const echo = grouped(async (items: readonly string[]) => {
      groups.push(items);
      late ??= echo('late');
      return items;
    }, 10);
    expect(await echo('early')).toBe('early');
    expect(await late).toBe('late');
    expect(groups).toEqual([['early'], ['late']]);
  });

  it('leaves a pace between groups, in which more come together, and keeps nobody waiting who comes alone', async () => {
    const groups: { readonly items: readonly number[]; readonly at: number }[] = [];
    const paceMs = 40;
    const echo = grouped(
      async (items: readonly number[]) => {
        groups.push({ items, at: performance.now() });
        return items;
      },
      10,
      undefined,
      { ms: paceMs, leisureMs: paceMs, hurries: () => true },
    );
    await echo(1);
    const second = echo(2);
    await new Promise((next) => setTimeout(next, 5));
    await Promise.all([second, echo(3)]);
    expect(groups.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    const [first, then] = groups;
    // Timers may be a millisecond early.
    expect((then?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(paceMs - 2);
  });

  it('waits longer for more while several come and nobody hurries, and takes them all along with one who does', async () => {
    const groups: (readonly string[])[] = [];
    const echo = grouped(
      async (items: readonly string[]) => {
        groups.push(items);
        return items;
      },
      10,
      undefined,
      { ms: 1, leisureMs: 60_000, hurries: (item) => item === 'alert' },
    );
    await echo('alone');
    // After one who came alone, nobody waits.
    await Promise.all([echo('first'), echo('second'), echo('third'), echo('fourth')]);
    const patient = [echo('fifth'), echo('sixth')];
    await new Promise((next) => setTimeout(next, 20));
    expect(groups).toEqual([['alone'], ['first', 'second', 'third', 'fourth']]);
    await Promise.all([...patient, echo('alert')]);
    expect(groups.at(-1)).toEqual(['fifth', 'sixth', 'alert']);
    // After a group of one who hurries alone, too.
    await echo('alert');
    await echo('last');
    expect(groups.slice(3)).toEqual([['alert'], ['last']]);
  });

  it('begins at once with what has waited for others already', async () => {
    const groups: (readonly string[])[] = [];
    const echo = grouped(
      async (items: readonly string[]) => {
        groups.push(items);
        return items;
      },
      10,
      undefined,
      { ms: 0, leisureMs: 0, hurries: () => true, isGathered: (item) => item === 'gathered' },
    );
    const alone = echo('alone');
    expect(groups).toEqual([]);
    await alone;
    const gathered = echo('gathered');
    // Without a turn of the event loop.
    for (let steps = 0; steps < 5; steps += 1) await Promise.resolve();
    expect(groups.at(-1)).toEqual(['gathered']);
    await gathered;
  });

  it('keeps nobody waiting for longer than the leisure', async () => {
    const sizes: number[] = [];
    const count = grouped(
      async (items: readonly number[]) => {
        sizes.push(items.length);
        return items;
      },
      10,
      undefined,
      { ms: 0, leisureMs: 30, hurries: () => false },
    );
    await Promise.all([count(1), count(2), count(3)]);
    await Promise.all([count(4), count(5)]);
    expect(sizes).toEqual([3, 2]);
  });

  it('does not wait for more than ever came together: a few callers may all be waiting for their answers', async () => {
    const count = grouped(async (items: readonly number[]) => items, 10, undefined, {
      ms: 0,
      leisureMs: 60_000,
      hurries: () => false,
    });
    const caller = async () => {
      for (let i = 0; i < 20; i++) await count(i);
    };
    await Promise.all([caller(), caller(), caller()]);
  });

  it('fails only the item that is at fault', async () => {
    const check = grouped(async (items: readonly number[]) => {
      if (items.includes(3)) throw new Error('three');
      return items;
    }, 10);
    const results = await Promise.allSettled([1, 2, 3, 4].map(check));
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('tries nothing again after an error that each would meet', async () => {
    let calls = 0;
    const full = grouped(
      async (): Promise<readonly never[]> => {
        calls += 1;
        throw new Error('full');
      },
      10,
      (error) => error instanceof Error && error.message === 'full',
    );
    const results = await Promise.allSettled([1, 2, 3].map(full));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(calls).toBe(1);
  });
});
