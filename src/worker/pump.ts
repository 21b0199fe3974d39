import { randomUUID } from 'node:crypto';
import type { SourceLog } from '../source/source.ts';
import type { Pending, WorkerBuffer } from './buffer.ts';
import { batchLimits, type WorkerItem } from './protocol.ts';
import type { OutgoingBatch, Sent } from './sender.ts';

export interface PumpOptions {
  readonly buffer: Pick<WorkerBuffer, 'next' | 'taken' | 'waiting'>;
  /** One attempt. */
  readonly send: (batch: OutgoingBatch) => Promise<Sent>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The same, while nothing is to be sent. */
  readonly idle: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onSent?: ((sent: Sent) => void) | undefined;
}

export interface Pump {
  /** Undefined while batches get through, else why they do not. */
  readonly trouble: () => string | undefined;
  /** Ends with the batch in hand. */
  readonly stop: () => Promise<void>;
}

/** The longest first wait, and the longest of all; each is up to twice as long as the one before. In milliseconds. */
export const backoff = { base: 500, cap: 60_000, longestRetryAfter: 600_000 } as const;

/** An empty batch is sent after so long without another, in milliseconds: a quiet worker and a dead one would look the same. */
export const heartbeatMs = 60_000;

/** In bytes of JSON. A controller that is busy asks for less; it never gets more than it asks for, but for a single item. */
const batchBytes = { most: 4 * 1024 * 1024, least: 16 * 1024 } as const;

/** Of an item that the controller does not take, so much is sent in its place. */
const keptOfRefused = 64 * 1024;

type Attempt = 'sent' | { readonly afterMs: number | undefined };

/**
 * Sends what is in the buffer in its order, one batch after the other, until stopped; tries again for as long as it takes. Where nothing
 * waits, it sends heartbeats.
 */
export function startPump(options: PumpOptions): Pump {
  const { buffer, log } = options;
  const stopping = new AbortController();
  let trouble: string | undefined;
  let wished: number = batchBytes.most;
  /** The controller understands this worker's batches, but not what is in one: it is looked for by halves. */
  let mostItems: number = batchLimits.items;
  /** A stream without items, of which the controller need not remember anything. */
  const heartbeat: OutgoingBatch = { stream: randomUUID(), first: 1, items: [], ends: false };
  let waiting: Promise<void> | undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      // What did not get through is tried again, and be it a heartbeat: else it were not known for a minute that the controller is back.
      if (failures === 0) await somethingToSend();
      if (stopping.signal.aborted) return;
      const result = await attempt();
      if (result === 'sent') {
        failures = 0;
        continue;
      }
      failures += 1;
      await options.sleep(waitMs(failures, result.afterMs, options.random), stopping.signal);
    }
  }

  async function somethingToSend(): Promise<void> {
    waiting ??= buffer.waiting(stopping.signal).finally(() => {
      waiting = undefined;
    });
    const over = new AbortController();
    await Promise.race([waiting, options.idle(heartbeatMs, over.signal)]);
    over.abort();
  }

  async function attempt(): Promise<Attempt> {
    try {
      const batch = await buffer.next({ bytes: wished, items: mostItems });
      return await (batch === undefined ? sendHeartbeat() : sendOne(batch));
    } catch (error) {
      fail(`the buffer cannot be read or written: ${error instanceof Error ? error.message : String(error)}`);
      return { afterMs: undefined };
    }
  }

  async function sendOne(batch: Pending): Promise<Attempt> {
    const sent = await send(batch);
    if (sent.type === 'taken') {
      mostItems = Math.min(batchLimits.items, mostItems * 2);
      return took(batch, sent);
    }
    if (sent.type === 'later') {
      fail(sent.reason);
      return { afterMs: sent.afterMs };
    }
    if (batch.items.length > 1) {
      mostItems = Math.max(1, Math.floor(batch.items.length / 2));
      return 'sent';
    }
    return replace(batch, sent.reason);
  }

  async function sendHeartbeat(): Promise<Attempt> {
    const sent = await send(heartbeat);
    if (sent.type === 'taken') {
      throughAgain();
      return 'sent';
    }
    fail(sent.reason);
    return { afterMs: sent.type === 'later' ? sent.afterMs : backoff.cap };
  }

  /** A single item that is not taken must not hold up those behind it for ever: its beginning goes as a rejection with its number. */
  async function replace(batch: Pending, reason: string): Promise<Attempt> {
    const [item = ''] = batch.items;
    const sent = await send({
      ...batch,
      items: [JSON.stringify(refusedItem(item, reason, options.clock()))],
    });
    if (sent.type === 'taken') {
      log.error({ stream: batch.stream, number: batch.first, reason }, 'an item was sent as a rejection');
      return took(batch, sent);
    }
    // The controller does not understand this worker at all: it is kept until somebody has mended one of the two.
    fail(sent.reason);
    return { afterMs: sent.type === 'later' ? sent.afterMs : backoff.cap };
  }

  async function send(batch: OutgoingBatch): Promise<Sent> {
    const sent = await options.send(batch);
    if (sent.maxBytes !== undefined)
      wished = Math.min(batchBytes.most, Math.max(batchBytes.least, sent.maxBytes));
    options.onSent?.(sent);
    return sent;
  }

  async function took(batch: Pending, { taken }: Extract<Sent, { type: 'taken' }>): Promise<'sent'> {
    await buffer.taken(batch.stream, taken.through);
    throughAgain();
    if (taken.refused > 0)
      log.error(
        { refused: taken.refused },
        'the controller does not let this worker speak for some accounts',
      );
    return 'sent';
  }

  function throughAgain(): void {
    if (trouble !== undefined) log.info({}, 'the controller takes batches again');
    trouble = undefined;
  }

  function fail(reason: string): void {
    if (trouble !== reason)
      log.error({ reason }, 'the controller did not take a batch; what is in it is kept and sent again');
    trouble = reason;
  }

  const running = run();
  return {
    trouble: () => trouble,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** As long as the controller asks for, and else anywhere up to a time that doubles: workers that were cut off together come back apart. */
export function waitMs(failures: number, afterMs: number | undefined, random: () => number): number {
  if (afterMs !== undefined)
    return Math.min(backoff.longestRetryAfter, afterMs) + random() * (250 + afterMs * 0.1);
  const most = Math.min(backoff.cap, backoff.base * 2 ** Math.min(failures - 1, 20));
  return most * (0.5 + random() / 2);
}

function refusedItem(json: string, reason: string, at: number): WorkerItem {
  const bytes = Buffer.from(json);
  return {
    type: 'rejection',
    from: { source: 'worker', object: 'buffer', position: 0, receivedAt: at },
    reason: `the controller did not take it from the worker: ${reason}`,
    length: bytes.length,
    bytes: bytes.subarray(0, keptOfRefused).toString('base64'),
  };
}
