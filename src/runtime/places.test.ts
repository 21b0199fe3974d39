import { describe, expect, it } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import type { Locate } from '../context/place.ts';
import { decodeValue } from '../decode/decode.ts';
import type { JsonObject } from '../event/json.ts';
import { correlatorDefaults, createCorrelator } from '../sigma/correlation/correlator.ts';
import { parseRules } from '../sigma/parse.ts';
import { parseConfig } from './config.ts';
import { contextOf } from './config-context.ts';
import { createEngine } from './engine.ts';

const config = (more = '') =>
  parseConfig(
    `estate:
  networks:
    - { name: Berlin office, ranges: [198.51.100.0/24], country: DE }
${more}`,
    'tocsin.yaml',
    undefined,
  );

const locate: Locate = (address) =>
  address === '8.8.8.8' ? { country: 'US', asn: 15_169, asName: 'Google LLC' } : {};

function alertsOf(rule: string, addresses: readonly string[], policy = ''): readonly Alert[] {
  const { rules, correlations, problems } = parseRules(rule, 'rule.yml');
  expect(problems).toEqual([]);
  const { estate, alerts } = config(policy);
  const setting = { context: contextOf(estate), policy: alerts };
  const engine = createEngine(rules, correlations, undefined, setting, locate);
  const correlator = createCorrelator(engine.correlations, { ...correlatorDefaults, lateness: Infinity });
  const records = addresses.map((sourceIPAddress, i): JsonObject => ({
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
    eventTime: `2026-11-20T10:00:0${i}Z`,
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    sourceIPAddress,
    eventID: `event-${i}`,
  }));
  const { events } = decodeValue({ Records: records }, { source: 'test', object: 'o', receivedAt: 0 });
  const single = events.flatMap((event) => {
    const { findings, match } = engine.examine(event);
    correlator.take(match === undefined ? [] : [match], event.time);
    return findings.map((finding) => engine.raise(finding, 0));
  });
  return [...single, ...engine.raiseCorrelated(correlator.flush(), 0)];
}

const ruleOn = (selection: string) => `title: T
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11
logsource: { product: aws, service: cloudtrail }
detection: { x: ${selection}, condition: x }
level: low
tocsin: { headline: 'from {tocsin.place.network|tocsin.place.country_name|tocsin.place.kind}' }
`;

describe('a rule that asks where a call came from', () => {
  const all = ['8.8.8.8', '198.51.100.7', '9.9.9.9', '10.0.0.1', 'kms.amazonaws.com'];
  it.each([
    ['by country', '{ tocsin.place.country: US }', ['from United States']],
    ['by its own network', '{ tocsin.place.network: Berlin office }', ['from Berlin office']],
    ['by the country of its own network', '{ tocsin.place.country: DE }', ['from Berlin office']],
    ['by who runs the network', '{ tocsin.place.asn: 15169 }', ['from United States']],
    [
      'from outside',
      '{ tocsin.place.own: false, tocsin.client.type: address }',
      ['from United States', 'from internet', 'from private'],
    ],
    [
      'from where nothing is known',
      '{ tocsin.place.country|exists: false }',
      ['from internet', 'from private', 'from aws'],
    ],
  ])('%s', (_name, selection, titles) => {
    expect(alertsOf(ruleOn(selection), all).map(({ title }) => title)).toEqual(titles);
  });
});

it('an alert says where it came from, and a policy can ask', () => {
  const policy = `alerts:
  severity:
    - { name: abroad, when: { tocsin.place.own: false }, to: critical }
`;
  const alerts = alertsOf(ruleOn('{ eventName: StopLogging }'), ['8.8.8.8', '198.51.100.7'], policy);
  expect(alerts.map(({ severity, where: { place } }) => [severity, place])).toEqual([
    [
      'critical',
      { kind: 'internet', country: 'US', countryName: 'United States', asn: 15_169, asName: 'Google LLC' },
    ],
    ['low', { kind: 'own', network: 'Berlin office', country: 'DE', countryName: 'Germany' }],
  ]);
});

describe('an alert of several events', () => {
  const correlated = `title: T
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c12
correlation: { type: event_count, rules: [x], timespan: 10m, condition: { gte: 2 } }
level: low
---
name: x
${ruleOn('{ eventName: StopLogging }')}`;
  const policy = `alerts:
  severity:
    - { name: abroad, when: { tocsin.place.country: US }, to: critical }
`;

  it('says of each where it came from, and where all came from', () => {
    const [alert] = alertsOf(correlated, ['8.8.8.8', '8.8.8.8'], policy);
    expect(alert?.correlation?.events.map(({ place }) => place?.country)).toEqual(['US', 'US']);
    expect(alert?.where.place?.country).toBe('US');
    expect(alert?.severity).toBe('critical');
  });

  it('has no place of its own where they came from several', () => {
    const [alert] = alertsOf(correlated, ['8.8.8.8', '198.51.100.7'], policy);
    expect(alert?.correlation?.events.map(({ place }) => place?.kind)).toEqual(['internet', 'own']);
    expect(alert?.where.place).toBeUndefined();
    expect(alert?.severity).toBe('low');
  });
});

describe('networks in the configuration', () => {
  it.each([
    ['{ name: a, ranges: [office] }', 'must be an address or a network'],
    ['{ name: a, ranges: [0.0.0.0/0] }', 'is wider than /8'],
    ['{ name: a, ranges: [] }', 'ranges'],
    ['{ name: a, ranges: [10.0.0.1], country: Germany }', 'must be two capital letters such as DE'],
  ])('%s: %s', (network, problem) => {
    expect(() => parseConfig(`estate: { networks: [${network}] }`, 'tocsin.yaml', undefined)).toThrow(
      problem,
    );
  });
});
