import fc from 'fast-check';
import { Reader } from 'mmdb-lib';
import { describe, expect, it } from 'vitest';
import { readPlaceData as readWith } from './place-data.ts';
import { mmdbOf } from './testing/mmdb.ts';

const readPlaceData = (bytes: Uint8Array) => readWith(bytes, (file) => new Reader(file));

function locateIn(networks: Parameters<typeof mmdbOf>[0], options?: Parameters<typeof mmdbOf>[1]) {
  const data = readPlaceData(mmdbOf(networks, options));
  if ('problem' in data) throw new Error(data.problem);
  return data.locate;
}

describe('what a record says, in the shapes of the known files', () => {
  it.each([
    ['MaxMind country', { country: { iso_code: 'DE', names: { en: 'Germany' } } }, { country: 'DE' }],
    [
      'MaxMind city',
      {
        city: { names: { de: 'Köln', en: 'Cologne' } },
        country: { iso_code: 'DE' },
        location: { latitude: 50.94, longitude: 6.96 },
      },
      { country: 'DE', city: 'Cologne', latitude: 50.94, longitude: 6.96 },
    ],
    [
      'MaxMind autonomous systems',
      { autonomous_system_number: 3320, autonomous_system_organization: 'Deutsche Telekom AG' },
      { asn: 3320, asName: 'Deutsche Telekom AG' },
    ],
    ['ip-location-db country', { country_code: 'NL' }, { country: 'NL' }],
    [
      'ip-location-db city',
      { country_code: 'NL', city: 'Utrecht', latitude: 52.09, longitude: -5.12 },
      { country: 'NL', city: 'Utrecht', latitude: 52.09, longitude: -5.12 },
    ],
    [
      'IPinfo, all of it as texts',
      { country: 'us', asn: 'AS15169', as_name: 'Google LLC', lat: '37.4', lng: '-122.08' },
      { country: 'US', asn: 15169, asName: 'Google LLC', latitude: 37.4, longitude: -122.08 },
    ],
  ])('%s', (_name, record, expected) => {
    expect(locateIn({ '198.51.100.0/24': record })('198.51.100.7')).toEqual(expected);
  });

  it.each([
    ['a country that is none', { country_code: 'ZZ' }],
    ['a country that is too long', { country_code: 'DEU' }],
    ['a number where a country belongs', { country_code: 49 }],
    ['a place beyond the poles', { latitude: 91, longitude: 10.5 }],
    ['half a point', { latitude: 50.5 }],
    ['an autonomous system that is none', { asn: 'ASX' }],
    ['an empty name of a city', { city: ' ' }],
    ['the name of a system without its number', { as_name: 'Somebody' }],
  ])('%s is left out', (_name, record) => {
    const locate = locateIn({ '198.51.100.0/24': record, '192.0.2.0/24': { country_code: 'DE' } });
    expect(locate('198.51.100.7')).toEqual({});
  });

  it('a long name is cut', () => {
    const locate = locateIn({ '198.51.100.0/24': { city: 'a'.repeat(120) } });
    expect(locate('198.51.100.7').city).toBe(`${'a'.repeat(100)}…`);
  });
});

describe('which addresses a file answers for', () => {
  const networks = { '198.51.100.0/24': { country_code: 'DE' }, '2001:db8::/32': { country_code: 'NL' } };

  it('tells IPv4 from IPv6 in a file of both', () => {
    const locate = locateIn(networks);
    expect(locate('198.51.100.255')).toEqual({ country: 'DE' });
    expect(locate('2001:db8::1')).toEqual({ country: 'NL' });
    expect(locate('198.51.101.0')).toEqual({});
    expect(locate('2001:db9::1')).toEqual({});
  });

  it('does not answer for IPv6 in a file of IPv4, whose first 32 bits would be taken for an address', () => {
    const locate = locateIn({ '32.1.0.0/16': { country_code: 'US' } }, { ipVersion: 4 });
    expect(locate('32.1.13.184')).toEqual({ country: 'US' });
    expect(locate('2001:db8::1')).toEqual({});
  });

  it('says what the file is and when it was made', () => {
    expect(readPlaceData(mmdbOf(networks, { type: 'GeoLite2-City' }))).toMatchObject({
      type: 'GeoLite2-City',
      madeAt: 1_790_000_000_000,
    });
  });
});

describe('a file that is refused', () => {
  const good = mmdbOf({ '198.51.100.0/24': { country_code: 'DE' } });
  it.each([
    ['an empty one', Buffer.alloc(0), 'is no MaxMind DB file'],
    ['text', Buffer.from('<html>404</html>'), 'is no MaxMind DB file'],
    ['one that is cut off at the end', good.subarray(0, -60), 'is no MaxMind DB file'],
    ['one that has lost its beginning', good.subarray(700), 'is damaged'],
    [
      'one that tells nothing of places',
      mmdbOf({ '198.51.100.0/24': { is_anonymous: 1 } }, { type: 'GeoIP2-Anonymous-IP' }),
      'tells no country, city or autonomous system (it calls itself "GeoIP2-Anonymous-IP")',
    ],
  ])('%s', (_name, bytes, problem) => {
    expect(readPlaceData(bytes)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  it('whatever happens to its bytes, nothing throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) }), { maxLength: 8 }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const { at, byte } of changes) bytes[at] = byte;
          const data = readPlaceData(bytes);
          const found = 'locate' in data ? data.locate('198.51.100.7') : data.problem;
          expect(found).toBeDefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
