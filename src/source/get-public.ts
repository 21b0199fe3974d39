import { lookup as lookUp } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '../web/address.ts';

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Refuses every address that is not one of the internet, as the host's name is looked up for this connection and no other. */
  readonly onlyPublic: boolean;
}

/**
 * Asks for a URL and resolves with the head of the answer; the body is still to be read. Redirects are not followed. What a name stands for
 * is checked in the connection itself, so that a name that is looked up twice cannot lead to two places.
 * @throws {Error} where there is no answer, or only an address that may not be asked
 */
export function get(url: URL, { headers, signal, onlyPublic }: GetOptions): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  // An address needs no looking up, and then `lookup` is never called.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  if (onlyPublic && isAddress && !isPublicAddress(host)) return Promise.reject(new Error(internal(host)));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      headers,
      signal,
      // A connection that was kept from before would be one whose address nobody has looked at.
      agent: false,
      ...(onlyPublic && { lookup: publicOnly }),
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

const publicOnly: LookupFunction = (host, options, done) => {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '', 0);
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    const [first] = addresses;
    if (hidden !== undefined) return done(new Error(internal(`${host} (${hidden.address})`)), '', 0);
    if (first === undefined) return done(new Error(`${host} has no address`), '', 0);
    if (options.all === true) return done(null, addresses);
    done(null, first.address, first.family);
  });
};

function internal(what: string): string {
  return `was sent on to ${what}, which is no address of the internet; that is not followed`;
}
