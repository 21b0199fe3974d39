import { isCountryCode } from './country-name.ts';
import type { Located } from './place.ts';

/** Longer names are cut. */
const longestName = 100;

/**
 * What a record of a MaxMind DB file says, in the shapes in which the known files have it: nested with names by language (MaxMind,
 * DB-IP), or flat (ip-location-db, IPinfo). What is not of the expected form is left out.
 * https://dev.maxmind.com/geoip/docs/databases and https://github.com/sapics/ip-location-db
 */
export function readLocated(record: unknown): Located {
  const country = countryOf(first(record, ['country', 'iso_code'], ['country_code'], ['country']));
  const city = name(first(record, ['city', 'names', 'en'], ['city'], ['city_name']));
  const latitude = degrees(first(record, ['location', 'latitude'], ['latitude'], ['lat']), 90);
  const longitude = degrees(first(record, ['location', 'longitude'], ['longitude'], ['lng']), 180);
  const hasPoint = latitude !== undefined && longitude !== undefined;
  const asn = asNumber(first(record, ['autonomous_system_number'], ['asn']));
  const asName = name(first(record, ['autonomous_system_organization'], ['as_name']));
  return {
    ...(country === undefined ? {} : { country }),
    ...(city === undefined ? {} : { city }),
    ...(hasPoint ? { latitude, longitude } : {}),
    ...(asn === undefined ? {} : { asn }),
    ...(asn === undefined || asName === undefined ? {} : { asName }),
  };
}

/** What stands at the first of the paths at which a text or number stands. */
function first(record: unknown, ...paths: readonly (readonly string[])[]): string | number | undefined {
  for (const path of paths) {
    const found = path.reduce(memberOf, record);
    if (typeof found === 'string' || typeof found === 'number') return found;
  }
  return undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

function countryOf(value: string | number | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const code = value.toUpperCase();
  // ZZ stands for a country that is not known.
  return isCountryCode(code) && code !== 'ZZ' ? code : undefined;
}

function name(value: string | number | undefined): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return value.length > longestName ? `${value.slice(0, longestName).toWellFormed()}…` : value;
}

/** Some files write numbers as texts. */
function degrees(value: string | number | undefined, most: number): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,3}(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= most ? number : undefined;
}

/** `15169`, or `AS15169`. */
function asNumber(value: string | number | undefined): number | undefined {
  const number =
    typeof value === 'string' && /^(AS)?\d{1,10}$/.test(value) ? Number(value.replace('AS', '')) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 2 ** 32
    ? number
    : undefined;
}
