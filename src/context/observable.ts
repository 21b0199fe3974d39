import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isJsonObject, isList, list, member, type Json, type JsonObject } from '../event/json.ts';

/** Something that others may know: an address, the name of a host, the hash of a file. */
export interface Observable {
  readonly type: ObservableType;
  /** In one spelling: see `addressIn`, `domainIn`, `hashIn`. */
  readonly value: string;
}

export const observableTypes = ['address', 'domain', 'hash'] as const;

export type ObservableType = (typeof observableTypes)[number];

/** An address as everybody spells it, IPv4 within IPv6 as IPv4; undefined for anything else. */
export function addressIn(text: string): string | undefined {
  const family = isIP(text);
  // Nearly all are spelled so already.
  if (family === 4) return text;
  return family === 0 || text.includes('%') ? undefined : ipaddr.process(text).toString();
}

const longestDomain = 253;
const domainName = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/** The name of a host in small letters, without the dot at its end; undefined for anything else, such as a name without a dot. */
export function domainIn(text: string): string | undefined {
  if (text.length > longestDomain + 1) return undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  return name.length <= longestDomain && domainName.test(name) ? name : undefined;
}

const hexHash = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** MD5, SHA-1 or SHA-256 in small hex digits; undefined for anything else. */
export function hashIn(text: string): string | undefined {
  if (text.length > 64) return undefined;
  const hash = text.toLowerCase();
  return hexHash.test(hash) ? hash : undefined;
}

const readers: Readonly<Record<ObservableType, (text: string) => string | undefined>> = {
  address: addressIn,
  domain: domainIn,
  hash: hashIn,
};

/** What a text is, of the kind that it is said to be. */
export function observableIn(type: ObservableType, text: string): Observable | undefined {
  const value = readers[type](text);
  return value === undefined ? undefined : { type, value };
}

/** Names that only one's own resolvers know, or that lead nowhere: https://www.iana.org/assignments/special-use-domain-names */
const innerDomain =
  /(?:^|\.)(?:internal|local|localhost|localdomain|lan|home|corp|intranet|private|arpa|test|invalid|example|onion|alt)$/;

/** Whether somebody else on the internet can know it: no private or reserved address, no name of an inner network. */
export function isPublic({ type, value }: Observable): boolean {
  switch (type) {
    case 'address':
      return ipaddr.process(value).range() === 'unicast';
    case 'domain':
      return !innerDomain.test(value);
    case 'hash':
      return true;
    default:
      return type satisfies never;
  }
}

/** More of one record are not looked at. */
const mostOfRecord = 20;
/** Of a list. */
const mostItems = 20;

/**
 * Where findings of security services name what others may know. `*` stands for every item of a list.
 * https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Service.html
 * https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
 */
const places: readonly (readonly [type: ObservableType, ...path: readonly string[]])[] = [
  ['address', 'service', 'action', 'networkConnectionAction', 'remoteIpDetails', 'ipAddressV4'],
  [
    'address',
    'service',
    'action',
    'portProbeAction',
    'portProbeDetails',
    '*',
    'remoteIpDetails',
    'ipAddressV4',
  ],
  ['domain', 'service', 'action', 'dnsRequestAction', 'domain'],
  ['hash', 'service', 'runtimeDetails', 'process', 'executableSha256'],
  [
    'hash',
    'service',
    'ebsVolumeScanDetails',
    'scanDetections',
    'threatDetectedByName',
    'threatNames',
    '*',
    'filePaths',
    '*',
    'hash',
  ],
  ['domain', 'Action', 'DnsRequestAction', 'Domain'],
  ['address', 'Action', 'NetworkConnectionAction', 'RemoteIpDetails', 'IpAddressV4'],
  ['address', 'Network', 'SourceIpV4'],
  ['domain', 'Network', 'DestinationDomain'],
];

/** `Type` of an indicator in Security Hub's format. */
const indicatorTypes: Readonly<Record<string, ObservableType>> = {
  DOMAIN: 'domain',
  HASH_MD5: 'hash',
  HASH_SHA1: 'hash',
  HASH_SHA256: 'hash',
  IPV4_ADDRESS: 'address',
  IPV6_ADDRESS: 'address',
};

/** What the raw fields of a record name beside its client, each once, the first at most. */
export function observablesIn(fields: JsonObject): readonly Observable[] {
  const found = new Map<string, Observable>();
  const add = (type: ObservableType, value: Json | undefined): void => {
    const observable = typeof value === 'string' ? observableIn(type, value) : undefined;
    if (observable !== undefined && found.size < mostOfRecord)
      found.set(`${type} ${observable.value}`, observable);
  };
  for (const [type, ...path] of places) for (const value of valuesAt(fields, path)) add(type, value);
  for (const item of list(fields, 'ThreatIntelIndicators').slice(0, mostItems)) {
    const type = member(item, 'Type');
    if (typeof type === 'string' && Object.hasOwn(indicatorTypes, type)) {
      const known = indicatorTypes[type];
      if (known !== undefined) add(known, member(item, 'Value'));
    }
  }
  return [...found.values()];
}

/** What stands at a path, of which there are several where it leads through lists. */
function valuesAt(root: JsonObject, path: readonly string[]): readonly Json[] {
  let values: readonly Json[] = [root];
  for (const key of path) {
    values = values.flatMap((value): readonly Json[] => {
      if (key === '*') return isList(value) ? value.slice(0, mostItems) : [];
      const next = isJsonObject(value) ? member(value, key) : undefined;
      return next === undefined ? [] : [next];
    });
    if (values.length === 0) return values;
  }
  return values.slice(0, mostOfRecord);
}
