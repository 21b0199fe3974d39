import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Escaping } from '../event/requests.ts';
import { requestsOf } from './testing/requests.ts';
import { perText, type NumberedTexts } from './numbered-texts.ts';
import { textTable } from './text-table.ts';

const agents = (texts: readonly string[], escaping: Escaping = 'none') =>
  requestsOf(
    texts.map((agent) => ({ agent })),
    { escaping },
  );

function textOf({ bytes, start, end }: NumberedTexts, id: number): string {
  return Buffer.from(bytes.subarray(start[id], end[id])).toString();
}

describe('the table of texts', () => {
  it('gives the same number to the same text and to no other, in this batch and the next', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'b', 'é', '\0') }))),
        fc.integer(),
        (batches, seed) => {
          const table = textTable({ seed });
          const numbers = new Map<string, number>();
          for (const batch of batches) {
            const texts = table.of(agents(batch), 'agent');
            expect(texts.generation).toBe(0);
            for (const [row, text] of batch.entries()) {
              const id = texts.ids[row] ?? -1;
              expect(textOf(texts, id)).toBe(text);
              expect(numbers.get(text) ?? id).toBe(id);
              numbers.set(text, id);
            }
            expect(texts.size).toBe(numbers.size);
          }
        },
      ),
    );
  });

  it('tells texts apart that the log wrote in different ways', () => {
    const table = textTable();
    const ids = (['none', 'percent', 'backslash', 'percent'] as const).map((escaping) => {
      const texts = table.of(agents(['a%20b'], escaping), 'agent');
      const id = texts.ids[0] ?? -1;
      expect(texts.escapingOf(id)).toBe(escaping);
      return id;
    });
    expect(new Set(ids).size).toBe(3);
    expect(ids[3]).toBe(ids[1]);
  });

  it('keeps columns apart', () => {
    const table = textTable();
    const requests = requestsOf([{ path: '/a', agent: '/b' }]);
    expect(textOf(table.of(requests, 'path'), 0)).toBe('/a');
    expect(textOf(table.of(requests, 'agent'), 0)).toBe('/b');
  });

  it('looks at a batch once, whoever asks', () => {
    const table = textTable();
    const requests = agents(['a', 'b']);
    const { ids } = table.of(requests, 'agent');
    ids[0] = 7;
    expect(table.of(requests, 'agent').ids[0]).toBe(7);
    expect(table.of(agents(['a']), 'agent').ids[0]).toBe(0);
  });

  it('stays within its bounds under texts without end, and gives all numbers anew', () => {
    const table = textTable();
    let generations = 0;
    for (let batch = 0; batch < 30; batch++) {
      const wanted = Array.from({ length: 4_000 }, (_, i) => `agent ${batch} ${i} ${'x'.repeat(batch * 20)}`);
      const texts = table.of(agents(wanted), 'agent');
      expect(textOf(texts, texts.ids[3_999] ?? -1)).toBe(wanted[3_999]);
      expect(texts.size).toBeLessThan(40_000);
      expect(texts.bytes.length).toBeLessThan(16 * 1024 * 1024);
      generations = texts.generation;
    }
    expect(generations).toBeGreaterThan(2);
  });
});

describe('what is worked out for each text', () => {
  it('is worked out once, and anew when the numbers are', () => {
    const table = textTable();
    const seen: string[] = [];
    const lengths = perText((bytes, start, end) => {
      seen.push(Buffer.from(bytes.subarray(start, end)).toString());
      return end - start;
    });
    const lengthsOf = (batch: readonly string[]): readonly (number | undefined)[] => {
      const texts = table.of(agents(batch), 'agent');
      const held = lengths(texts);
      return batch.map((_, row) => held[texts.ids[row] ?? -1]);
    };
    expect(lengthsOf(['a', 'bb', 'a', ''])).toEqual([1, 2, 1, 0]);
    expect(lengthsOf(['bb', 'ccc'])).toEqual([2, 3]);
    expect(seen).toEqual(['a', 'bb', '', 'ccc']);
    for (let batch = 0; batch < 12; batch++)
      table.of(agents(Array.from({ length: 4_000 }, (_, i) => `${batch} ${i}`)), 'agent');
    expect(lengthsOf(['dddd', 'a'])).toEqual([4, 1]);
    expect(seen.filter((text) => text === 'a')).toHaveLength(2);
  });
});
