import { describe, expect, it } from 'vitest';
import { providerIndex } from './provider-index.ts';
import { readProviderList } from './provider-list.ts';
import { providerWords } from './provider.ts';

/** In the form that each provider writes. */
const documents: Readonly<Record<string, string>> = {
  aws: JSON.stringify({
    syncToken: '1',
    prefixes: [
      { ip_prefix: '3.4.0.0/16', region: 'eu-west-1', service: 'AMAZON', network_border_group: 'eu-west-1' },
      { ip_prefix: '3.4.0.0/16', region: 'eu-west-1', service: 'EC2', network_border_group: 'eu-west-1' },
      { ip_prefix: '3.4.8.0/24', region: 'eu-west-1', service: 'EC2_INSTANCE_CONNECT' },
      { ip_prefix: '3.4.8.0/26', region: 'eu-west-1', service: 'AMAZON' },
      { ip_prefix: '13.32.0.0/15', region: 'GLOBAL', service: 'CLOUDFRONT' },
    ],
    ipv6_prefixes: [{ ipv6_prefix: '2600:1f00::/24', region: 'us-east-1', service: 'AMAZON' }],
  }),
  github: JSON.stringify({
    verifiable_password_authentication: false,
    ssh_keys: ['ssh-ed25519 AAAA'],
    hooks: ['140.82.112.0/20'],
    actions: ['4.148.0.0/16', '2a01:111:f403::/48'],
    domains: { website: ['*.github.com'] },
  }),
  google: JSON.stringify({ prefixes: [{ ipv4Prefix: '8.8.4.0/24' }, { ipv6Prefix: '2001:4860::/32' }] }),
  'google-cloud': JSON.stringify({
    prefixes: [{ ipv4Prefix: '34.1.208.0/20', service: 'Google Cloud', scope: 'africa-south1' }],
  }),
  azure: JSON.stringify({
    cloud: 'Public',
    values: [
      {
        name: 'AzureCloud',
        properties: { region: '', systemService: '', addressPrefixes: ['4.144.0.0/12'] },
      },
      {
        name: 'AzureCloud.eastus',
        properties: { region: 'eastus', systemService: '', addressPrefixes: ['4.148.0.0/16'] },
      },
      {
        name: 'AppService.eastus',
        properties: { region: 'eastus', systemService: 'AzureAppService', addressPrefixes: ['4.148.7.0/27'] },
      },
    ],
  }),
  cloudflare: JSON.stringify({
    result: { ipv4_cidrs: ['173.245.48.0/20'], ipv6_cidrs: ['2400:cb00::/32'], etag: 'x' },
    success: true,
  }),
  fastly: JSON.stringify({ addresses: ['23.235.32.0/20'], ipv6_addresses: ['2a04:4e40::/32'] }),
  'Example CI': '\uFEFF# our build machines\n93.184.216.0/24 ; Frankfurt\r\n\n93.184.217.7\n',
};

const entriesOf = (name: string) => {
  const read = readProviderList(Buffer.from(documents[name] ?? ''), name);
  return read.type === 'read' ? read.contents : [];
};
const providerOf = providerIndex(Object.keys(documents).flatMap(entriesOf));

describe('an address', () => {
  it.each([
    ['3.4.1.1', 'AWS EC2 in eu-west-1'],
    ['3.4.8.9', 'AWS EC2_INSTANCE_CONNECT in eu-west-1'],
    ['13.33.255.255', 'AWS CLOUDFRONT'],
    ['2600:1f00:1::1', 'AWS in us-east-1'],
    ['140.82.112.3', 'GitHub webhooks'],
    // GitHub's machines run on Azure.
    ['4.148.200.1', 'GitHub Actions'],
    ['4.148.7.1', 'GitHub Actions'],
    ['2a01:111:f403::7', 'GitHub Actions'],
    ['4.149.0.1', 'Azure'],
    ['8.8.4.4', 'Google'],
    ['2001:4860:4860::8888', 'Google'],
    ['34.1.208.9', 'Google Cloud in africa-south1'],
    ['173.245.63.1', 'Cloudflare'],
    ['2a04:4e40::1', 'Fastly'],
    ['93.184.216.34', 'Example CI'],
    ['93.184.217.7', 'Example CI'],
    ['93.184.217.8', undefined],
    ['1.1.1.1', undefined],
    ['no address', undefined],
  ])('%s is of %s', (address, wanted) => {
    const provider = providerOf(address);
    expect(provider && providerWords(provider)).toBe(wanted);
  });

  it('of Azure alone has its service and region', () => {
    const azure = providerIndex(entriesOf('azure'));
    expect(azure('4.148.7.1')).toEqual({ name: 'Azure', service: 'AzureAppService', region: 'eastus' });
    expect(azure('4.148.8.1')).toEqual({ name: 'Azure', service: undefined, region: 'eastus' });
  });

  it('that lies nowhere on the internet is nobody’s, whatever a list says', () => {
    const read = readProviderList(Buffer.from('10.0.0.0/8\n127.0.0.1\nfc00::/16\n93.184.216.0/24'), 'x');
    const index = providerIndex(read.type === 'read' ? read.contents : []);
    expect(['10.1.2.3', '127.0.0.1', 'fd00::1'].map(index)).toEqual([undefined, undefined, undefined]);
    expect(index('93.184.216.1')?.name).toBe('x');
  });
});

describe('a document is refused', () => {
  it.each([
    ['that is a page', '<!DOCTYPE html><html>sign in</html>', 'aws', 'HTML'],
    ['that is cut off', documents['aws']?.slice(0, -20) ?? '', 'aws', 'no whole JSON'],
    ['that is of another provider', documents['fastly'] ?? '', 'aws', 'names no network'],
    ['that is empty', '', 'Example CI', 'names no network'],
    [
      'whose lists are something else',
      '{"prefixes":{"a":1},"ipv6_prefixes":[7,null]}',
      'aws',
      'names no network',
    ],
    ['half of which is no network', '93.184.216.0/24\nfoo', 'Example CI', '1 entries of 2'],
    ['that claims everything', '0.0.0.0/0\n::/0', 'Example CI', 'names no network'],
    ['that is JSON, for a name that is not known', '["93.184.216.0/24"]', 'Example CI', 'names no network'],
    ['with too many entries', '1.1.1.1\n'.repeat(500_001), 'Example CI', 'more than 500000'],
  ])('%s', (_name, text, provider, reason) => {
    expect(readProviderList(Buffer.from(text), provider)).toEqual({
      type: 'refused',
      reason: expect.stringContaining(reason),
    });
  });
});

it('is not called by names of its own that are no provider', () => {
  const read = readProviderList(Buffer.from('93.184.216.0/24'), 'toString');
  expect(read).toMatchObject({ type: 'read', contents: [{ provider: { name: 'toString' } }] });
});

it('keeps words short', () => {
  const text = JSON.stringify({
    prefixes: [{ ip_prefix: '3.4.0.0/16', region: 'x'.repeat(100_000), service: '\uD800' }],
  });
  const read = readProviderList(Buffer.from(text), 'aws');
  const [entry] = read.type === 'read' ? read.contents : [];
  expect(entry?.provider.region).toHaveLength(100);
  expect(entry?.provider.service?.isWellFormed()).toBe(true);
});
