import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Escaping } from '../event/requests.ts';
import { parseAddress, wordsInAddress } from './address.ts';
import { clientTable } from './clients.ts';
import { plainTexts } from './plain-texts.ts';
import { requestsOf } from './testing/requests.ts';
import { textTable } from './text-table.ts';
import { kernelSource } from './traffic-kernel.ts';

const numbers = { capacity: 1_000, seed: 7, from: 0 };

function kernelOf(capacity: number, from = 0) {
  return kernelSource({ capacity, seed: 7, from });
}

const octet = fc.oneof(fc.nat({ max: 256 }).map(String), fc.constantFrom('', '00', '01', 'a', '255', '999'));
const group = fc.oneof(
  fc.nat({ max: 0xffff }).map((value) => value.toString(16)),
  fc.constantFrom('', '0', '0000', '00000', 'FfFf', 'g', '1.2.3.4'),
);
/** Addresses, and what nearly is one. */
const written = fc.oneof(
  { weight: 2, arbitrary: fc.ipV4() },
  { weight: 4, arbitrary: fc.ipV6() },
  { weight: 2, arbitrary: fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.')) },
  { weight: 4, arbitrary: fc.array(group, { minLength: 1, maxLength: 9 }).map((parts) => parts.join(':')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 50, unit: fc.constantFrom(':', '.', '1', 'f', '0', '%') }) },
);

