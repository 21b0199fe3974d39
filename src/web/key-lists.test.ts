import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyLists } from './key-lists.ts';

it('holds the head and the length of every list, however many keys there are, until it is cleared', () => {
  const key = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 5_000 }), fc.constant(2 ** 31 - 1));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 50 }), fc.nat({ max: 1_500 }), (keys, many) => {
      const lists = keyLists();
      for (const wanted of [[...keys, ...Array.from({ length: many }, (_, i) => i * 3)], keys]) {
        const plain = new Map<number, number[]>();
        const given: number[] = [];
        const expected: number[] = [];
        for (const [head, one] of wanted.entries()) {
          const list = plain.get(one) ?? [];
          given.push(lists.push(one, head));
          expected.push(list.at(-1) ?? -1);
          plain.set(one, [...list, head]);
        }
        expect(given).toEqual(expected);
        const asked = [...new Set(wanted), 4, 10_000];
        expect(asked.map(lists.headOf)).toEqual(asked.map((one) => plain.get(one)?.at(-1) ?? -1));
        expect(asked.map(lists.lengthOf)).toEqual(asked.map((one) => plain.get(one)?.length ?? 0));
        lists.clear();
      }
    }),
    { numRuns: 30 },
  );
});
