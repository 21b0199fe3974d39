import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBuffer, type WorkerBuffer } from './buffer.ts';
import type { Taken, WorkerItem } from './protocol.ts';
import { backoff, heartbeatMs, startPump, waitMs, type Pump, type PumpOptions } from './pump.ts';
import type { OutgoingBatch, Sent } from './sender.ts';

let folder: string;
let buffer: WorkerBuffer;
let pump: Pump | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-pump-'));
  buffer = await openBuffer({ folder, maxBytes: 1e7, whenFull: 'wait', clock: () => 0 });
});
afterEach(async () => {
  await pump?.stop();
  await buffer.close();
  rmSync(folder, { recursive: true, force: true });
});

const item = (count: number): WorkerItem => ({ type: 'lost', count, reason: 'r', at: 0 });
const numbers = (batch: OutgoingBatch): number[] =>
  batch.items.map((json) => {
    const { count = 0 } = JSON.parse(json) as { count?: number };
    return count;
  });
const none: Taken = { through: 0, taken: 0, repeated: 0, refused: 0, alerts: 0, unconfirmed: 0 };
const took = (batch: OutgoingBatch, maxBytes?: number): Sent => ({
  type: 'taken',
  taken: { ...none, through: batch.first + batch.items.length - 1, taken: batch.items.length },
  maxBytes,
});
const later = (afterMs?: number): Sent => ({ type: 'later', reason: 'away', afterMs, maxBytes: undefined });

const forEver = (): Promise<void> => new Promise(() => {});

/** Runs a controller of the test's own until it has taken what `until` waits for; gives the waits between. */
async function run(
  answer: (batch: OutgoingBatch, attempt: number) => Sent,
  items: number,
): Promise<number[]> {
  await buffer.append(Array.from({ length: items }, (_, i) => item(i + 1)));
  const waits: number[] = [];
  let attempt = 0;
  let left = items;
  await new Promise<void>((done) => {
    pump = startPump({
      buffer,
      send: async (batch) => answer(batch, (attempt += 1)),
      random: () => 0.5,
      clock: () => 0,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      sleep: async (ms) => void waits.push(ms),
      idle: forEver,
      onSent: (sent) => {
        if (sent.type === 'taken') left -= sent.taken.taken;
        if (left <= 0) done();
      },
    });
  });
  return waits;
}

describe('the pump', () => {
  it('sends again what did not get through, waits longer each time, and tells why', async () => {
    const troubles: (string | undefined)[] = [];
    const seen: number[][] = [];
    const waits = await run((batch, attempt) => {
      troubles.push(pump?.trouble());
      seen.push(numbers(batch));
      return attempt <= 3 ? later() : took(batch);
    }, 2);
    expect(seen).toEqual(Array.from({ length: 4 }, () => [1, 2]));
    expect(waits).toEqual([375, 750, 1500]);
    expect(troubles.slice(1)).toEqual(['away', 'away', 'away']);
  });

  it('waits as long as the controller asks for, and sends as little at a time', async () => {
    const lengths: number[] = [];
    const waits = await run((batch, attempt) => {
      lengths.push(batch.items.length);
      return attempt === 1 ? { ...later(3_000), maxBytes: 16 * 1024 } : took(batch, 16 * 1024);
    }, 1_000);
    expect(waits[0]).toBeGreaterThanOrEqual(3_000);
    expect(lengths[0]).toBe(1_000);
    expect(Math.max(...lengths.slice(1))).toBeLessThan(500);
  });

  it('finds the one item that is refused, sends it as a rejection with its number, and the others as they are', async () => {
    const takenItems: unknown[] = [];
    await run((batch) => {
      if (numbers(batch).includes(5)) return { type: 'refused', reason: 'HTTP 400: no', maxBytes: undefined };
      takenItems.push(...batch.items.map((json) => JSON.parse(json) as unknown));
      return took(batch);
    }, 8);
    expect(takenItems).toHaveLength(8);
    expect(takenItems[4]).toMatchObject({
      type: 'rejection',
      reason: 'the controller did not take it from the worker: HTTP 400: no',
      bytes: Buffer.from(JSON.stringify(item(5))).toString('base64'),
    });
  });

  it('keeps everything while the controller understands nothing', async () => {
    let understands = false;
    let refusals = 0;
    const waits = await run((batch) => {
      if (understands) return took(batch);
      refusals += 1;
      understands = refusals === 4;
      return { type: 'refused', reason: 'HTTP 400: another version', maxBytes: undefined };
    }, 2);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(backoff.cap);
  });
});

