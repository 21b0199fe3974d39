import { unpack } from '../decode/unpack.ts';

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

export type Fetched =
  | { readonly type: 'new'; readonly bytes: Uint8Array; readonly validators: Validators }
  | { readonly type: 'unchanged' }
  | { readonly type: 'failed'; readonly reason: string };

const mostRedirects = 3;

/**
 * Fetches a list over HTTP. Redirects are followed a few times and never from HTTPS to HTTP. The body is unpacked where it is packed, and given up
 * as soon as it is too long. Never rejects.
 */
export async function fetchList(url: string, validators: Validators, limits: FetchLimits): Promise<Fetched> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  const headers = new Headers({ 'user-agent': 'Tocsin' });
  if (validators.etag !== undefined) headers.set('if-none-match', validators.etag);
  if (validators.lastModified !== undefined) headers.set('if-modified-since', validators.lastModified);
  try {
    let at = new URL(url);
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(at, { headers, redirect: 'manual', signal });
      if (response.status < 300 || response.status === 304 || response.status >= 400)
        return await readAnswer(response, limits);
      await response.body?.cancel();
      const location = response.headers.get('location');
      const next = location === null ? null : URL.parse(location, at.href);
      if (next === null) return failed(`HTTP ${response.status} without an address to go on to`);
      if (redirects === mostRedirects) return failed(`redirected more than ${mostRedirects} times`);
      if (next.protocol !== 'https:' && (next.protocol !== 'http:' || at.protocol === 'https:'))
        return failed(`redirected from ${at.protocol.slice(0, -1)} to ${next.protocol.slice(0, -1)}`);
      at = next;
    }
  } catch (error) {
    return failed(reasonOf(error, limits.timeoutMs));
  }
}

async function readAnswer(response: Response, { mostBytes }: FetchLimits): Promise<Fetched> {
  if (response.status === 304) return { type: 'unchanged' };
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    return failed(`HTTP ${response.status}`);
  }
  const bytes = await wholeOf(response.body, mostBytes);
  if (bytes === undefined) return failed(tooLong(mostBytes));
  const validators = {
    etag: response.headers.get('etag') ?? undefined,
    lastModified: response.headers.get('last-modified') ?? undefined,
  };
  return { type: 'new', bytes, validators };
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

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no whole answer within ${timeoutMs} ms`;
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
