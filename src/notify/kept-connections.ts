import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Fetch } from './send.ts';

/**
 * An HTTP call as deliveries need it: no redirect is followed, nothing is unpacked. Through Node's own agents, which keep connections open for those
 * that follow, and know of proxies where Node is told to use them. What `globalThis.fetch` does besides takes more processor time than all else of a
 * delivery, and alerts that come at once wait for it.
 */
export const overKeptConnections: Fetch = async (address, { method, headers, body, signal }) => {
  const url = new URL(address);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...usualHeaders, ...headers, ...length },
    signal,
  });
  request.on('response', resolve);
  request.on('error', reject);
  request.end(body);
  const answer = await promise;
  return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: answer };
};

/** Some receivers turn away whoever does not say who calls. */
const usualHeaders = { accept: '*/*', 'user-agent': 'tocsin' };

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  return headers;
}
