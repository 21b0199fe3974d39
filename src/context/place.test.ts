import { describe, expect, it } from 'vitest';
import type { Origin } from '../event/event.ts';
import { isJsonObject } from '../event/json.ts';
import { countryName } from './country-name.ts';
import { createContext, noContext } from './context.ts';
import { locateInOrder, placeFieldNames, placeFields, type Place } from './place.ts';

const at = (address: string): Origin => ({ type: 'address', address });
const provider = { name: 'GitHub', service: 'Actions', region: 'eu-west-1' };
const telekom = { asn: 3320, asName: 'Deutsche Telekom AG' };
const context = createContext(
  {
    networks: [
      { name: 'Berlin office', ranges: ['198.51.100.0/24'], country: 'DE' },
      { name: 'VPN', ranges: ['8.8.4.0/24', '10.9.0.0/16'] },
    ],
    people: [],
  },
  (address) =>
    address === '192.0.2.5'
      ? { country: 'DE', city: 'Berlin', latitude: 52.5, longitude: 13.4, ...telekom, provider }
      : address.startsWith('8.8.')
        ? { country: 'US' }
        : {},
);

describe('placeOf', () => {
  it.each<[string, Origin, Place]>([
    [
      'an address of the internet',
      at('8.8.8.8'),
      { kind: 'internet', country: 'US', countryName: 'United States' },
    ],
    ['one that no data knows', at('9.9.9.9'), { kind: 'internet' }],
    [
      'one’s own network, where the configuration has the country',
      at('198.51.100.7'),
      { kind: 'own', network: 'Berlin office', country: 'DE', countryName: 'Germany' },
    ],
    [
      'one’s own network, and not where its address is',
      at('8.8.4.4'),
      { kind: 'own', network: 'VPN', country: undefined },
    ],
    [
      'one’s own network of private addresses',
      at('10.9.0.1'),
      { kind: 'own', network: 'VPN', country: undefined },
    ],
    ['a private address', at('10.1.0.1'), { kind: 'private' }],
    ['an address that carriers share among customers', at('100.64.0.1'), { kind: 'private' }],
    ['a link-local address', at('fe80::1'), { kind: 'private' }],
    ['a unique local address', at('fd00::1'), { kind: 'private' }],
    ['an address of documentation', at('203.0.113.9'), { kind: 'reserved' }],
    ['the same in IPv6', at('2001:db8::1'), { kind: 'reserved' }],
    ['multicast', at('224.0.0.1'), { kind: 'reserved' }],
    ['no address', at('0.0.0.0'), { kind: 'reserved' }],
    ['an AWS service', { type: 'service', service: 'cloudformation.amazonaws.com' }, { kind: 'aws' }],
    ['AWS itself', { type: 'internal' }, { kind: 'aws' }],
    ['a text that is no address', { type: 'unknown', text: '203.0.113.9, 10.0.0.1' }, { kind: 'unknown' }],
  ])('%s', (_name, origin, expected) => {
    expect(context.placeOf(origin)).toEqual(expected);
  });

  it('takes the word of data that knows a reserved address, which can only be one’s own', () => {
    expect(context.placeOf(at('192.0.2.5'))).toMatchObject({ kind: 'reserved', city: 'Berlin', asn: 3320 });
  });

  it('knows without data what addresses tell by themselves', () => {
    expect(noContext.placeOf(at('8.8.8.8'))).toEqual({ kind: 'internet' });
    expect(noContext.placeOf(at('10.0.0.1'))).toEqual({ kind: 'private' });
  });
});

describe('locateInOrder', () => {
  const city = () => ({ country: 'DE', city: 'Berlin' });
  const country = () => ({ country: 'NL' });
  const system = () => ({ ...telekom });
  it.each([
    ['the first that knows the country', [city, country], { country: 'DE', city: 'Berlin' }],
    ['no city beside the country of another', [country, city], { country: 'NL' }],
    ['the system of another file', [system, city], { country: 'DE', city: 'Berlin', ...telekom }],
    ['the first system', [system, () => ({ asn: 1, asName: 'other' })], telekom],
    ['nothing where none knows', [() => ({})], {}],
    ['nothing where there is none', [], {}],
  ])('tells %s', (_name, sources, expected) => {
    expect(locateInOrder(sources)('8.8.8.8')).toEqual(expected);
  });
});

describe('placeFields', () => {
  it('gives what rules read, and only what has a value', () => {
    expect(placeFields({ kind: 'aws' })).toEqual({ kind: 'aws', own: false });
    expect(placeFields(context.placeOf(at('198.51.100.7')))).toEqual({
      kind: 'own',
      own: true,
      network: 'Berlin office',
      country: 'DE',
      country_name: 'Germany',
      area: 'DE',
    });
    expect(placeFields(context.placeOf(at('8.8.4.4')))).toMatchObject({ area: 'VPN' });
  });

  it('gives the names that are listed, each of them somewhere', () => {
    const all = ['198.51.100.7', '192.0.2.5'].flatMap((address) =>
      Object.entries(placeFields(context.placeOf(at(address)))).flatMap(([name, value]) =>
        isJsonObject(value) ? Object.keys(value).map((member) => `${name}.${member}`) : [name],
      ),
    );
    expect(new Set(all.map((name) => `place.${name}`))).toEqual(
      new Set(placeFieldNames.map(({ name }) => name)),
    );
  });
});

it.each([
  ['DE', 'Germany'],
  ['US', 'United States'],
  ['XK', 'Kosovo'],
  ['AB', undefined],
  ['de', undefined],
  ['DEU', undefined],
  ['', undefined],
])('countryName(%j) is %s', (code, name) => {
  expect(countryName(code)).toBe(name);
});