describe('a pump that has nothing to send', () => {
  /** Each wait for something to send, as long as it lasts. */
  interface Wait {
    readonly ms: number;
    readonly signal: AbortSignal;
    readonly isOver: () => void;
  }

  function startIdle(change: Partial<PumpOptions> = {}) {
    const waits: Wait[] = [];
    let told = (): void => {};
    pump = startPump({
      buffer,
      send: async (batch) => took(batch),
      random: () => 0.5,
      clock: () => 0,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      sleep: async () => {},
      idle: (ms, signal) =>
        new Promise((isOver) => {
          waits.push({ ms, signal, isOver });
          told();
        }),
      ...change,
    });
    return {
      /** The wait with this number, from 1. */
      wait: async (number: number): Promise<Wait> => {
        for (;;) {
          const wait = waits[number - 1];
          if (wait !== undefined) return wait;
          await new Promise<void>((resolve) => {
            told = resolve;
          });
        }
      },
    };
  }

  it('sends an empty batch after each minute, of one stream, and nothing before', async () => {
    const sent: OutgoingBatch[] = [];
    const { wait } = startIdle({
      send: async (batch) => {
        sent.push(batch);
        return took(batch);
      },
    });
    const first = await wait(1);
    expect([first.ms, sent]).toEqual([heartbeatMs, []]);
    first.isOver();
    (await wait(2)).isOver();
    await wait(3);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatchObject({ first: 1, items: [], ends: false });
    expect(sent[1]).toEqual(sent[0]);
  });

  it('waits a minute anew after each batch, and sends what comes at once', async () => {
    const sent: number[][] = [];
    const { wait } = startIdle({
      send: async (batch) => {
        sent.push(numbers(batch));
        return took(batch);
      },
    });
    const first = await wait(1);
    await buffer.append([item(7)]);
    const second = await wait(2);
    expect(sent).toEqual([[7]]);
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
    second.isOver();
    await wait(3);
    await buffer.append([item(8)]);
    await wait(4);
    expect(sent).toEqual([[7], [], [8]]);
  });

  it.each<[string, Sent]>([
    ['does not answer', later()],
    ['understands no empty batches', { type: 'refused', reason: 'away', maxBytes: undefined }],
  ])('says so where the controller %s, and tries again until it does', async (_, refused) => {
    const troubles: (string | undefined)[] = [];
    const { wait } = startIdle({
      send: async (batch) => {
        troubles.push(pump?.trouble());
        return troubles.length <= 3 ? refused : took(batch);
      },
    });
    (await wait(1)).isOver();
    await wait(2);
    expect(troubles).toEqual([undefined, 'away', 'away', 'away']);
    expect(pump?.trouble()).toBeUndefined();
  });

  it('stops while it waits', async () => {
    const { wait } = startIdle();
    const { signal } = await wait(1);
    await pump?.stop();
    expect(signal.aborted).toBe(true);
  });
});

describe('the wait after failures', () => {
  it.each([
    [1, 0, 250],
    [1, 0.999, 500],
    [4, 0.999, 4_000],
    [40, 0.999, 60_000],
  ])('number %i, with %f as chance, is about %i ms', (failures, random, expected) => {
    expect(waitMs(failures, undefined, () => random)).toBeCloseTo(expected, -2);
  });

  it('is never shorter than what the controller asks for, and ends some time', () => {
    expect(waitMs(1, 5_000, () => 0)).toBe(5_000);
    expect(waitMs(1, 1e9, () => 0)).toBe(backoff.longestRetryAfter);
  });
});
