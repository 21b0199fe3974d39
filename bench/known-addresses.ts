import type { KnownAddresses } from '../src/runtime/reputation.ts';

/** Lists of reputation as long as those that are in use: 20,000 networks of attackers, which hardly any client of the made-up log is in. */
export function madeUpAddresses(): KnownAddresses {
  const networks = Array.from({ length: 20_000 }, (_, i) => {
    const first = (0x14000000 + i * 150_000) >>> 0;
    return { first, last: first + 255 };
  });
  const googlebot = { first: 0x42f94000, last: 0x42f95fff };
  return {
    lists: [
      { name: 'made-up-attackers', trust: 'alert', ranges: { v4: networks, v6: [] } },
      { name: 'made-up-clouds', trust: 'context', ranges: { v4: networks.slice(0, 5_000), v6: [] } },
    ],
    crawlers: { googlebot: { v4: [googlebot], v6: [] } },
    own: { v4: [], v6: [] },
  };
}
