import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { nothingKnown, type Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';

describe('zones, domains and the resolver', () => {
  const cases: readonly (readonly [
    name: string,
    service: string,
    action: string,
    request: Json,
    fields: object,
  ])[] = [
    [
      'a zone is made',
      'route53',
      'CreateHostedZone',
      { name: 'example.com.' },
      { kind: 'zone', change: 'created', name: 'example.com', risk: ['zone-created'] },
    ],
    [
      'a zone is deleted',
      'route53',
      'DeleteHostedZone',
      { id: '/hostedzone/Z1' },
      { kind: 'zone', change: 'deleted', zone: 'Z1', risk: ['zone-deleted'] },
    ],
    [
      'a zone is shared with the VPC of another account',
      'route53',
      'CreateVPCAssociationAuthorization',
      { hostedZoneId: 'Z1', vPC: { vPCId: 'vpc-1', vPCRegion: 'eu-west-1' } },
      { kind: 'zone', values: ['vpc-1'], risk: ['zone-shared'] },
    ],
    [
      'a zone is tied to a VPC',
      'route53',
      'AssociateVPCWithHostedZone',
      { hostedZoneId: 'Z1', vPC: { vPCId: 'vpc-1' } },
      { kind: 'zone', values: ['vpc-1'], risk: [] },
    ],
    [
      'a domain gets other name servers',
      'route53domains',
      'UpdateDomainNameservers',
      { domainName: 'Example.com', nameservers: [{ name: 'ns1.example.net' }, { name: 'ns2.example.net' }] },
      {
        kind: 'domain',
        name: 'example.com',
        values: ['ns1.example.net', 'ns2.example.net'],
        risk: ['nameservers-changed'],
      },
    ],
    [
      'a domain goes to a stranger',
      'route53domains',
      'TransferDomainToAnotherAwsAccount',
      { domainName: 'example.com', accountId: '444455556666' },
      { risk: ['domain-moved'], account: ['444455556666'] },
    ],
    [
      'contacts are changed',
      'route53domains',
      'UpdateDomainContact',
      { domainName: 'example.com' },
      { risk: ['contact-changed'] },
    ],
    [
      'queries are sent elsewhere',
      'route53resolver',
      'CreateResolverRule',
      { domainName: 'example.com', ruleType: 'FORWARD', targetIps: [{ ip: '203.0.113.9', port: 53 }] },
      { kind: 'resolver', name: 'example.com', values: ['203.0.113.9'], risk: ['resolution-redirected'] },
    ],
    [
      'queries are sent elsewhere by a rule that is there',
      'route53resolver',
      'UpdateResolverRule',
      { resolverRuleId: 'rslvr-rr-1', config: { targetIps: [{ ip: '203.0.113.9' }] } },
      { kind: 'resolver', values: ['203.0.113.9'], risk: ['resolution-redirected'] },
    ],
  ];
  it.each(cases)('%s', (_name, service, action, request, fields) => {
    const [fact] = factsOf(callOf(service, action, request));
    expect(fact?.fields).toMatchObject({ ...fields, attempted: false });
  });

  it('are unchanged where the call failed', () => {
    const [fact] = factsOf(callOf('route53', 'DeleteHostedZone', { id: 'Z1' }, denied));
    expect(fact?.fields).toMatchObject({ change: 'unchanged', wanted: 'deleted', risk: [] });
    expect(fact?.unknowns).toEqual([]);
  });

  it("do not count accounts of one's own as strangers", () => {
    const known: Known = { ...nothingKnown, accounts: { '444455556666': { relation: 'own' } } };
    const event = callOf('route53domains', 'TransferDomainToAnotherAwsAccount', {
      domainName: 'example.com',
      accountId: '444455556666',
    });
    expect(factsOf(event, known)[0]?.fields['account']).toEqual([]);
  });
});
