import { afterEach, describe, expect, it } from 'vitest';
import type { Observable } from '../context/observable.ts';
import { startFakeServer, type FakeServer, type ScriptedAnswer } from '../notify/testing/fake-server.ts';
import { boundProviders, lookupOf, providerSettings } from './table.ts';

const address: Observable = { type: 'address', value: '185.220.101.1' };
const v6: Observable = { type: 'address', value: '2a0b:f4c2::1' };
const domain: Observable = { type: 'domain', value: 'evil.example.net' };
const hash: Observable = { type: 'hash', value: '44d88612fea8a8f36de82e1278abb02f' };

type Name = 'abuseipdb' | 'greynoise' | 'virustotal' | 'ipinfo' | 'otx';
const names: readonly Name[] = ['abuseipdb', 'greynoise', 'virustotal', 'ipinfo', 'otx'];

const json = (body: unknown, status = 200): ScriptedAnswer => ({
  type: 'answer',
  status,
  body: JSON.stringify(body),
});

const stats = (malicious: number, suspicious = 0) => ({
  data: {
    attributes: {
      last_analysis_stats: { malicious, suspicious, harmless: 60, undetected: 30 - malicious },
      as_owner: 'Example Ltd',
      country: 'NL',
    },
  },
});

const abuse = (parts: object) => ({
  data: {
    ipAddress: address.value,
    abuseConfidenceScore: 100,
    totalReports: 1412,
    numDistinctUsers: 230,
    isWhitelisted: null,
    isTor: false,
    usageType: 'Data Center/Web Hosting/Transit',
    isp: 'Example Ltd',
    ...parts,
  },
});

const pulses = (count: number, more: object = {}) => ({
  pulse_info: {
    count,
    pulses: Array.from({ length: count }, (_, i) => ({ name: `report ${i}`, adversary: '' })),
  },
  validation: [],
  ...more,
});

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function asked(name: Name, about: Observable, answer: ScriptedAnswer, settings: object = {}) {
  const server = await startFakeServer(() => answer);
  servers.push(server);
  const all = providerSettings.parse({ [name]: { key: 'secret-key-1', url: server.url, ...settings } });
  const [provider] = boundProviders(all);
  if (provider === undefined) throw new Error('there is no provider');
  const result = await provider.ask(about, { fetch, now: () => 0 });
  return { result, server, provider };
}

