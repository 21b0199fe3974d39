import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { batchHeaders } from './protocol.ts';

/** What a signature is over. All of it is in the head of the request, so that a controller knows before it reads a body. */
export interface Signed {
  readonly method: string;
  /** With the query, as it is sent. */
  readonly path: string;
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly batch: string;
  /** `gzip` or `identity`. */
  readonly encoding: string;
  /** SHA-256 of the body as it is sent, in hex. */
  readonly digest: string;
}

/** How far the clocks of worker and controller may differ; a request that is older is not answered. */
export const replayWindowMs = 5 * 60_000;

/** What is further behind than this is an old request, sent again by somebody else, rather than the clock of a worker. */
export const clockToldMs = 24 * 60 * 60_000;

const version = 'tocsin-hmac-sha256-1';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The text that is signed: one part a line. No part can hold a line feed (headers and paths cannot, and the patterns below allow
 * none), so no two requests have the same text.
 */
export function canonicalText({ method, path, worker, time, batch, encoding, digest }: Signed): string {
  return [version, method, path, worker, String(time), batch, encoding, digest].join('\n');
}

/** HMAC-SHA256 of the canonical text, in hex; https://www.rfc-editor.org/rfc/rfc2104 */
export function sign(signed: Signed, key: string): string {
  return createHmac('sha256', key).update(canonicalText(signed)).digest('hex');
}

/** The headers that make a request a batch of this worker. */
export function signedHeaders(signed: Signed, key: string): Record<string, string> {
  return {
    [batchHeaders.worker]: signed.worker,
    [batchHeaders.time]: String(signed.time),
    [batchHeaders.batch]: signed.batch,
    [batchHeaders.digest]: signed.digest,
    [batchHeaders.signature]: `v1=${sign(signed, key)}`,
  };
}

export interface WorkerKeys {
  readonly name: string;
  /** All that are valid now: two, while one takes the place of the other. */
  readonly keys: readonly string[];
}

export type Verified =
  | {
      readonly type: 'worker';
      readonly worker: string;
      readonly batch: string;
      readonly digest: string;
      readonly signature: Buffer;
    }
  /** For the server's own log, never for the sender. */
  | { readonly type: 'refused'; readonly reason: string; readonly clock?: WrongClock };

/** Of a request that a worker has signed itself, at a time that is not to be believed. */
export interface WrongClock {
  readonly worker: string;
  /** By how much its time is ahead of ours; below zero where it is behind. */
  readonly aheadMs: number;
  readonly signature: Buffer;
}

/**
 * Makes a function that tells which worker sent a request, from its head alone. Whoever gets in does so by a signature; a wrong name, time
 * or key cost the same: as many signatures as a worker may have keys.
 */
export function verifier(
  workers: readonly WorkerKeys[],
  now: () => number,
): (request: { method: string; path: string; headers: IncomingHttpHeaders }) => Verified {
  const known = new Map(workers.map((worker) => [worker.name, worker.keys]));
  return ({ method, path, headers }) => {
    const worker = one(headers, batchHeaders.worker, /^[a-z0-9][a-z0-9-]{0,62}$/);
    const time = one(headers, batchHeaders.time, /^\d{13}$/);
    const batch = one(headers, batchHeaders.batch, /^[A-Za-z0-9-]{8,64}:\d{1,16}\+\d{1,9}$/);
    const digest = one(headers, batchHeaders.digest, /^[0-9a-f]{64}$/);
    const signature = one(headers, batchHeaders.signature, /^v1=[0-9a-f]{64}$/);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (!worker || !time || !batch || !digest || !signature)
      return refused('a header is missing or malformed');
    const given = Buffer.from(signature.slice(3), 'hex');
    const signed = { method, path, worker, time: Number(time), batch, encoding, digest };
    let fits = false;
    const keys = known.get(worker) ?? [];
    for (const key of [...keys, nobody, nobody].slice(0, Math.max(keys.length, mostKeys))) {
      const expected = Buffer.from(sign(signed, key), 'hex');
      // Every key is compared, in the same time whether and wherever one fits.
      if (timingSafeEqual(given, expected) && key !== nobody) fits = true;
    }
    if (!known.has(worker)) return refused('no worker of this name is configured');
    if (!fits) return refused(`the signature of worker '${worker}' fits none of its keys`);
    const aheadMs = signed.time - now();
    const off = Math.abs(aheadMs);
    if (off > replayWindowMs) {
      const reason = `the clock of worker '${worker}' is off by ${Math.round(off / 1000)} s, or a batch is replayed`;
      return aheadMs < -clockToldMs
        ? refused(reason)
        : { type: 'refused', reason, clock: { worker, aheadMs, signature: given } };
    }
    return { type: 'worker', worker, batch, digest, signature: given };
  };
}

/** One that is valid, and the one that takes its place. */
export const mostKeys = 2;

/** What is signed with where a worker has fewer keys, or there is none of that name; too short to be a key, and never one that fits. */
const nobody = 'nobody';

function refused(reason: string): Verified {
  return { type: 'refused', reason };
}

/** Node joins headers that come twice with a comma, which no pattern allows. */
function one(headers: IncomingHttpHeaders, name: string, pattern: RegExp): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}
