import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface ApiKey {
  /** For logs; not secret. */
  readonly name: string;
  readonly key: string;
  readonly scope: 'ingest' | 'read' | 'all';
}

/**
 * What a route asks for: `open` answers everyone, `any` answers every key, the others only a key with that scope or
 * with `all`. `signed` lets nobody in by a key: the route has a door of its own.
 */
export type Need = 'open' | 'any' | 'ingest' | 'read' | 'signed';

export interface Caller {
  /** The key's name. */
  readonly name: string;
  readonly scope: ApiKey['scope'];
  /** True where a browser sends the key by itself, with whatever page made the request. */
  readonly ambient: boolean;
}

/**
 * Makes a function that finds the key in a request's headers: `Authorization: Bearer KEY`, `x-api-key: KEY`, or HTTP
 * Basic with the key as password and any user name. Every configured key is compared, in the same time whether and
 * wherever one fits.
 */
export function authenticator(keys: readonly ApiKey[]): (headers: IncomingHttpHeaders) => readonly Caller[] {
  const known = keys.filter(({ key }) => key !== '').map((key) => ({ ...key, digest: digest(key.key) }));
  return (headers) => {
    const callers: Caller[] = [];
    for (const { secret, ambient } of presented(headers)) {
      const given = digest(secret);
      for (const { name, scope, digest: expected } of known) {
        if (timingSafeEqual(given, expected)) callers.push({ name, scope, ambient });
      }
    }
    return callers;
  };
}

export function allows(caller: Caller, need: Need): boolean {
  return need === 'open' || need === 'any' || caller.scope === 'all' || caller.scope === need;
}

/** Hashing first makes both sides equally long, which `timingSafeEqual` needs, and hides the key's length. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

function presented(headers: IncomingHttpHeaders): readonly { secret: string; ambient: boolean }[] {
  const found: { secret: string; ambient: boolean }[] = [];
  const [, scheme = '', credentials = ''] = /^(\w+) +(.+?) *$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') found.push({ secret: credentials, ambient: false });
  if (scheme.toLowerCase() === 'basic') found.push({ secret: password(credentials), ambient: true });
  const own = headers['x-api-key'];
  if (typeof own === 'string') found.push({ secret: own, ambient: false });
  return found.filter(({ secret }) => secret !== '');
}

/** The part after the first colon of HTTP Basic's user-pass; https://www.rfc-editor.org/rfc/rfc7617#section-2 */
function password(credentials: string): string {
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}