describe('compiled tables of clients', () => {
  it('read every address as it is read without', () => {
    const source = kernelOf(20_000);
    const table = clientTable({ ...numbers, capacity: 20_000, proxies: [], kernel: source });
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), (addresses) => {
        const ids = table.idsOf(requestsOf(addresses.map((client) => ({ client }))));
        for (const [row, address] of addresses.entries()) {
          const bytes = Buffer.from(address);
          const words = new Uint32Array(wordsInAddress);
          const isReadable = parseAddress(bytes, 0, bytes.length, words);
          const id = ids[row] ?? -1;
          const held = id === -1 ? 'none' : [...table.words().subarray(4 * id, 4 * id + 4)];
          expect([address, held]).toEqual([address, isReadable ? [...words] : 'none']);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('give the numbers that the plain ones give, whoever is forgotten, also where they go on with theirs', () => {
    const clients = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 });
    const proxies = ['192.0.2.32/27'];
    const settings = fc.record({
      capacity: fc.constantFrom(2, 8, 24, 1_000),
      from: fc.nat({ max: 200 }),
      hasProxies: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(clients, { maxLength: 30 }),
        settings,
        (batches, { capacity, from, hasProxies }) => {
          const common = { ...numbers, capacity, proxies: hasProxies ? proxies : [] };
          const plain = clientTable(common);
          const compiled = clientTable({ ...common, kernel: kernelOf(capacity, from) });
          for (const batch of batches) {
            const requests = requestsOf(
              batch.map((i) => ({
                client: i === 0 ? '' : i % 2 === 0 ? `192.0.2.${i}` : `2001:db8::${i}`,
                forwarded: i % 3 === 0 ? '198.51.100.7' : '',
              })),
            );
            const expected = [...plain.idsOf(requests)];
            expect([...compiled.idsOf(requests)]).toEqual(expected);
            expect(compiled.drainEvicted()).toEqual(plain.drainEvicted());
            expect(compiled.counters).toEqual(plain.counters);
            const known = expected.filter((id) => id !== -1);
            expect(known.map(compiled.textOf)).toEqual(known.map(plain.textOf));
          }
        },
      ),
    );
  });

  it('tell who was seen last in whichever of very many batches', () => {
    const plain = clientTable({ ...numbers, capacity: 8, proxies: [] });
    const compiled = clientTable({ ...numbers, capacity: 8, proxies: [], kernel: kernelOf(8) });
    const batchOf = (i: number) => requestsOf([{ client: `192.0.2.${i}` }]);
    const [often, last] = [batchOf(1), [2, 3, 4, 5, 6, 7, 8].map(batchOf)];
    const take = (requests: ReturnType<typeof batchOf>): void => {
      expect([...compiled.idsOf(requests)]).toEqual([...plain.idsOf(requests)]);
    };
    for (let i = 0; i < 66_000; i++) take(often);
    for (const requests of last) take(requests);
    for (let i = 0; i < 33_000; i++) take(often);
    // One after the other takes the place of whom nobody has seen for the longest time.
    for (let i = 9; i < 40; i++) {
      take(batchOf(i));
      expect(compiled.drainEvicted()).toEqual(plain.drainEvicted());
    }
    expect(compiled.counters).toEqual({ known: 8, evicted: 31, unreadable: 0, crowdedOut: 0 });
  });

  it('keep every number while their index grows, and take batches that are longer than theirs', () => {
    const capacity = 100_000;
    const table = clientTable({ ...numbers, capacity, proxies: [], kernel: kernelOf(capacity) });
    const all = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    const numbersOf = (clients: readonly string[]): number[] =>
      Array.from(table.idsOf(requestsOf(clients.map((client) => ({ client })))));
    const first = numbersOf(all);
    expect(first).toEqual(all.map((_, i) => i));
    expect(numbersOf(all.slice(0, 5_000))).toEqual(first.slice(0, 5_000));
    expect(first.map(table.textOf)).toEqual(all);
    expect(table.counters).toEqual({ known: 20_000, evicted: 0, unreadable: 0, crowdedOut: 0 });
  });
});

describe('compiled tables of texts', () => {
  it('give the numbers that the plain ones give', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 70, unit: fc.constantFrom('a', 'b') }),
      // Long ones that differ in one place, or in their length.
      fc
        .tuple(fc.integer({ min: 28, max: 150 }), fc.nat({ max: 160 }))
        .map(([length, at]) => `${'x'.repeat(length).slice(0, at)}y${'x'.repeat(length).slice(at + 1)}`),
      fc.constantFrom('', 'a', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(17), `${'x'.repeat(16)}y`),
    );
    const escaping = fc.constantFrom<Escaping>('none', 'percent', 'backslash');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(text), escaping)), (batches) => {
        const table = textTable({ kernel: kernelOf(8) });
        const plain = plainTexts(1);
        for (const [batch, escaping] of batches) {
          const requests = requestsOf(
            batch.map((path) => ({ path })),
            { escaping },
          );
          plain.take(requests, 'path');
          const compiled = table.of(requests, 'path');
          expect(compiled.size).toBe(plain.size);
          expect([...compiled.ids.subarray(0, batch.length)]).toEqual([
            ...plain.ids.subarray(0, batch.length),
          ]);
          for (let id = 0; id < plain.size; id++) {
            expect(compiled.escapingOf(id)).toBe(plain.escapingOf(id));
            const held = compiled.bytes.subarray(compiled.start[id], compiled.end[id]);
            expect(Buffer.from(held)).toEqual(
              Buffer.from(plain.bytes.subarray(plain.start[id], plain.end[id])),
            );
          }
        }
      }),
    );
  });

  it('give all numbers anew when there are too many, as the plain ones do', () => {
    const table = textTable({ kernel: kernelOf(8) });
    const plain = plainTexts(1);
    for (let batch = 0; batch < 20; batch++) {
      const requests = requestsOf(
        Array.from({ length: 4_000 }, (_, i) => ({ agent: `agent ${batch} ${i} ${'x'.repeat(batch * 20)}` })),
      );
      plain.take(requests, 'agent');
      const compiled = table.of(requests, 'agent');
      expect([compiled.generation, compiled.size]).toEqual([plain.generation, plain.size]);
      expect(compiled.ids[3_999]).toBe(plain.ids[3_999]);
    }
    expect(plain.generation).toBeGreaterThan(1);
  });

  it('leave batches that are too large for them to the plain ones', () => {
    const table = textTable({ kernel: kernelOf(8) });
    const long = 'x'.repeat(3 * 1024 * 1024);
    for (const agents of [
      ['a', 'b'],
      ['b', long, 'b'],
      ['b', 'c'],
    ]) {
      const texts = table.of(requestsOf(agents.map((agent) => ({ agent }))), 'agent');
      const read = agents.map((_, row) => {
        const id = texts.ids[row] ?? -1;
        return Buffer.from(texts.bytes.subarray(texts.start[id], texts.end[id])).toString();
      });
      expect(read).toEqual(agents);
    }
  });

  it('number more columns than they have room for', () => {
    const table = textTable({ kernel: kernelOf(8) });
    const columns = [
      ...(['client', 'forwarded', 'method', 'host', 'path', 'query', 'agent', 'referrer', 'id'] as const),
      ...(['country', 'action', 'rule', 'labels'] as const),
    ];
    const requests = requestsOf([Object.fromEntries(columns.map((name) => [name, `of ${name}`]))]);
    for (const name of columns) {
      const { bytes, start, end } = table.of(requests, name);
      expect(Buffer.from(bytes.subarray(start[0], end[0])).toString()).toBe(`of ${name}`);
    }
  });
});
