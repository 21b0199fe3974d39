import type { Fact } from '../fact.ts';
import type { FieldName } from '../field-name.ts';

/** What a change of DNS makes possible. Only what took effect has any. */
export type DnsRisk =
  | 'claimable'
  | 'private-address'
  | 'internal-name'
  | 'wildcard'
  | 'delegation'
  | 'delegation-elsewhere'
  | 'mail-moved'
  | 'mail-removed'
  | 'spf-allows-anyone'
  | 'spf-says-nothing'
  | 'spf-removed'
  | 'dmarc-none'
  | 'dmarc-removed'
  | 'dkim-removed'
  | 'dkim-weakened'
  | 'caa-allows-anyone'
  | 'caa-removed'
  | 'zone-shared'
  | 'zone-created'
  | 'zone-deleted'
  | 'nameservers-changed'
  | 'domain-moved'
  | 'contact-changed'
  | 'resolution-redirected';

/** A change of DNS: of one record, of a zone, a domain or of how names are resolved. */
export interface Dns {
  readonly kind: 'record' | 'zone' | 'domain' | 'resolver';
  /** `set` makes a record or replaces it; `unchanged` where the call failed. */
  readonly change: 'created' | 'set' | 'deleted' | 'unchanged' | 'unknown';
  readonly wanted: 'created' | 'set' | 'deleted' | 'unknown';
  readonly attempted: boolean;
  /** Id of the hosted zone; empty where there is none in it. */
  readonly zone: string;
  readonly name: string;
  readonly type?: string | undefined;
  readonly values: readonly string[];
  readonly risks: readonly DnsRisk[];
  readonly alias?: boolean | undefined;
  readonly ttl?: number | undefined;
  readonly claimable?: string | undefined;
  readonly claim?: string | undefined;
  readonly privateAddresses?: readonly string[] | undefined;
  /** Foreign accounts that get the domain, or that a zone is shared with. */
  readonly accounts?: readonly string[] | undefined;
}

/** What rules see under `tocsin.dns`. Held by a test to what is produced. */
export const dnsFieldNames: readonly FieldName[] = [
  { name: 'dns.kind', description: 'record, zone, domain or resolver' },
  {
    name: 'dns.change',
    description: 'created, set (made or replaced), deleted, unchanged (the call failed) or unknown',
  },
  { name: 'dns.wanted', description: 'what the call asked for, whether it succeeded or not' },
  { name: 'dns.attempted', description: 'true where the call failed' },
  { name: 'dns.zone', description: 'id of the hosted zone' },
  { name: 'dns.name', description: 'the DNS name, in lower case, without a dot at its end' },
  { name: 'dns.type', description: 'type of the record: A, CNAME, TXT ...' },
  { name: 'dns.values', description: 'what the record says; the name that an alias stands for' },
  { name: 'dns.alias', description: "true for Route 53's alias records" },
  { name: 'dns.ttl', description: 'for how many seconds resolvers may keep the answer' },
  {
    name: 'dns.risk',
    description:
      'what the change makes possible, where it took effect: claimable, private-address, internal-name, wildcard, delegation, delegation-elsewhere, mail-moved, mail-removed, spf-allows-anyone, spf-says-nothing, spf-removed, dmarc-none, dmarc-removed, dkim-removed, dkim-weakened, caa-allows-anyone, caa-removed, zone-shared, zone-created, zone-deleted, nameservers-changed, domain-moved, contact-changed, resolution-redirected',
  },
  {
    name: 'dns.claimable',
    description:
      'the provider that gives what the record points at to whoever asks, once its owner has let it go: S3 website, GitHub Pages ...',
  },
  {
    name: 'dns.claim',
    description: 'what such a stranger would claim: the name of the bucket, app or domain',
  },
  {
    name: 'dns.private_address',
    description: 'addresses in the record that mean something within a network alone',
  },
  {
    name: 'dns.account',
    description: 'ids of other accounts that get the domain or that the zone is shared with',
  },
];

/** A change of DNS as a fact with its sentence. */
export function dnsFact(dns: Dns, explanation: string, unknowns: readonly string[]): Fact {
  const { alias, ttl, claimable, claim, privateAddresses, accounts, type } = dns;
  return {
    subject: 'dns',
    explanation,
    unknowns,
    fields: {
      kind: dns.kind,
      change: dns.change,
      wanted: dns.wanted,
      attempted: dns.attempted,
      zone: dns.zone,
      name: dns.name,
      values: dns.values,
      risk: dns.risks,
      ...(type === undefined ? {} : { type }),
      ...(alias === undefined ? {} : { alias }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(claimable === undefined ? {} : { claimable }),
      ...(claim === undefined ? {} : { claim }),
      ...(privateAddresses === undefined ? {} : { private_address: privateAddresses }),
      ...(accounts === undefined ? {} : { account: accounts }),
    },
  };
}
