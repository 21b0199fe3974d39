import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Fetch } from './send.ts';

/** Less than the five seconds after which servers commonly close what is idle: a call on a connection that is just being closed fails. */
const idleMs = 4_000;

/**
 * HTTP calls over connections that are kept open, as deliveries need them: no redirect is followed, nothing is unpacked. What `globalThis.fetch` does
 * besides takes more processor time than all else of a delivery, and alerts that come at once wait for it.
 */
export function overKeptConnections(): Fetch {
  const kept = {
    keepAlive: true,
    timeout: idleMs,
    // As Node's own calls do: https://nodejs.org/api/http.html#built-in-proxy-support
    ...(process.env.NODE_USE_ENV_PROXY === '1' && { proxyEnv: process.env }),
  };
  const http = new HttpAgent(kept);
  const https = new HttpsAgent(kept);
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...usualHeaders, ...headers, ...length }, signal };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, agent: https })
        : requestHttp(url, { ...options, agent: http });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
    const answer = await promise;
    return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: answer };
  };
}

/** Some receivers turn away whoever does not say who calls. */
const usualHeaders = { accept: '*/*', 'user-agent': 'tocsin' };

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  return headers;
}
