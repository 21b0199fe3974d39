import type { Json } from '../../event/json.ts';
import {
  at,
  itemsAt,
  pointsAt,
  reachable,
  reachedIf,
  set,
  tagsIf,
  textAt,
  told,
  type AspectChange,
  type Call,
  type Place,
  type Reader,
  type Sighting,
} from './sighting.ts';

type Aspects = Readonly<Record<string, AspectChange | undefined>>;

/** Route 53's calls: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html */
export const route53Readers: Readonly<Record<string, Reader>> = {
  CreateHostedZone: (call) => {
    const id = zoneId(textAt(call.response, 'hostedZone.id'));
    const name = textAt(call.request, 'name') ?? textAt(call.response, 'hostedZone.name');
    return id === undefined
      ? []
      : [asset(call, 'AWS::Route53::HostedZone', id, reachable(name ?? id), 'created', {})];
  },
  DeleteHostedZone: (call) => {
    const id = zoneId(textAt(call.request, 'id'));
    return id === undefined ? [] : [asset(call, 'AWS::Route53::HostedZone', id, id, 'deleted', {})];
  },
  ChangeResourceRecordSets: (call) => {
    const zone = zoneId(textAt(call.request, 'hostedZoneId')) ?? '';
    return itemsAt(call.request, 'changeBatch.changes').flatMap((change) => {
      const action = textAt(change, 'action')?.toUpperCase();
      const set = at(change, 'resourceRecordSet');
      if (set === undefined || (action !== 'CREATE' && action !== 'UPSERT' && action !== 'DELETE')) return [];
      const what = action === 'DELETE' ? 'deleted' : action === 'CREATE' ? 'created' : 'changed';
      return recordSighting(call, zone, set, what);
    });
  },
};

/** A record set of a zone as an asset. What it points at are its values, or the target of its alias. */
export function recordSighting(
  place: Place,
  zone: string,
  record: Json,
  what: Sighting['what'],
): readonly Sighting[] {
  const name = textAt(record, 'name');
  const type = textAt(record, 'type');
  if (name === undefined || type === undefined) return [];
  const variant = textAt(record, 'setIdentifier');
  const values = [
    ...itemsAt(record, 'resourceRecords').map((item) => textAt(item, 'value')),
    textAt(record, 'aliasTarget.dNSName', 'aliasTarget.dnsName', 'aliasTarget.DNSName'),
  ].flatMap((value) => (value === undefined ? [] : [reachable(value)]));
  const shown = unescaped(reachable(name));
  return [
    dnsAsset(
      place,
      'AWS::Route53::RecordSet',
      `${zone}/${shown}/${type}${variant === undefined ? '' : `/${variant}`}`,
      shown,
      what,
      what === 'deleted' ? {} : { [pointsAt]: set([...new Set(values)].slice(0, 100)), kind: set(type) },
    ),
  ];
}

/** Route 53 writes `*` and others as `\052`: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, octal: string) => {
    const code = Number.parseInt(octal, 8);
    return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : `\\${octal}`;
  });
}

/** The id of a zone, however it is given. */
export function zoneId(id: string | undefined): string | undefined {
  return id?.replace(/^\/?hostedzone\//, '');
}

/** CloudFront: a distribution is named by its id when it goes, and by its domain in records. */
export const cloudFrontReaders: Readonly<Record<string, Reader>> = {
  CreateDistribution: (call) => distribution(call, 'created'),
  CreateDistributionWithTags: (call) => distribution(call, 'created'),
  UpdateDistribution: (call) => distribution(call, 'changed'),
  DeleteDistribution: (call) => distribution(call, 'deleted'),
};

function distribution(call: Call, what: Sighting['what']): readonly Sighting[] {
  const id = textAt(call.response, 'distribution.id') ?? textAt(call.request, 'id');
  if (id === undefined) return [];
  const domain = textAt(call.response, 'distribution.domainName');
  return [
    asset(call, 'AWS::CloudFront::Distribution', id, domain ?? id, what, { 'reached-at': reachedIf(domain) }),
  ];
}

/** Elastic Beanstalk: its names can be had again by anybody once they are free. */
export const beanstalkReaders: Readonly<Record<string, Reader>> = {
  CreateEnvironment: (call) => environment(call, 'created'),
  TerminateEnvironment: (call) => environment(call, 'deleted'),
};

function environment(call: Call, what: Sighting['what']): readonly Sighting[] {
  const id = textAt(call.response, 'environmentId') ?? textAt(call.request, 'environmentId');
  const name = textAt(call.response, 'environmentName') ?? textAt(call.request, 'environmentName');
  if (id === undefined) return [];
  const cname = textAt(call.response, 'cNAME', 'cname');
  return [
    asset(call, 'AWS::ElasticBeanstalk::Environment', id, name ?? id, what, {
      'reached-at': reachedIf(cname),
    }),
  ];
}

/** Load balancers, classic and newer. */
export const loadBalancerReaders: Readonly<Record<string, Reader>> = {
  CreateLoadBalancer: (call) => {
    const made = itemsAt(call.response, 'loadBalancers');
    const newer = made.flatMap((item) => {
      const arn = textAt(item, 'loadBalancerArn');
      if (arn === undefined) return [];
      return [
        balancer(
          call,
          arn,
          textAt(item, 'loadBalancerName') ?? arn,
          'created',
          textAt(item, 'dNSName', 'dnsName'),
        ),
      ];
    });
    const classic = textAt(call.request, 'loadBalancerName');
    if (newer.length > 0 || classic === undefined) return newer;
    return [
      balancer(
        call,
        classicId(call, classic),
        classic,
        'created',
        textAt(call.response, 'dNSName', 'dnsName'),
      ),
    ];
  },
  DeleteLoadBalancer: (call) => {
    const arn = textAt(call.request, 'loadBalancerArn');
    const classic = textAt(call.request, 'loadBalancerName');
    if (arn !== undefined) return [balancer(call, arn, arn.split('/')[2] ?? arn, 'deleted')];
    return classic === undefined ? [] : [balancer(call, classicId(call, classic), classic, 'deleted')];
  },
};

function classicId(call: Call, name: string): string {
  return `${call.account ?? ''}/${call.region ?? ''}/${name}`;
}

function balancer(call: Call, id: string, name: string, what: Sighting['what'], dns?: string): Sighting {
  return asset(call, 'AWS::ElasticLoadBalancing::LoadBalancer', id, name, what, {
    'reached-at': reachedIf(dns),
  });
}

function asset(
  call: Call,
  type: string,
  id: string,
  name: string,
  what: Sighting['what'],
  aspects: Aspects,
): Sighting {
  return dnsAsset(call, type, id, name, what, { ...aspects, tags: tagsIf(at(call.request, 'tags')) });
}

/** A thing of DNS, or one that is found by its name in it, as an asset. */
export function dnsAsset(
  { account, region }: Place,
  type: string,
  id: string,
  name: string,
  what: Sighting['what'],
  aspects: Aspects,
): Sighting {
  const isGlobal = type.startsWith('AWS::Route53') || type.startsWith('AWS::CloudFront');
  return {
    type,
    id,
    name,
    account,
    ...(isGlobal ? {} : { region }),
    what,
    aspects: told(aspects),
  };
}
