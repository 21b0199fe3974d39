import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';
import { kindOfAddress, locateNothing, type Locate } from '../context/place.ts';
import { remembered } from '../event/remembered.ts';
import { readMmdb } from './mmdb-reader.ts';

const require = createRequire(import.meta.url);

/**
 * Which country an address is in, by what the registries say of its network (CC0):
 * https://github.com/sapics/ip-location-db/tree/main/geo-whois-asn-country
 */
const builtinFiles = {
  v4: () => require.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country-ipv4.mmdb'),
  v6: () => require.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country-ipv6.mmdb'),
} as const;

/**
 * The data that comes with Tocsin: countries alone. Its two files, 3 and 5 MB, are each read when the first address of their kind is
 * asked for, because most commands ask for none.
 * @param onProblem told once where a file cannot be used; then nothing is known of its addresses
 */
export function builtinPlaces(onProblem: (problem: string) => void): Locate {
  const opened: { v4?: Locate; v6?: Locate } = {};
  return remembered((address) => {
    // The registries' files name owners of reserved networks too; nobody is there.
    if (kindOfAddress(address) !== 'internet') return {};
    const family = isIPv6(address) ? 'v6' : 'v4';
    return (opened[family] ??= open(builtinFiles[family], onProblem))(address);
  });
}

function open(find: () => string, onProblem: (problem: string) => void): Locate {
  try {
    const path = find();
    const data = readMmdb(readFileSync(path));
    if ('locate' in data) return data.locate;
    onProblem(`${path}: ${data.problem}`);
  } catch (error) {
    onProblem(
      `the places that come with Tocsin cannot be read: ${error instanceof Error ? error.message : String(error)}; install Tocsin's packages again, or switch context.places.builtin off`,
    );
  }
  return locateNothing;
}
