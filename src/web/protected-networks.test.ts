import { describe, expect, it } from 'vitest';
import { readAddressList } from './address-list.ts';
import { cidrText } from './network.ts';
import { protectedNetworks, protectionText } from './protected-networks.ts';
import { net } from './testing/networks.ts';

describe('a list of addresses', () => {
  it.each([
    [
      'lines with comments',
      '# office\n198.51.100.7 ; jane\r\n\n2001:db8::/32\n',
      ['198.51.100.7/32', '2001:db8::/32'],
    ],
    ['an object', '{"ApprovedIPs":["198.51.100.7"," 10.0.0.0/8 "]}', ['198.51.100.7/32', '10.0.0.0/8']],
    ['a list', '["198.51.100.7"]', ['198.51.100.7/32']],
    [
      'ranges as AWS publishes them',
      '{"syncToken":"1","prefixes":[{"ip_prefix":"13.32.0.0/15","service":"CLOUDFRONT"}],"ipv6_prefixes":[{"ipv6_prefix":"2600:9000::/28"}]}',
      ['13.32.0.0/15', '2600:9000::/28'],
    ],
    [
      'ranges as Google publishes them',
      '{"prefixes":[{"ipv4Prefix":"66.249.64.0/27"},{"ipv6Prefix":"2001:4860:4801:10::/64"}]}',
      ['66.249.64.0/27', '2001:4860:4801:10::/64'],
    ],
    ['nothing but comments', '# none\n', []],
  ])('is read from %s', (_, text, expected) => {
    const { networks, problems } = readAddressList(text);
    expect([networks.map(cidrText), problems]).toEqual([expected, []]);
  });

  it.each([
    ['a line that is none', '198.51.100.7\nexample.com\n', 'line 2: "example.com" is no address'],
    ['broken JSON', '{"ApprovedIPs":[', 'it is not JSON'],
    ['an object without a list', '{"Approved":["198.51.100.7"]}', 'it holds no list of addresses'],
    ['a member that is no list', '{"ApprovedIPs":"198.51.100.7"}', 'ApprovedIPs is no list'],
    ['an entry that is no text', '{"ApprovedIPs":[7]}', 'ApprovedIPs[0]'],
    ['an error page', '<html>denied</html>', 'line 1'],
  ])('tells what is wrong with %s', (_, text, expected) => {
    expect(readAddressList(text).problems[0]).toContain(expected);
  });
});

describe('protected are', () => {
  const protections = protectedNetworks([
    { network: net('198.51.100.0/28'), kind: 'approved', source: 'configuration', reason: 'the office' },
    { network: net('203.0.113.0/24'), kind: 'shared', source: 'cdn.json', reason: undefined },
    { network: net('203.0.113.9'), kind: 'approved', source: 'operator', reason: 'a partner' },
  ]);

  it.each([
    ['198.51.100.3', 'approved'],
    ['198.51.100.0/24', 'approved'],
    ['203.0.113.7', 'shared'],
    ['203.0.113.9', 'approved'],
    ['203.0.113.0/24', 'approved'],
    ['100.64.0.1', 'special'],
    ['100.127.255.255', 'special'],
    ['10.9.8.7', 'special'],
    ['127.0.0.1', 'special'],
    ['::1', 'special'],
    ['fd00::/64', 'special'],
    ['169.254.169.254', 'special'],
    ['198.51.100.16', undefined],
    ['100.128.0.0', undefined],
    ['2001:db8::/64', undefined],
    ['8.8.8.8', undefined],
  ])('%s: %s', (text, kind) => expect(protections.over(net(text))?.kind).toBe(kind));

  it('and each says why', () => {
    const why = (text: string) => {
      const found = protections.over(net(text));
      return found && protectionText(found);
    };
    expect(why('198.51.100.3')).toBe('198.51.100.0/28 is approved (configuration: the office)');
    expect(why('203.0.113.7')).toBe(
      '203.0.113.0/24 belongs to a proxy or network that many share (cdn.json)',
    );
    expect(why('10.0.0.1')).toBe('10.0.0.0/8 is never a client of its own: private (RFC 1918)');
  });
});
