import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sendRequest, type Transport } from '../notify/send.ts';
import { batchBody, batchHeaders, batchName, batchPath, takenSchema, type Taken } from './protocol.ts';
import { sha256, signedHeaders } from './signature.ts';

export interface Controller {
  /** `https://tocsin.example.com`, with whatever path a proxy wants before the controller's own. */
  readonly url: string;
  readonly worker: string;
  readonly key: string;
}

/** Items of one stream, each as JSON. */
export interface OutgoingBatch {
  readonly stream: string;
  readonly first: number;
  readonly items: readonly string[];
  readonly ends: boolean;
}

/** What came of an attempt. `maxBytes` is the longest unpacked body that the controller asks for. */
export type Sent = { readonly maxBytes: number | undefined } & (
  | { readonly type: 'taken'; readonly taken: Taken }
  /** Again after a time, the same. */
  | { readonly type: 'later'; readonly reason: string; readonly afterMs: number | undefined }
  /** Not like this: too long, or not understood. */
  | { readonly type: 'refused'; readonly reason: string }
);

/** Shorter bodies gain nothing by it. */
const packFrom = 1024;

const pack = promisify(gzip);

/** Signs a batch and sends it: one attempt. Never rejects. */
export async function sendBatch(
  { url, worker, key }: Controller,
  batch: OutgoingBatch,
  transport: Transport,
): Promise<Sent> {
  const plain = Buffer.from(batchBody(batch, batch.items));
  const isPacked = plain.length >= packFrom;
  const body = isPacked ? await pack(plain) : plain;
  const signed = {
    method: 'POST',
    path: batchPath,
    worker,
    time: signingTime(transport.now()),
    batch: batchName(batch.stream, batch.first, batch.items.length),
    encoding: isPacked ? 'gzip' : 'identity',
    digest: sha256(body),
  };
  const exchange = await sendRequest(
    {
      url: `${url.replace(/\/+$/, '')}${batchPath}`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
        ...signedHeaders(signed, key),
      },
      body,
    },
    transport,
  );
  if (exchange.type !== 'response')
    return { type: 'later', reason: hinted(exchange.reason), afterMs: undefined, maxBytes: undefined };
  const { status, headers, retryAfterMs: afterMs } = exchange.response;
  const maxBytes = sizeIn(headers.get(batchHeaders.maxBytes));
  if (status === 200) {
    const taken = takenSchema.safeParse(parsed(exchange.response.body));
    if (taken.success) return { type: 'taken', taken: taken.data, maxBytes };
    return { type: 'later', reason: 'what answers at the address is no controller', afterMs, maxBytes };
  }
  if (status === 400 || status === 413 || status === 415)
    return { type: 'refused', reason: `HTTP ${status}: ${detailOf(exchange.response.body)}`, maxBytes };
  return { type: 'later', reason: `HTTP ${status} from the controller`, afterMs, maxBytes };
}

/** Of the last attempt. */
let lastSigned = 0;

/**
 * A controller takes each signed request once: two attempts at the same batch must not look alike, even where the clock stands or is set back
 * a little. Set back by more it is followed, as the controller's window is narrow.
 */
function signingTime(now: number): number {
  const isAhead = lastSigned >= now && lastSigned - now < 1_000;
  lastSigned = isAhead ? lastSigned + 1 : now;
  return lastSigned;
}

/** A controller says nothing to who is not authenticated, so that a person has to be told what that may mean. */
function hinted(reason: string): string {
  return reason.endsWith('the connection was cut off')
    ? `${reason}; a controller does that where the worker's name or key is wrong, or the clocks differ by more than 5 minutes`
    : reason;
}

function sizeIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,10}$/.test(header) ? Number(header) : undefined;
}

function detailOf(body: string): string {
  const value = parsed(body);
  return typeof value === 'object' && value !== null && 'detail' in value && typeof value.detail === 'string'
    ? value.detail.slice(0, 500)
    : 'no reason given';
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
