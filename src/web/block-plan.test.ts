import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planEntries, type PlanInput } from './block-plan.ts';
import { cidrText, overlaps } from './network.ts';
import { mergeNetworks, withoutNetworks } from './network-sets.ts';
import { net, smallNetworks } from './testing/networks.ts';

const nets = (...texts: readonly string[]) => texts.map(net);
const wanted = (...texts: readonly string[]) =>
  nets(...texts).map((network, i) => ({ network, weight: 100 - i }));

function plan(input: Partial<PlanInput>) {
  const made = planEntries({
    wanted: [],
    actual: [],
    held: [],
    approved: [],
    capacity: 10_000,
    exclusive: false,
    widest: { 4: 24, 6: 48 },
    ...input,
  });
  const { leftOut, ...networks } = made;
  return {
    ...Object.fromEntries(Object.entries(networks).map(([name, list]) => [name, list.map(cidrText)])),
    leftOut: leftOut.map(({ network }) => cidrText(network)),
  };
}

describe('a list', () => {
  it('that is as it should be is left alone', () => {
    expect(
      plan({ wanted: wanted('198.51.100.7'), actual: nets('198.51.100.7'), held: nets('198.51.100.7') }),
    ).toMatchObject({ add: [], remove: [], ours: ['198.51.100.7/32'] });
  });

  it('gets what is missing and loses what of ours is over', () => {
    expect(
      plan({ wanted: wanted('198.51.100.7'), actual: nets('198.51.100.9'), held: nets('198.51.100.9') }),
    ).toMatchObject({ entries: ['198.51.100.7/32'], add: ['198.51.100.7/32'], remove: ['198.51.100.9/32'] });
  });

  it('keeps what others put there, even where it is the same as ours', () => {
    expect(
      plan({ wanted: wanted('198.51.100.7'), actual: nets('198.51.100.7', '203.0.113.0/28') }),
    ).toMatchObject({ add: [], remove: [], ours: [], foreign: ['198.51.100.7/32', '203.0.113.0/28'] });
  });

  it('that is ours alone loses whatever is not wanted', () => {
    expect(plan({ actual: nets('203.0.113.0/28'), exclusive: true })).toMatchObject({
      remove: ['203.0.113.0/28'],
      foreign: [],
    });
  });

  it('loses approved addresses and nothing else of what others put there', () => {
    expect(
      plan({ actual: nets('203.0.113.0/30', '198.51.100.1'), approved: nets('203.0.113.1') }),
    ).toMatchObject({
      entries: ['198.51.100.1/32', '203.0.113.0/32', '203.0.113.2/31'],
      cleared: ['203.0.113.0/30'],
    });
  });

  it('that is too short gets the worst, and tells what did not fit', () => {
    expect(
      plan({ wanted: wanted('198.51.100.1', '198.51.100.3', '198.51.100.5', '198.51.100.7'), capacity: 2 }),
    ).toMatchObject({
      entries: ['198.51.100.1/32', '198.51.100.3/32'],
      leftOut: ['198.51.100.5/32', '198.51.100.7/32'],
    });
  });

  it('has room for more when neighbours are merged', () => {
    expect(
      plan({ wanted: wanted('198.51.100.0', '198.51.100.9', '198.51.100.1', '198.51.100.8'), capacity: 2 }),
    ).toMatchObject({ entries: ['198.51.100.0/31', '198.51.100.8/31'], leftOut: [] });
  });

  it('leaves room for what others put there', () => {
    expect(
      plan({ wanted: wanted('198.51.100.1', '198.51.100.3'), actual: nets('203.0.113.1'), capacity: 2 }),
    ).toMatchObject({ entries: ['198.51.100.1/32', '203.0.113.1/32'], leftOut: ['198.51.100.3/32'] });
    expect(
      plan({ wanted: wanted('198.51.100.1'), actual: nets('203.0.113.1', '203.0.113.3'), capacity: 1 }),
    ).toMatchObject({ remove: [], leftOut: ['198.51.100.1/32'] });
  });

  it('takes ten thousand of thirty thousand in a moment', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `20.${i >> 8}.${i & 255}.1`);
    const { entries, leftOut } = plan({ wanted: wanted(...many) }) as {
      entries: string[];
      leftOut: string[];
    };
    expect([entries.length, leftOut.length]).toEqual([10_000, 20_000]);
  });
});

it('whatever is wanted and there: no list is too long, none holds approved addresses, none loses others’, and a second plan changes nothing', () => {
  fc.assert(
    fc.property(
      smallNetworks,
      smallNetworks,
      smallNetworks,
      fc.integer({ min: 0, max: 60 }),
      fc.boolean(),
      (some, there, approved, capacity, exclusive) => {
        const isApproved = (each: (typeof some)[number]) => approved.some((other) => overlaps(each, other));
        const input: PlanInput = {
          wanted: some.filter((each) => !isApproved(each)).map((network, weight) => ({ network, weight })),
          actual: [...new Map(there.map((each) => [cidrText(each), each])).values()],
          held: there.slice(0, there.length / 2),
          approved,
          capacity,
          exclusive,
          widest: { 4: 24, 6: 48 },
        };
        const made = planEntries(input);
        expect(made.entries.some(isApproved)).toBe(false);
        expect(made.entries.length).toBeLessThanOrEqual(Math.max(capacity, made.foreign.length));
        expect(new Set(made.entries.map(cidrText)).size).toBe(made.entries.length);
        const held = new Set(input.held.map(cidrText));
        const theirs = input.actual.filter((each) => !held.has(cidrText(each)) && !isApproved(each));
        expect(withoutNetworks(exclusive ? [] : theirs, made.entries)).toEqual([]);
        const covered = mergeNetworks([...made.entries, ...made.leftOut.map(({ network }) => network)]);
        expect(
          withoutNetworks(
            input.wanted.map(({ network }) => network),
            covered,
          ),
        ).toEqual([]);
        const again = planEntries({ ...input, actual: made.entries, held: made.ours });
        expect([again.add, again.remove]).toEqual([[], []]);
      },
    ),
    { numRuns: 300 },
  );
});
