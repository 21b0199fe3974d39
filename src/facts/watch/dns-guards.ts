import { looseText } from '../loose.ts';
import { bareId } from '../dns/record-change.ts';
import { guardAnalyser, guardsOf } from './guard.ts';
import type { GuardChange, ReadGuardCall } from './guard.ts';

const domains = (kind: GuardChange['kind']) => guardsOf(kind, 'AWS::Route53Domains::Domain', ['domainName']);
const firewall = guardsOf('dns-firewall', 'AWS::Route53Resolver::FirewallRuleGroup', [
  'firewallRuleGroupId',
  'firewallRuleGroupAssociationId',
  'firewallDomainListId',
]);

/** A hosted zone by its id, which some calls write with `/hostedzone/` before it. */
function zone(
  wanted: GuardChange['wanted'],
  lost: readonly string[],
  says: (name: string) => string,
): ReadGuardCall {
  const zones = guardsOf('dnssec', 'AWS::Route53::HostedZone', ['hostedZoneId', 'id']);
  return (call) => {
    const change = zones.change(call, wanted, lost, says);
    return change.resource === undefined ? change : { ...change, resource: bareId(change.resource) };
  };
}

function where(key: string, values: readonly string[], then: ReadGuardCall): ReadGuardCall {
  return (call) => (values.includes(looseText(call.request, key) ?? '') ? then(call) : undefined);
}

/** What calls do to DNSSEC, to the logs of queries, to Resolver's DNS firewall and to the locks of domains. */
export const dnsGuards = guardAnalyser('dns-guards', {
  route53: {
    DisableHostedZoneDNSSEC: zone(
      'removed',
      ['signing'],
      (name) => `the zone ${name} is no longer signed: answers for it can be forged`,
    ),
    EnableHostedZoneDNSSEC: zone('restored', [], (name) => `the zone ${name} is signed`),
    DeactivateKeySigningKey: zone(
      'weakened',
      ['signing-key'],
      (name) => `a key that signs the zone ${name} is switched off`,
    ),
    DeleteKeySigningKey: zone(
      'weakened',
      ['signing-key'],
      (name) => `a key that signs the zone ${name} is deleted`,
    ),
    DeleteQueryLoggingConfig: guardsOf('dns-logging', 'AWS::Route53::QueryLoggingConfig', ['id']).always(
      'removed',
      ['queries'],
      (name) => `queries for a public zone are no longer logged (configuration ${name})`,
    ),
  },
  route53resolver: {
    DeleteResolverQueryLogConfig: guardsOf(
      'dns-logging',
      'AWS::Route53Resolver::ResolverQueryLoggingConfig',
      ['resolverQueryLogConfigId'],
    ).always(
      'removed',
      ['queries'],
      (name) => `queries from VPCs are no longer logged (configuration ${name})`,
    ),
    DisassociateResolverQueryLogConfig: guardsOf('dns-logging', 'AWS::EC2::VPC', ['resourceId']).always(
      'removed',
      ['queries'],
      (name) => `queries from the VPC ${name} are no longer logged`,
    ),
    UpdateFirewallConfig: where(
      'firewallFailOpen',
      ['ENABLED', 'USE_LOCAL_RESOURCE_SETTING'],
      guardsOf('dns-firewall', 'AWS::EC2::VPC', ['resourceId']).always(
        'weakened',
        ['fail-open'],
        (name) => `where the DNS firewall of the VPC ${name} does not answer, queries go through`,
      ),
    ),
    DeleteFirewallRule: firewall.always(
      'weakened',
      ['rules'],
      (name) => `a rule of the DNS firewall's group ${name} is deleted`,
    ),
    UpdateFirewallRule: where(
      'action',
      ['ALLOW', 'ALERT'],
      firewall.always(
        'weakened',
        ['blocking'],
        (name) => `a rule of the DNS firewall's group ${name} no longer blocks`,
      ),
    ),
    UpdateFirewallDomains: where(
      'operation',
      ['REMOVE'],
      firewall.always(
        'weakened',
        ['domains'],
        (name) => `domains were taken off the list ${name} of the DNS firewall`,
      ),
    ),
    DeleteFirewallRuleGroup: firewall.always(
      'weakened',
      ['rules'],
      (name) => `the rule group ${name} of the DNS firewall is deleted`,
    ),
    DisassociateFirewallRuleGroup: firewall.always(
      'removed',
      ['everything'],
      (name) => `a VPC is no longer guarded by the DNS firewall's rule group (association ${name})`,
    ),
    UpdateResolverDnssecConfig: where(
      'validation',
      ['DISABLE'],
      guardsOf('dnssec', 'AWS::EC2::VPC', ['resourceId']).always(
        'removed',
        ['validation'],
        (name) => `the resolver of the VPC ${name} no longer checks signatures`,
      ),
    ),
  },
  route53domains: {
    DisableDomainTransferLock: domains('domain-lock').always(
      'removed',
      ['transfer-lock'],
      (name) => `the domain ${name} can be moved to another registrar`,
    ),
    EnableDomainTransferLock: domains('domain-lock').always(
      'restored',
      [],
      (name) => `the domain ${name} is locked against being moved`,
    ),
    DisableDomainAutoRenew: domains('domain-renewal').always(
      'removed',
      ['renewal'],
      (name) => `the domain ${name} is no longer renewed by itself: when it runs out, anyone may register it`,
    ),
    EnableDomainAutoRenew: domains('domain-renewal').always(
      'restored',
      [],
      (name) => `the domain ${name} is renewed by itself`,
    ),
    DisassociateDelegationSignerFromDomain: domains('dnssec').always(
      'removed',
      ['delegation-signer'],
      (name) => `the registry no longer says that the domain ${name} is signed`,
    ),
  },
});
