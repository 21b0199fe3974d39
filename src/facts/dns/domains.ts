import { isAccountId } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { isStranger } from '../known.ts';
import { loose, looseList, looseObject, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { dnsFact } from './dns.ts';
import type { Dns, DnsRisk } from './dns.ts';
import { bareId, bareName } from './record-change.ts';

interface Call {
  readonly event: Event;
  readonly request: JsonObject | undefined;
  readonly response: JsonObject | undefined;
  readonly known: Known;
}

/** What a call does, were it to succeed. */
interface Change {
  readonly kind: Dns['kind'];
  readonly wanted: Dns['wanted'];
  readonly zone?: string | undefined;
  readonly name: string;
  readonly values?: readonly string[];
  readonly risks: readonly DnsRisk[];
  readonly accounts?: readonly string[];
  readonly says: string;
  readonly unknowns?: readonly string[];
}

type Read = (call: Call) => Change | undefined;

/**
 * What calls about hosted zones, domains and the resolver mean. Fields: dns.ts. Shapes:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html
 */
const calls: Readonly<Record<string, Read>> = {
  'route53.amazonaws.com:CreateHostedZone': ({ request, response }) => {
    const name = bareName(looseText(request, 'name') ?? '');
    const zone = looseText(looseObject(response, 'hostedZone'), 'id');
    return {
      kind: 'zone',
      wanted: 'created',
      zone: zone === undefined ? undefined : bareId(zone),
      name,
      risks: ['zone-created'],
      says: `a hosted zone for ${quote(name)} is new`,
    };
  },
  'route53.amazonaws.com:DeleteHostedZone': ({ request }) => {
    const zone = zoneOf(request, 'id');
    return {
      kind: 'zone',
      wanted: 'deleted',
      zone,
      name: '',
      risks: ['zone-deleted'],
      says: `the hosted zone ${quote(zone)} is deleted: its names resolve no longer, and while the parent still delegates to its name servers, a stranger's zone there may answer instead`,
      unknowns: [
        'whether the parent zone or the registrar still names its servers: the NS records of the parent would tell',
      ],
    };
  },
  'route53.amazonaws.com:AssociateVPCWithHostedZone': associated,
  'route53.amazonaws.com:CreateVPCAssociationAuthorization': associated,
  'route53domains.amazonaws.com:UpdateDomainNameservers': ({ request }) => {
    const name = domainOf(request);
    const servers = looseList(request, 'nameservers').flatMap((server) => looseText(server, 'name') ?? []);
    return {
      kind: 'domain',
      wanted: 'set',
      name,
      values: servers.map(bareName),
      risks: ['nameservers-changed'],
      says: `the domain ${quote(name)} is now answered by ${listed(servers.map(quote))}, who decide on every name in it`,
    };
  },
  'route53domains.amazonaws.com:TransferDomainToAnotherAwsAccount': ({ request, event, known }) => {
    const name = domainOf(request);
    const account = looseText(request, 'accountId') ?? '';
    return {
      kind: 'domain',
      wanted: 'deleted',
      name,
      risks: ['domain-moved'],
      accounts: foreign([account], event, known),
      says: `the domain ${quote(name)} is offered to account ${quote(account)}`,
    };
  },
  'route53domains.amazonaws.com:RetrieveDomainAuthCode': ({ request }) => {
    const name = domainOf(request);
    return {
      kind: 'domain',
      wanted: 'deleted',
      name,
      risks: ['domain-moved'],
      says: `the code by which the domain ${quote(name)} can be moved to another registrar was read`,
    };
  },
  'route53domains.amazonaws.com:DeleteDomain': ({ request }) => {
    const name = domainOf(request);
    return {
      kind: 'domain',
      wanted: 'deleted',
      name,
      risks: ['domain-moved'],
      says: `the domain ${quote(name)} is given up: anyone may register it`,
    };
  },
  'route53domains.amazonaws.com:UpdateDomainContact': ({ request }) => {
    const name = domainOf(request);
    return {
      kind: 'domain',
      wanted: 'set',
      name,
      risks: ['contact-changed'],
      says: `the contacts of the domain ${quote(name)} are changed: who confirms its transfer is asked there`,
    };
  },
  'route53resolver.amazonaws.com:CreateResolverRule': redirected('created'),
  'route53resolver.amazonaws.com:UpdateResolverRule': redirected('set'),
};

export const dnsDomains: Analyser = {
  name: 'dns-domains',
  actions: Object.keys(calls),
  subjects: ['dns'],
  analyse: (event, known) => {
    const change = calls[`${event.service}:${event.action}`]?.({
      event,
      request: object(event.fields, 'requestParameters'),
      response: object(event.fields, 'responseElements'),
      known,
    });
    return change === undefined ? [] : [factOf(event, change)];
  },
};

function factOf(event: Event, change: Change): Fact {
  const attempted = event.outcome.result === 'failure';
  const code = event.outcome.code === undefined ? '' : ` (${quote(event.outcome.code)})`;
  const unknowns = [...(change.unknowns ?? [])];
  if (event.outcome.result === 'unknown')
    unknowns.push('whether the call succeeded: the record does not say');
  return dnsFact(
    {
      kind: change.kind,
      change: attempted ? 'unchanged' : change.wanted,
      wanted: change.wanted,
      attempted,
      zone: change.zone ?? '',
      name: change.name,
      values: change.values ?? [],
      risks: attempted ? [] : change.risks,
      accounts: change.accounts,
    },
    attempted ? `tried this, but the call failed${code}: ${change.says}` : change.says,
    attempted ? [] : unknowns,
  );
}

function domainOf(request: JsonObject | undefined): string {
  return bareName(looseText(request, 'domainName') ?? '');
}

function zoneOf(request: JsonObject | undefined, ...keys: readonly string[]): string {
  const id = ['hostedZoneId', ...keys].flatMap((key) => looseText(request, key) ?? [])[0];
  return bareId(id ?? '');
}

function foreign(accounts: readonly string[], event: Event, known: Known): readonly string[] {
  return accounts.filter(
    (account) => isAccountId(account) && account !== event.account && isStranger(account, known),
  );
}

/** The request names the VPC and not whose it is; a zone is authorised for a VPC only where that is another account's. */
function associated({ request, event }: Call): Change {
  const zone = zoneOf(request);
  const vpc = looseText(looseObject(request, 'vPC'), 'vPCId') ?? '';
  const authorises = event.action === 'CreateVPCAssociationAuthorization';
  return {
    kind: 'zone',
    wanted: 'set',
    zone,
    name: '',
    values: [vpc],
    risks: authorises ? ['zone-shared'] : [],
    says: authorises
      ? `another account may now tie its VPC ${quote(vpc)} to the private zone ${quote(zone)}, and resolve its names`
      : `the VPC ${quote(vpc)} resolves the names of the private zone ${quote(zone)}`,
    unknowns: authorises ? ['whose VPC that is: the record does not say'] : [],
  };
}

/** Where queries for a domain are sent from a VPC. Deep in `config` on update. */
function redirected(wanted: 'created' | 'set'): Read {
  return ({ request, response }) => {
    const config = looseObject(request, 'config') ?? request;
    const targets = looseList(config, 'targetIps').flatMap((target) => looseText(target, 'ip') ?? []);
    if (targets.length === 0 && loose(config, 'domainName') === undefined) return undefined;
    const rule = looseObject(response, 'resolverRule');
    const name = bareName(looseText(request, 'domainName') ?? looseText(rule, 'domainName') ?? '');
    return {
      kind: 'resolver',
      wanted,
      name,
      values: targets,
      risks: targets.length === 0 ? [] : ['resolution-redirected'],
      says: `queries for ${quote(name === '' ? '(a domain that the record does not name)' : name)} are answered by ${listed(targets.map(quote))}`,
    };
  };
}