describe('questions', () => {
  it.each<[Name, Observable, string, string, string]>([
    ['abuseipdb', address, '/check?ipAddress=185.220.101.1&maxAgeInDays=90', 'key', 'secret-key-1'],
    ['abuseipdb', v6, '/check?ipAddress=2a0b%3Af4c2%3A%3A1&maxAgeInDays=90', 'key', 'secret-key-1'],
    ['greynoise', address, '/v3/community/185.220.101.1', 'key', 'secret-key-1'],
    ['virustotal', address, '/ip_addresses/185.220.101.1', 'x-apikey', 'secret-key-1'],
    ['virustotal', domain, '/domains/evil.example.net', 'x-apikey', 'secret-key-1'],
    ['virustotal', hash, `/files/${hash.value}`, 'x-apikey', 'secret-key-1'],
    ['ipinfo', address, '/lite/185.220.101.1', 'authorization', 'Bearer secret-key-1'],
    ['otx', address, '/indicators/IPv4/185.220.101.1/general', 'x-otx-api-key', 'secret-key-1'],
    ['otx', v6, '/indicators/IPv6/2a0b%3Af4c2%3A%3A1/general', 'x-otx-api-key', 'secret-key-1'],
    ['otx', domain, '/indicators/domain/evil.example.net/general', 'x-otx-api-key', 'secret-key-1'],
    ['otx', hash, `/indicators/file/${hash.value}/general`, 'x-otx-api-key', 'secret-key-1'],
  ])('%s is asked about %o as its owner documents it', async (name, about, path, header, secret) => {
    const { server, provider } = await asked(name, about, json({}));
    expect(provider.knows).toContain(about.type);
    expect(server.requests).toMatchObject([{ method: 'GET', path, headers: { [header]: secret }, body: '' }]);
    expect(provider.link(about)).toMatch(/^https:\/\//);
  });
});

describe('answers', () => {
  it.each<[string, Name, Observable, ScriptedAnswer, object]>([
    [
      'a reported address',
      'abuseipdb',
      address,
      json(abuse({})),
      {
        verdict: 'malicious',
        summary:
          '1,412 reports by 230 in 90 days, confidence 100 %, Data Center/Web Hosting/Transit, Example Ltd',
      },
    ],
    [
      'an address with some reports',
      'abuseipdb',
      address,
      json(abuse({ abuseConfidenceScore: 30, totalReports: 1, isTor: true })),
      {
        verdict: 'suspicious',
        summary: expect.stringContaining('1 report by 230 in 90 days, confidence 30 %, Tor exit'),
      },
    ],
    [
      'an address without reports',
      'abuseipdb',
      address,
      json(abuse({ abuseConfidenceScore: 0, totalReports: 0, usageType: null, isp: 7 })),
      { verdict: 'none', summary: 'no reports in 90 days' },
    ],
    [
      'an address that is known to be harmless',
      'abuseipdb',
      address,
      json(abuse({ isWhitelisted: true, abuseConfidenceScore: 0, totalReports: 0 })),
      { verdict: 'benign', summary: expect.stringMatching(/^known to be harmless, no reports/) },
    ],
    [
      'a scanner',
      'greynoise',
      address,
      json({
        ip: '1',
        noise: true,
        riot: false,
        classification: 'malicious',
        name: 'unknown',
        last_seen: '2026-11-20',
      }),
      { verdict: 'malicious', summary: 'scans the internet, malicious, last seen 2026-11-20' },
    ],
    [
      'a known service',
      'greynoise',
      address,
      json({ ip: '1', noise: false, riot: true, classification: 'benign', name: 'Google DNS' }),
      { verdict: 'benign', summary: 'a known service, benign, Google DNS' },
    ],
    [
      'an address that was never seen',
      'greynoise',
      address,
      json({ ip: '1', noise: false, riot: false, message: 'IP not observed' }, 404),
      { verdict: 'none', summary: 'not seen scanning the internet' },
    ],
    [
      'what many scanners name',
      'virustotal',
      address,
      json(stats(12, 2)),
      { verdict: 'malicious', summary: '12 of 92 scanners call it malicious, 2 suspicious, Example Ltd, NL' },
    ],
    ['what one scanner names', 'virustotal', hash, json(stats(1)), { verdict: 'suspicious' }],
    ['what no scanner names', 'virustotal', domain, json(stats(0)), { verdict: 'none' }],
    [
      'what it does not know',
      'virustotal',
      hash,
      json({ error: { code: 'NotFoundError' } }, 404),
      { verdict: 'none', summary: 'not known there' },
    ],
    [
      'the small plan',
      'ipinfo',
      address,
      json({ ip: '1', asn: 'AS64500', as_name: 'Example Ltd', country: 'Netherlands' }),
      { verdict: 'none', summary: 'AS64500 Example Ltd, Netherlands' },
    ],
    [
      'the large plan',
      'ipinfo',
      address,
      json({
        ip: '1',
        hostname: 'exit.example.net',
        geo: { city: 'Amsterdam', country: 'Netherlands' },
        as: { asn: 'AS64500', name: 'Example Ltd' },
        anonymous: { is_tor: true, is_vpn: false, name: 'ExampleVPN' },
        is_hosting: true,
        is_anonymous: true,
      }),
      {
        verdict: 'none',
        summary: 'AS64500 Example Ltd, Amsterdam, Netherlands, exit.example.net, hosting, Tor, ExampleVPN',
      },
    ],
    [
      'what reports name',
      'otx',
      address,
      json(pulses(5)),
      { verdict: 'suspicious', summary: 'in 5 reports: report 0; report 1; report 2' },
    ],
    ['what no report names', 'otx', domain, json(pulses(0)), { verdict: 'none', summary: 'in no report' }],
    [
      'what is listed as harmless',
      'otx',
      domain,
      json(pulses(1, { validation: [{ name: 'Majestic' }] })),
      { verdict: 'benign', summary: 'in 1 report: report 0, listed as harmless by Majestic' },
    ],
  ])('%s by %s', async (_, name, about, answer, expected) => {
    const { result } = await asked(name, about, answer);
    expect(result).toMatchObject({ type: 'said', ...expected });
  });

  const troubles: readonly [string, ScriptedAnswer, object][] = [
    [
      '429 with a time',
      { type: 'answer', status: 429, headers: { 'retry-after': '30' } },
      { type: 'later', afterMs: 30_000 },
    ],
    ['503', { type: 'answer', status: 503 }, { type: 'later', reason: expect.stringContaining('HTTP 503') }],
    [
      'a wrong key',
      { type: 'answer', status: 401, body: 'secret-key-1' },
      { type: 'closed', reason: 'HTTP 401: the key is not known there' },
    ],
    [
      'a redirect to the inside',
      { type: 'answer', status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } },
      { type: 'closed' },
    ],
    [
      'a page of a proxy',
      { type: 'answer', status: 200, body: '<html>login</html>' },
      { type: 'later', reason: 'HTTP 200 with an answer of another form' },
    ],
    ['an empty answer', { type: 'answer', status: 200 }, { type: 'later' }],
    ['a list', json([1, 2]), { type: 'later' }],
    [
      'other types',
      json({
        data: { attributes: { last_analysis_stats: 'x' }, abuseConfidenceScore: '9' },
        noise: 1,
        pulse_info: [],
      }),
      { type: 'later' },
    ],
    ['deep nesting', { type: 'answer', status: 200, body: '['.repeat(200_000) }, { type: 'later' }],
    ['a cut connection', { type: 'reset' }, { type: 'later', reason: expect.stringContaining('cut off') }],
  ];
  it.each(
    names.flatMap((name) =>
      troubles.map(([what, answer, expected]) => [name, what, answer, expected] as const),
    ),
  )('%s with %s is no answer, and says why without quoting it', async (name, _, answer, expected) => {
    const { result, server } = await asked(name, address, answer);
    expect(result).toMatchObject(expected);
    expect(JSON.stringify(result)).not.toContain('secret-key-1');
    expect(server.requests).toHaveLength(1);
  });

  it.each(names)('%s that hangs is given up', async (name) => {
    const { result } = await asked(name, address, { type: 'hang' }, { timeoutSeconds: 0.1 });
    expect(result).toMatchObject({
      type: 'later',
      reason: expect.stringContaining('no answer within 100 ms'),
    });
  });

  it.each(names)('%s with an endless answer is read no further than needed', async (name) => {
    const { result } = await asked(name, address, {
      type: 'answer',
      status: 200,
      body: `{"data":"${'x'.repeat(8 * 1024 * 1024)}"}`,
    });
    expect(result).toMatchObject({ type: 'later' });
  });

  it('is kept short and visible, whatever was said', async () => {
    const name = '\u001b[2J\u202e<script>alert(1)</script>\n'.repeat(100);
    const { result, provider } = await asked(
      'otx',
      address,
      json(pulses(1, { pulse_info: { count: 1, pulses: [{ name }] } })),
    );
    const lookup = lookupOf(provider, address, result, 7);
    expect(lookup).toMatchObject({ provider: 'OTX', about: address, verdict: 'suspicious', at: 7 });
    expect(lookup.summary.length).toBeLessThanOrEqual(300);
    // eslint-disable-next-line no-control-regex
    expect(lookup.summary).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
