import type { Requests } from '../event/requests.ts';
import { parseAddress, wordsInAddress } from './address.ts';
import { forwardedClient } from './forwarded.ts';
import { networksOf } from './networks.ts';

/**
 * Reads who sent a request: the other end of the connection, or where that is one of `proxies` the last hop of `X-Forwarded-For` that is none.
 * What it gives writes the address of a row into `into` from `at` on, and says whether there is one.
 */
export function addressReader(
  proxies: readonly string[],
): (requests: Requests, row: number, into: Uint32Array, at: number) => boolean {
  const networks = networksOf(proxies);
  const hasProxies = proxies.length > 0;
  const address = new Uint32Array(wordsInAddress);
  return ({ bytes, text }, row, into, at) => {
    const { start, end } = text.client;
    const isReadable = parseAddress(bytes, start[row] ?? 0, end[row] ?? 0, into, at);
    if (!hasProxies || !isReadable || !networks.has(into, at)) return isReadable;
    const from = text.forwarded.start[row] ?? 0;
    const to = text.forwarded.end[row] ?? 0;
    // Without the header the proxy speaks for itself, as in a health check.
    if (to <= from) return true;
    const isForwarded = forwardedClient(bytes, from, to, networks, address);
    into.set(address, at);
    return isForwarded;
  };
}
