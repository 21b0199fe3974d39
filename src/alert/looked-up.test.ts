import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../event/json.ts';
import type { Alert } from './alert.ts';
import { lookupVerdicts, type Lookup } from './lookup.ts';
import { observablesOf, withLookups } from './looked-up.ts';
import { bareAlert } from './testing/bare-alert.ts';

const from = (address: string, more: Partial<Alert> = {}): Alert => ({
  ...bareAlert,
  where: { origin: { type: 'address', address } },
  ...more,
});

const fields = (value: JsonObject): Partial<Alert> => ({
  evidence: { ...bareAlert.evidence, fields: value },
});

describe('what may be looked up', () => {
  it.each<[string, Alert, readonly string[]]>([
    ['an address of the internet', from('185.220.101.1'), ['185.220.101.1']],
    ['IPv6 in its shortest form', from('2A0B:F4C2:0::1'), ['2a0b:f4c2::1']],
    ['IPv4 within IPv6', from('::ffff:185.220.101.1'), ['185.220.101.1']],
    ['no private address', from('10.1.2.3'), []],
    ['no address of a shared network', from('100.64.0.1'), []],
    ['no link-local address', from('169.254.169.254'), []],
    ['no address of documentation', from('203.0.113.7'), []],
    ['no private IPv6', from('fd00::1'), []],
    ['no loopback within IPv6', from('::ffff:127.0.0.1'), []],
    ['no zone', from('fe80::1%eth0'), []],
    ['no text', from('AWS Internal'), []],
    ['no service', { ...from(''), where: { origin: { type: 'service', service: 'ec2.amazonaws.com' } } }, []],
    [
      'what a finding of GuardDuty names',
      from(
        '10.0.0.1',
        fields({
          service: {
            action: {
              dnsRequestAction: { domain: 'Evil.Example.NET.' },
              networkConnectionAction: { remoteIpDetails: { ipAddressV4: '185.220.101.1' } },
            },
            runtimeDetails: { process: { executableSha256: 'A'.repeat(64) } },
          },
        }),
      ),
      ['185.220.101.1', 'evil.example.net', 'a'.repeat(64)],
    ],
    [
      'indicators of Security Hub',
      from(
        '',
        fields({
          ThreatIntelIndicators: [
            { Type: 'DOMAIN', Value: 'evil.example.net' },
            { Type: 'HASH_MD5', Value: 'b'.repeat(32) },
            { Type: 'constructor', Value: 'x' },
            null,
          ],
        }),
      ),
      ['evil.example.net', 'b'.repeat(32)],
    ],
    [
      'no name of an inner network',
      from(
        '',
        fields({
          service: { action: { dnsRequestAction: { domain: 'ip-10-0-0-1.eu-west-1.compute.internal' } } },
        }),
      ),
      [],
    ],
    [
      'no more than four',
      from(
        '185.220.101.1',
        fields({
          ThreatIntelIndicators: Array.from({ length: 50 }, (_, i) => ({
            Type: 'DOMAIN',
            Value: `a${i}.net`,
          })),
        }),
      ),
      ['185.220.101.1', 'a0.net', 'a1.net', 'a2.net'],
    ],
  ])('%s', (_, alert, expected) => {
    expect(observablesOf(alert).map(({ value }) => value)).toEqual(expected);
  });

  it('stays small whatever a record holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const alert = from('8.8.8.8', fields({ service: value, Network: value }));
        expect(observablesOf(alert).length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what was looked up', () => {
  const lookup = fc.record<Lookup>({
    provider: fc.constantFrom('A', 'B'),
    about: fc.constantFrom({ type: 'address', value: '8.8.8.8' }, { type: 'domain', value: 'a.net' }),
    verdict: fc.constantFrom(...lookupVerdicts),
    summary: fc.constant('said'),
    at: fc.integer({ min: 0, max: 1_000_000 }),
  });
  // Two answers of the same moment are no order to keep.
  const lookups = fc.uniqueArray(lookup, { selector: ({ at }) => at, maxLength: 12 });

  it('is the same in whatever order and pieces it comes', () => {
    fc.assert(
      fc.property(lookups, fc.nat(12), (all, cut) => {
        const alert = from('8.8.8.8');
        const take = (before: Alert, some: readonly Lookup[]) => withLookups(before, some) ?? before;
        const pieces = take(take(alert, all.slice(cut)), all.slice(0, cut));
        expect(pieces).toEqual(take(alert, all));
        expect(withLookups(pieces, all)).toBeUndefined();
      }),
    );
  });

  it('has no more than an alert can hold', () => {
    const many = Array.from({ length: 100 }, (_, i): Lookup => ({
      provider: `p${i}`,
      about: { type: 'address', value: '8.8.8.8' },
      verdict: 'none',
      summary: '',
      at: i,
    }));
    expect(withLookups(from('8.8.8.8'), many)?.context?.lookups).toHaveLength(24);
  });
});
