import { describe, expect, it } from 'vitest';
import type { Offence } from '../web/offence.ts';
import { offenceRuleNames } from '../web/offence-rules.ts';
import { defaultTrafficSettings } from '../web/settings.ts';
import { trafficSection } from './config-traffic.ts';
import { trafficSettingsOf, treatmentOf } from './traffic-settings.ts';

it('without a word is what the signals have by default', () => {
  expect(trafficSettingsOf(trafficSection.parse({}))).toEqual(defaultTrafficSettings);
});

it('takes over what is said', () => {
  const settings = trafficSettingsOf(
    trafficSection.parse({
      latenessMinutes: 5,
      trustedProxies: ['10.0.0.0/8'],
      scanner: { badResponses: { count: 7 }, slow: { hours: 2 } },
      flood: { ignoredSuffixes: ['css'], limits: [{ count: 9, seconds: 60, path: '/api/', samePath: true }] },
      credentials: { logins: [{ path: '/enter' }], client: { count: 3, seconds: 30 } },
    }),
  );
  expect(settings).toMatchObject({
    lateness: 300_000,
    proxies: ['10.0.0.0/8'],
    scanner: { badResponses: { threshold: 7, window: 60_000 }, slow: { window: 7_200_000, threshold: 60 } },
    flood: {
      ignoredSuffixes: ['css'],
      limits: [{ threshold: 9, window: 60_000, path: '/api/', samePath: true, severity: 'medium' }],
    },
    credentials: {
      logins: [{ path: '/enter', methods: ['POST'], failures: [401, 403] }],
      client: { threshold: 3, window: 30_000 },
    },
  });
});

describe('refuses', () => {
  it.each([
    [{ rules: { scaner: {} } }],
    [{ rules: { scanner: { block: 'yes' } } }],
    [{ trustedProxies: ['example.com'] }],
    [{ flood: { limits: [{ count: 0, seconds: 1 }] } }],
    [{ flood: { ignoredSuffixes: ['.css'] } }],
    [{ sources: { folders: [{ path: '' }] } }],
    [{ sources: { folders: [{ path: 'logs', format: 'syslog' }] } }],
    [{ sources: { buckets: [{ bucket: 'logs' }] } }],
    [{ bots: { honeypots: ['trap'] } }],
  ])('%j', (given) => expect(trafficSection.safeParse(given).success).toBe(false));
});

describe('what becomes of an offence', () => {
  const offence = (rule: string, type: Offence['subject']['type']): Offence => ({
    rule,
    subject: { type, value: '203.0.113.7' },
    start: 0,
    first: 0,
    last: 0,
    count: 1,
    threshold: 1,
    window: 1,
    severity: 'medium',
    evidence: [],
    explanation: '',
  });
  const treatment = (rules: unknown) => treatmentOf(trafficSection.parse({ rules }));

  it.each([
    'scanner',
    'missing-paths',
    'probe-path',
    'slow-scanner',
    'flood',
    'credential-attack',
    'honeypot',
    'scanner-agent',
    'injection',
    'reputation',
  ])('%s blocks the client', (rule) => expect(treatment({}).blocks(offence(rule, 'client'))).toBe(true));

  it('never blocks what is not one client', () => {
    for (const rule of offenceRuleNames)
      for (const type of ['network', 'agent', 'path', 'account', 'site'] as const)
        expect(treatment({}).blocks(offence(rule, type)), rule).toBe(false);
  });

  it.each([
    'network-flood',
    'agent-flood',
    'path-flood',
    'credential-attack-network',
    'injection-probe',
    'anomaly-requests',
  ])('%s only tells', (rule) => {
    expect(treatment({}).blocks(offence(rule, 'client'))).toBe(false);
    expect(treatment({}).alerts(offence(rule, 'client'))).toBe(true);
  });

  it('is what the configuration says', () => {
    const { blocks, alerts, judged, periods } = treatment({
      scanner: { block: false },
      'network-flood': { block: true, minutes: 10 },
      flood: { alert: false, severity: 'high' },
    });
    expect(blocks(offence('scanner', 'client'))).toBe(false);
    expect(blocks(offence('network-flood', 'network'))).toBe(true);
    expect(alerts(offence('flood', 'client'))).toBe(false);
    expect(judged(offence('flood', 'client')).severity).toBe('high');
    expect(judged(offence('scanner', 'client')).severity).toBe('medium');
    expect(periods).toEqual({ 'network-flood': { block: true, period: 600_000 } });
  });
});
