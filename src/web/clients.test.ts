import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientTable } from './clients.ts';
import { requestsOf } from './testing/requests.ts';

const settings = { capacity: 1_000, proxies: [] };

function ofClients(clients: readonly string[]): ReturnType<typeof requestsOf> {
  return requestsOf(clients.map((client) => ({ client })));
}

describe('clientTable', () => {
  it('gives the same number to the same address, however it is written', () => {
    const table = clientTable(settings);
    const ids = table.idsOf(
      ofClients(['192.0.2.1', '2001:db8::1', '192.0.2.1', '::ffff:192.0.2.1', '2001:0DB8:0::1']),
    );
    expect([...ids]).toEqual([0, 1, 0, 0, 1]);
    expect([0, 1].map(table.textOf)).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(table.networkOf(1, 24, 64)).toBe('2001:db8::/64');
  });

  it('gives -1 where there is no address, and counts it', () => {
    const table = clientTable(settings);
    expect([...table.idsOf(ofClients(['', 'nonsense', '192.0.2.1']))]).toEqual([-1, -1, 0]);
    expect(table.counters).toMatchObject({ known: 1, unreadable: 2 });
  });

  it('keeps every number while it grows', () => {
    const table = clientTable({ ...settings, capacity: 100_000 });
    const clients = Array.from({ length: 12_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    const first = Array.from(table.idsOf(ofClients(clients)));
    expect(new Set(first).size).toBe(12_000);
    expect(Array.from(table.idsOf(ofClients(clients)))).toEqual(first);
    expect(first.map(table.textOf)).toEqual(clients);
  });

  it('forgets who was not seen for the longest time, says who, and uses the number again', () => {
    const table = clientTable({ ...settings, capacity: 8 });
    table.idsOf(ofClients(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']));
    table.idsOf(ofClients(['10.0.0.5', '10.0.0.6', '10.0.0.7', '10.0.0.8']));
    table.idsOf(ofClients(['10.0.0.1']));
    expect(table.drainEvicted()).toEqual([]);
    expect([...table.idsOf(ofClients(['10.0.0.9']))]).toEqual([1]);
    expect(table.drainEvicted()).toEqual([1]);
    expect(table.drainEvicted()).toEqual([]);
    expect(table.textOf(1)).toBe('10.0.0.9');
    expect(table.counters).toMatchObject({ known: 8, evicted: 1 });
  });

  it('never forgets a client of the batch that it is reading', () => {
    const table = clientTable({ ...settings, capacity: 2 });
    expect([...table.idsOf(ofClients(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.1']))]).toEqual([
      0, 1, -1, 0,
    ]);
    expect(table.counters).toMatchObject({ known: 2, evicted: 0, crowdedOut: 1 });
  });

  it('says of every row whose address it is, whatever came before and was forgotten', () => {
    const clients = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(clients, { maxLength: 30 }), fc.integer(), (batches, seed) => {
        const table = clientTable({ capacity: 24, proxies: [], seed });
        for (const batch of batches) {
          const addresses = batch.map((i) => (i % 2 === 0 ? `192.0.2.${i}` : `2001:db8::${i}`));
          expect([...table.idsOf(ofClients(addresses))].map(table.textOf)).toEqual(addresses);
          expect(table.counters.known).toBeLessThanOrEqual(24);
        }
      }),
    );
  });
});

describe('clients behind proxies', () => {
  const cases: readonly [string, string, string, string | undefined][] = [
    ['believes a proxy', '10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['believes nobody else', '198.51.100.1', '192.0.2.7', '198.51.100.1'],
    ['takes the last hop that is no proxy', '10.0.0.1', '203.0.113.5, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['does not believe what a client wrote of itself', '10.0.0.1', '10.9.9.9, 192.0.2.7', '192.0.2.7'],
    ['takes the first of many proxies', '10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3'],
    ['takes the proxy itself where it says nothing', '10.0.0.1', '', '10.0.0.1'],
    ['reads CloudFront’s way to write spaces', '10.0.0.1', '203.0.113.5,%20192.0.2.7', '192.0.2.7'],
    ['reads ports', '10.0.0.1', '192.0.2.7:4711', '192.0.2.7'],
    ['reads IPv6 with ports', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['reads IPv6', '10.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['knows no client where the hop is unreadable', '10.0.0.1', '192.0.2.7, unknown', undefined],
    ['knows no client where the hop is empty', '10.0.0.1', '192.0.2.7,', undefined],
    ['knows no client where there are only proxies and a comma', '10.0.0.1', ',10.0.0.2', undefined],
  ];
  it.each(cases)('%s', (_, client, forwarded, expected) => {
    const table = clientTable({ ...settings, proxies: ['10.0.0.0/8'] });
    const [id = -1] = table.idsOf(requestsOf([{ client, forwarded }]));
    expect(id === -1 ? undefined : table.textOf(id)).toBe(expected);
  });

  it('looks at no more hops than anybody has proxies', () => {
    const table = clientTable({ ...settings, proxies: ['10.0.0.0/8'] });
    const forwarded = `192.0.2.7,${'10.0.0.2,'.repeat(100_000)}10.0.0.3`;
    const [id = -1] = table.idsOf(requestsOf([{ client: '10.0.0.1', forwarded }]));
    expect(table.textOf(id)).toBe('10.0.0.2');
  });
});
