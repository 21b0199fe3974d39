import type { FastifyRequest } from 'fastify';
import { allows, authenticator, type ApiKey, type Caller, type Need } from './auth.ts';
import { hostName, isLoopback } from './loopback.ts';
import { HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller must have to get an answer from this route. A route that says nothing is closed to all keys but those of scope `all`. */
    need?: Need;
    /** Whether people see its answers in a browser: what goes wrong is then told as a page as well. */
    isPage?: true;
  }
  interface FastifyRequest {
    /** True where the caller may see what goes on inside: with a key that may read, or where no keys are configured. */
    mayRead: boolean;
    /** The name of the key that opened the route; empty where none was needed. */
    keyName: string;
  }
}

/** Decides whether a request gets past the door; throws an HttpProblem where it does not. */
export type Guard = (request: FastifyRequest) => void;

export function createGuard(keys: readonly ApiKey[], publicUrl: string | undefined): Guard {
  const ownOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  return keys.length === 0 ? openGuard(ownOrigin) : keyGuard(keys, ownOrigin);
}

/**
 * Without keys the server listens on loopback alone, but every page in the user's browser can reach it there. A name
 * that an attacker points to 127.0.0.1 shows in `Host`; a form sent from a foreign page shows in `Origin`.
 */
function openGuard(ownOrigin: string | undefined): Guard {
  const ownHost = ownOrigin === undefined ? undefined : new URL(ownOrigin).host;
  return (request) => {
    if (isPastItsOwnDoor(request)) return;
    const host = request.headers.host;
    const name = hostName(host);
    if (name === undefined || !(isLoopback(name) || host === ownHost)) {
      throw new HttpProblem(
        421,
        `Without API keys this server answers only to localhost, 127.0.0.1 and [::1]; use one of these names, or configure a key.`,
      );
    }
    refuseCrossSite(request, ownOrigin);
    request.mayRead = true;
  };
}

function keyGuard(keys: readonly ApiKey[], ownOrigin: string | undefined): Guard {
  const authenticate = authenticator(keys);
  return (request) => {
    if (isPastItsOwnDoor(request)) return;
    const need: Need | undefined = request.is404 ? 'any' : request.routeOptions.config.need;
    const callers = authenticate(request.headers);
    request.mayRead = callers.some((caller) => allows(caller, 'read'));
    if (need === 'open') return;
    const caller = callers.find((each) => (need === undefined ? each.scope === 'all' : allows(each, need)));
    if (caller === undefined) throw unauthorized(need);
    request.keyName = caller.name;
    // A browser adds the password that it remembers to requests that foreign pages make.
    if (isAmbient(callers)) refuseCrossSite(request, ownOrigin);
  };
}

/** Whoever is here has signed the request; others have been turned away before. */
function isPastItsOwnDoor(request: FastifyRequest): boolean {
  return request.sentBy !== undefined;
}

function isAmbient(callers: readonly Caller[]): boolean {
  return callers.every(({ ambient }) => ambient);
}

function unauthorized(need: Need | undefined): HttpProblem {
  const scope = need === 'ingest' || need === 'read' ? `with scope '${need}' or 'all' ` : '';
  return new HttpProblem(
    401,
    `This needs an API key ${scope}as 'Authorization: Bearer KEY', as 'x-api-key: KEY', or as the password of HTTP Basic.`,
    {
      // Both in one realm, so that a browser asks once and then sends the key with the page's own requests too.
      headers: { 'www-authenticate': ['Basic realm="Tocsin", charset="UTF-8"', 'Bearer realm="Tocsin"'] },
    },
  );
}

/** https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header; `same-site` is another port or subdomain, not us. */
function refuseCrossSite(request: FastifyRequest, ownOrigin: string | undefined): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const foreignOrigin =
    origin !== undefined &&
    origin !== ownOrigin &&
    origin !== `http://${host}` &&
    origin !== `https://${host}`;
  if (foreignSite || foreignOrigin) {
    throw new HttpProblem(
      403,
      `A web page of another origin may not send to this server; send from a program, with an API key where keys are configured.`,
    );
  }
}
