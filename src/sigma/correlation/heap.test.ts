import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHeap, type Heap } from './heap.ts';

/** The plain way: what is least is looked for each time. */
function plainHeap(): Heap<number> {
  const items: number[] = [];
  const first = () => (items.length === 0 ? undefined : Math.min(...items));
  return {
    size: () => items.length,
    first,
    push: (item) => void items.push(item),
    pop: () => {
      const least = first();
      if (least !== undefined) items.splice(items.indexOf(least), 1);
      return least;
    },
  };
}

/** What it gives: a number is pushed, undefined takes one; at the end all that is left. */
function taken(heap: Heap<number>, steps: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const given: (number | undefined)[] = [];
  for (const step of steps) {
    if (step === undefined) given.push(heap.first(), heap.pop());
    else heap.push(step);
    given.push(heap.size());
  }
  while (heap.size() > 0) given.push(heap.pop());
  return given;
}

it('gives the least of what is in it, whatever comes in which order', () => {
  const numbers = fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined, freq: 3 });
  fc.assert(
    fc.property(fc.array(numbers), fc.integer({ min: 0, max: 20 }), (given, rise) => {
      // With a rise mostly in order, as records of an archive are.
      const steps = given.map((number, i) => number && number + i * rise);
      expect(
        taken(
          createHeap<number>((a, b) => a < b),
          steps,
        ),
      ).toEqual(taken(plainHeap(), steps));
    }),
  );
});
