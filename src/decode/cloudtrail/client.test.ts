import { describe, expect, it } from 'vitest';
import type { Origin } from '../../event/event.ts';
import type { Json } from '../../event/json.ts';
import { cloudTrailClient } from './client.ts';

const address = (text: string): Origin => ({ type: 'address', address: text });
const service = (text: string): Origin => ({ type: 'service', service: text });
const unknown = (text: string): Origin => ({ type: 'unknown', text });

describe('origin', () => {
  it.each<[string, Json, Origin]>([
    ['an absent value', null, unknown('')],
    ['a number', 3_232_235_777, unknown('')],
    ['a list', ['198.51.100.7'], unknown('')],
    ['leading zeros, which some read as octal', '198.051.100.7', unknown('198.051.100.7')],
    ['a short form of IPv4', '198.51', unknown('198.51')],
    ['a number of 300', '198.51.100.300', unknown('198.51.100.300')],
    ['a port', '198.51.100.7:443', unknown('198.51.100.7:443')],
    ['a network', '198.51.100.0/24', unknown('198.51.100.0/24')],
    ['a zone', 'fe80::1%eth0', unknown('fe80::1%eth0')],
    ['markup', '<b>198.51.100.7</b>', unknown('<b>198.51.100.7</b>')],
    [
      'a name that only begins like a service',
      'ec2.amazonaws.com.example.net',
      unknown('ec2.amazonaws.com.example.net'),
    ],
    ['a name that only ends like a service', 'notamazonaws.com', unknown('notamazonaws.com')],
    ['the suffix alone', '.amazonaws.com', unknown('.amazonaws.com')],
    ['AWS Internal', 'AWS Internal', { type: 'internal' }],
    ['IPv4', '198.51.100.7', address('198.51.100.7')],
    ['IPv6', '2001:0DB8:0:0:0:0:0:00A1', address('2001:db8::a1')],
    ['IPv4 inside IPv6', '::ffff:198.51.100.7', address('198.51.100.7')],
    ['IPv4 inside IPv6, in hex', '::ffff:c633:6407', address('198.51.100.7')],
    ['a service', 'cloudtrail.amazonaws.com', service('cloudtrail.amazonaws.com')],
    [
      'a service with a region',
      'eu-west-1.elasticmapreduce.amazonaws.com',
      service('eu-west-1.elasticmapreduce.amazonaws.com'),
    ],
    ['a service in China', 'ec2.amazonaws.com.cn', service('ec2.amazonaws.com.cn')],
  ])('of %s', (_, sourceIPAddress, expected) => {
    expect(cloudTrailClient({ sourceIPAddress }).origin).toEqual(expected);
  });

  it('of a megabyte of text is that text', () => {
    const text = 'a.'.repeat(500_000);
    expect(cloudTrailClient({ sourceIPAddress: text }).origin).toEqual(unknown(text));
  });
});

it('user agent and VPC endpoint are given where the record has them', () => {
  expect(cloudTrailClient({ userAgent: 'aws-cli/2.17.32', vpcEndpointId: 'vpce-0a1' })).toMatchObject({
    userAgent: 'aws-cli/2.17.32',
    vpcEndpoint: 'vpce-0a1',
  });
  expect(cloudTrailClient({ userAgent: {}, vpcEndpointId: '' })).toMatchObject({
    userAgent: undefined,
    vpcEndpoint: undefined,
  });
});
