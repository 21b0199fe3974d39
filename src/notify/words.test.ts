import { describe, expect, it } from 'vitest';
import type { Place } from '../context/place.ts';
import type { Origin } from '../event/event.ts';
import { minimalAlert, normalAlert } from './testing/alerts.ts';
import { callWords, originWords } from './words.ts';

it('says of a call how it ended, and of what a service found that it found it', () => {
  const { what } = minimalAlert;
  expect(callWords(normalAlert.what)).toMatch(/: succeeded/);
  expect(
    callWords({
      ...what,
      kind: 'guardduty.finding',
      service: 'guardduty.amazonaws.com',
      action: 'Recon:EC2/PortProbe',
      result: 'unknown',
    }),
  ).toBe('guardduty.amazonaws.com found Recon:EC2/PortProbe');
});

describe('from where a call came', () => {
  const address: Origin = { type: 'address', address: '203.0.113.9' };
  const germany = { kind: 'internet', country: 'DE', countryName: 'Germany' } as const;
  it.each<[string, Origin, Place | undefined]>([
    ['203.0.113.9', address, undefined],
    ['203.0.113.9', address, { kind: 'internet' }],
    ['203.0.113.9', address, { kind: 'reserved' }],
    ['203.0.113.9, a private address', address, { kind: 'private' }],
    ['203.0.113.9, Germany', address, germany],
    ['203.0.113.9, XX', address, { kind: 'internet', country: 'XX' }],
    ['203.0.113.9, Berlin, Germany', address, { ...germany, city: 'Berlin' }],
    [
      '203.0.113.9, Germany (AS3320 Deutsche Telekom AG)',
      address,
      { ...germany, asn: 3320, asName: 'Deutsche Telekom AG' },
    ],
    ['203.0.113.9 (AS3320)', address, { kind: 'internet', asn: 3320 }],
    [
      '203.0.113.9, Berlin office',
      address,
      { kind: 'own', network: 'Berlin office', country: 'DE', countryName: 'Germany' },
    ],
    ['203.0.113.9, Berlin, Germany', address, { ...germany, kind: 'private', city: 'Berlin' }],
    ['AWS service s3.amazonaws.com', { type: 'service', service: 's3.amazonaws.com' }, { kind: 'aws' }],
    ['inside AWS', { type: 'internal' }, { kind: 'aws' }],
    ['unknown', { type: 'unknown', text: '' }, { kind: 'unknown' }],
  ])('%s', (words, origin, place) => {
    expect(originWords(origin, place)).toBe(words);
  });
});
