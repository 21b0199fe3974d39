import { expect, it } from 'vitest';
import { widthOf } from './address.ts';

it.each([
  ['the whole of IPv4', ['0.0.0.0/0'], 'wide'],
  ['the whole of IPv6', ['::/0'], 'wide'],
  ['half of IPv4', ['0.0.0.0/1'], 'wide'],
  ['two halves of IPv4', ['0.0.0.0/1', '128.0.0.0/1'], 'wide'],
  ['one wide range among narrow ones', ['192.0.2.0/24', '0.0.0.0/0'], 'wide'],
  ['a wide range beside one that cannot be read', ['office', '0.0.0.0/0'], 'wide'],
  ['just wider than IPv4 may be', ['10.0.0.0/7'], 'wide'],
  ['as wide as IPv4 may be', ['10.0.0.0/8'], 'narrow'],
  ['just wider than IPv6 may be', ['2001:db8::/31'], 'wide'],
  ['as wide as IPv6 may be', ['2001:db8::/32'], 'narrow'],
  ['one address', ['192.0.2.7'], 'narrow'],
  ['one address with its mask', ['192.0.2.7/32'], 'narrow'],
  ['one IPv6 address', ['2001:db8::7/128'], 'narrow'],
  ['128 ranges of /8 that make half of IPv4', Array.from({ length: 128 }, (_, i) => `${i}.0.0.0/8`), 'wide'],
  ['127 ranges of /8', Array.from({ length: 127 }, (_, i) => `${i}.0.0.0/8`), 'narrow'],
  ['the same /8 200 times', Array.from({ length: 200 }, () => '10.0.0.0/8'), 'narrow'],
  ['a name', ['office'], 'unreadable'],
  ['a mask that is too long', ['192.0.2.0/33'], 'unreadable'],
  ['a mask that is no number', ['192.0.2.0/'], 'unreadable'],
  ['octal digits', ['0300.0.2.1'], 'unreadable'],
  ['three parts', ['192.0.2'], 'unreadable'],
  ['a zone', ['fe80::1%eth0'], 'unreadable'],
  ['nothing', [], 'narrow'],
] as const)('%s', (_name, values, expected) => {
  expect(widthOf(values)).toBe(expected);
});
