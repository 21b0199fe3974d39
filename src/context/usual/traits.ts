import type { Event } from '../../event/event.ts';
import { parseRange } from '../../facts/network/ranges.ts';
import { ownIdentity } from '../person.ts';
import type { Place } from '../place.ts';
import { providerWords } from '../providers/provider.ts';

/** What is learned of an actor, each kind a set of texts. */
export const traitKinds = ['country', 'network', 'agent', 'service', 'hour'] as const;
export type TraitKind = (typeof traitKinds)[number];

/** Longer texts than these are cut: what AWS names is shorter, and an attacker may send a megabyte. */
const longest = 300;

/**
 * By what an actor is known: the person, where the record tells one, and else the role, whatever its sessions are called. Undefined for
 * AWS's own services and the roles that it made for them, and where nobody is named.
 */
export function actorOf(event: Event): string | undefined {
  const { actor } = event;
  const { issuer } = actor;
  const name = ownIdentity(event) ?? (issuer?.kind === 'role' ? issuer.arn : undefined) ?? plainActor(event);
  if (name === undefined || name.includes(':role/aws-service-role/')) return undefined;
  return name.slice(0, longest).toWellFormed();
}

function plainActor({ actor }: Event): string | undefined {
  switch (actor.kind) {
    case 'role':
    case 'web-identity-user':
    case 'saml-user':
    case 'directory-user':
      return actor.arn ?? actor.principalId;
    default:
      return undefined;
  }
}

/** `s3.amazonaws.com` is `s3`. */
export function serviceOf({ service }: Event): string {
  return service.replace(/\.amazonaws\.(?:com|com\.cn|eu)$/, '').slice(0, longest);
}

const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

/** The hour of the day in UTC: `08`. */
export function hourOf(time: number): string {
  const hour = Math.floor(time / 3_600_000) % 24;
  return hours[hour < 0 ? hour + 24 : hour] ?? '00';
}

/**
 * The names of the network that an address is in, the best first. Of one's own network that is its name; else the autonomous system, where
 * data tells it, and always a range of addresses: so that nothing becomes new when data on addresses comes or goes.
 */
export function networksOf(address: string, place: Place): readonly string[] {
  if (place.network !== undefined) return [place.network.slice(0, longest)];
  const range = rangeAround(address);
  return [
    ...vendorOf(place),
    ...(place.asn === undefined ? [] : [`AS${place.asn}`]),
    ...(range === undefined ? [] : [range]),
  ];
}

/**
 * What runs on a cloud for its vendor is moved about in it, so its region does not count. A machine that anybody may rent there is no
 * vendor's, and is told by its network.
 */
function vendorOf({ provider }: Place): readonly string[] {
  if (provider?.service === undefined || provider.service === 'EC2') return [];
  return [providerWords({ name: provider.name, service: provider.service }).slice(0, longest)];
}

/** The /16 around an IPv4 address, the /32 around one of IPv6: what providers are given, about. */
function rangeAround(address: string): string | undefined {
  const range = parseRange(address);
  if (range === undefined) return undefined;
  if (range.family === 4) return `${address.split('.').slice(0, 2).join('.')}.0.0/16`;
  const high = Number(range.first >> 96n);
  return `${(high >>> 16).toString(16)}:${(high & 0xffff).toString(16)}::/32`;
}
