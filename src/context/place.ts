import ipaddr from 'ipaddr.js';
import type { Origin } from '../event/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { FieldName } from '../facts/field-name.ts';
import { countryName } from './country-name.ts';
import type { Provider } from './providers/provider.ts';
import type { OwnNetwork } from './own-networks.ts';

/**
 * Where a call came from. `own`: one of one's own networks. `internet`: an address of the internet. `private` and `reserved` addresses
 * lie nowhere, unless data of one's own says where; `aws` is AWS itself, which has no address; of `unknown` the record names no address.
 */
export type PlaceKind = 'own' | 'internet' | 'private' | 'reserved' | 'aws' | 'unknown';

/** What is known of a place; what is not is left out. Plain data, kept with alerts. */
export interface Place extends Located {
  readonly kind: PlaceKind;
  /** The English name of the country: `Germany`. */
  readonly countryName?: string | undefined;
  /** What one's own network is called: `Berlin office`. */
  readonly network?: string | undefined;
}

/** What data on addresses says of one. */
export interface Located {
  /** ISO 3166-1 alpha-2: `DE`. */
  readonly country?: string | undefined;
  readonly city?: string | undefined;
  /** Degrees, north and east positive; of the city or country, seldom of the building. */
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  /** The number of the autonomous system that the address belongs to, and who runs it. */
  readonly asn?: number | undefined;
  readonly asName?: string | undefined;
  /** The cloud or vendor that publishes the address as one of its own. */
  readonly provider?: Provider | undefined;
}

/** Asks data on addresses for one, in the spelling of `Origin`. Never throws. */
export type Locate = (address: string) => Located;

/** Where no data on addresses is at hand. */
export const locateNothing: Locate = () => ({});

/**
 * Asks one after the other: the first that knows the country or city tells where, and the first that knows the autonomous system tells
 * that. A city of one and a country of another would not fit together.
 */
export function locateInOrder(sources: readonly Locate[]): Locate {
  return (address) => {
    let where: Located = {};
    let system: Located = {};
    for (const source of sources) {
      const { asn, asName, ...rest } = source(address);
      if (where.country === undefined && where.city === undefined) where = rest;
      if (system.asn === undefined && asn !== undefined) system = { asn, asName };
      if (where.country !== undefined && system.asn !== undefined) break;
    }
    return { ...where, ...system };
  };
}

/**
 * Of one's own network only what the configuration says of it is told: the country in which a VPN or a cloud goes out says nothing of
 * the people behind it.
 */
export function placeOf(
  origin: Origin,
  ownNetwork: (address: string) => OwnNetwork | undefined,
  locate: Locate,
  kindOf: (address: string) => ReturnType<typeof kindOfAddress> = kindOfAddress,
): Place {
  if (origin.type === 'service' || origin.type === 'internal') return { kind: 'aws' };
  if (origin.type === 'unknown') return { kind: 'unknown' };
  const own = ownNetwork(origin.address);
  if (own !== undefined) return withName({ kind: 'own', network: own.name, country: own.country });
  return withName({ kind: kindOf(origin.address), ...locate(origin.address) });
}

function withName(place: Place): Place {
  return place.country === undefined ? place : { ...place, countryName: countryName(place.country) };
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
const inward: ReadonlySet<string> = new Set([
  'private',
  'uniqueLocal',
  'loopback',
  'linkLocal',
  'carrierGradeNat',
]);
const nowhere: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'multicast', 'reserved']);

/** What sort of address it is by itself. */
export function kindOfAddress(address: string): 'internet' | 'private' | 'reserved' {
  const range: string = ipaddr.process(address).range();
  return inward.has(range) ? 'private' : nowhere.has(range) ? 'reserved' : 'internet';
}

/** What rules see under `tocsin.place`. Held by a test to what is produced. */
export const placeFieldNames: readonly FieldName[] = [
  {
    name: 'place.kind',
    description:
      'where the call came from: own (one of the networks in the configuration), internet, private, reserved, aws (AWS itself) or unknown (the record names no address)',
  },
  {
    name: 'place.own',
    description: 'whether the address is in one of the networks in the configuration: true or false',
  },
  { name: 'place.network', description: 'name of that network, by the configuration' },
  {
    name: 'place.country',
    description:
      'country of the address, such as DE (ISO 3166-1); of own networks, what the configuration says',
  },
  { name: 'place.country_name', description: 'its English name, such as Germany' },
  {
    name: 'place.area',
    description: 'the country, or the name of the own network where that has none: to tell places apart',
  },
  { name: 'place.city', description: 'English name of the city, where a configured file tells it' },
  { name: 'place.latitude', description: 'degrees north, where a configured file tells them' },
  { name: 'place.longitude', description: 'degrees east, where a configured file tells them' },
  {
    name: 'place.asn',
    description: 'number of the autonomous system that the address is in, where a configured file tells it',
  },
  { name: 'place.as_name', description: 'who runs that autonomous system' },
  {
    name: 'place.provider.name',
    description:
      'the cloud or vendor that publishes the address as one of its own, such as AWS or GitHub, where its list is configured',
  },
  {
    name: 'place.provider.service',
    description: 'what of the provider the address serves, in its own words, such as Actions or CLOUDFRONT',
  },
  { name: 'place.provider.region', description: "the provider's own name for where that is" },
];

/** A place under the names that rules use. */
export function placeFields(place: Place): JsonObject {
  const { kind, network, country, city, latitude, longitude, asn } = place;
  const fields = {
    kind,
    own: kind === 'own',
    network,
    country,
    country_name: place.countryName,
    area: country ?? network,
    city,
    latitude,
    longitude,
    asn,
    as_name: place.asName,
    provider: place.provider && present({ ...place.provider }),
  };
  return present(fields);
}

/** What has no value must not be there: a rule may ask whether it exists. */
function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const found: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) found[name] = value;
  return found;
}
