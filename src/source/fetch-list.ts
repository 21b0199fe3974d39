import type { IncomingMessage } from 'node:http';
import { unpack } from '../decode/unpack.ts';
import { get } from './get-public.ts';

/** What a server said of a list when it was fetched last, to ask whether it has changed. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface FetchLimits {
  /** For the whole exchange, redirects and body included. */
  readonly timeoutMs: number;
  /** Of the body, unpacked. */
  readonly mostBytes: number;
}

/** `missing`: what of it did not come, and why, in one clause. */
export type Fetched =
  | {
      readonly type: 'new';
      readonly bytes: Uint8Array;
      readonly validators: Validators;
      readonly missing?: string | undefined;
    }
  | { readonly type: 'unchanged'; readonly missing?: string | undefined }
  | { readonly type: 'failed'; readonly reason: string };

const mostRedirects = 3;

/**
 * Fetches a list over HTTP. The body is unpacked where it is packed, and given up as soon as it is too long. Redirects are followed a few times:
 * never from HTTPS to HTTP, and to another host only where that is one of the internet, so that who answers for a list cannot have
 * internal addresses asked. The URL itself may be internal: the operator wrote it. Only the host of the URL is given the authorization. Never rejects.
 */
export async function fetchList(
  url: string,
  validators: Validators,
  limits: FetchLimits,
  authorization?: string,
): Promise<Fetched> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  const headers = {
    'user-agent': 'Tocsin',
    accept: '*/*',
    ...(validators.etag !== undefined && { 'if-none-match': validators.etag }),
    ...(validators.lastModified !== undefined && { 'if-modified-since': validators.lastModified }),
  };
  try {
    const start = new URL(url);
    let at = start;
    for (let redirects = 0; ; redirects++) {
      const isOwn = at.origin === start.origin;
      const response = await get(at, {
        headers: authorization !== undefined && isOwn ? { ...headers, authorization } : headers,
        signal,
        onlyPublic: !isOwn,
      });
      const { statusCode: status = 0 } = response;
      if (status < 300 || status === 304 || status >= 400) return await readAnswer(response, status, limits);
      response.destroy();
      const { location } = response.headers;
      const next = location === undefined ? null : URL.parse(location, at.href);
      if (next === null) return failed(`HTTP ${status} without an address to go on to`);
      if (redirects === mostRedirects) return failed(`redirected more than ${mostRedirects} times`);
      if (next.protocol !== 'https:' && (next.protocol !== 'http:' || at.protocol === 'https:'))
        return failed(`redirected from ${at.protocol.slice(0, -1)} to ${next.protocol.slice(0, -1)}`);
      at = next;
    }
  } catch (error) {
    return failed(signal.aborted ? tooSlow(limits) : reasonOf(error));
  }
}

async function readAnswer(
  response: IncomingMessage,
  status: number,
  { mostBytes }: FetchLimits,
): Promise<Fetched> {
  if (status !== 200) {
    response.destroy();
    return status === 304 ? { type: 'unchanged' } : failed(`HTTP ${status}`);
  }
  const { etag, 'last-modified': lastModified } = response.headers;
  const bytes = await wholeOf(response, mostBytes);
  return bytes === undefined
    ? failed(tooLong(mostBytes))
    : { type: 'new', bytes, validators: { etag, lastModified } };
}

/** All of a stream, unpacked; undefined where that is more than `mostBytes`. */
export async function wholeOf(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the stream.
  for await (const part of unpack(chunks)) {
    length += part.length;
    if (length > mostBytes) return undefined;
    // The reader may use its memory again.
    parts.push(Uint8Array.from(part));
  }
  return Buffer.concat(parts);
}

export function tooLong(mostBytes: number): string {
  return `has more than ${mostBytes} bytes, which is more than a list is read of`;
}

function failed(reason: string): Fetched {
  return { type: 'failed', reason };
}

function tooSlow({ timeoutMs }: FetchLimits): string {
  return `no whole answer within ${timeoutMs} ms`;
}

/** A connection that breaks off in the middle says nothing but `aborted`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'ECONNRESET' ? 'the connection was terminated' : error.message;
}
