import fc from 'fast-check';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BufferFullError, openBuffer, type BufferOptions, type WorkerBuffer } from './buffer.ts';
import { encodeLine } from './line-log.ts';
import type { WorkerItem } from './protocol.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-buffer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened: WorkerBuffer[] = [];
afterEach(async () => {
  for (const buffer of opened.splice(0)) await buffer.close();
});

/** One that was opened before is left as a crash leaves it: closing writes nothing. */
async function open(change: Partial<BufferOptions> = {}): Promise<WorkerBuffer> {
  const buffer = await openBuffer({
    folder,
    maxBytes: 1_000_000,
    whenFull: 'wait',
    clock: () => 1_795_262_400_000,
    ...change,
  });
  opened.push(buffer);
  return buffer;
}

const item = (count: number, padding = 0): WorkerItem => ({
  type: 'lost',
  count,
  reason: 'x'.repeat(1 + padding),
  at: 0,
});
const plenty = { bytes: 1_000_000, items: 1_000 };
const counts = (items: readonly string[] = []): number[] =>
  items.map((json) => (JSON.parse(json) as { count: number }).count);
const logs = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.log'));
const logFile = (): string => join(folder, logs()[0] ?? '');

/** Everything that waits, taken as a controller would. */
async function drain(buffer: WorkerBuffer, atOnce = 3): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    const pending = await buffer.next({ bytes: 1_000_000, items: atOnce });
    if (pending === undefined) return all;
    all.push(...counts(pending.items));
    await buffer.taken(pending.stream, pending.first + pending.items.length - 1);
  }
}

describe('the buffer', () => {
  it('gives what was put in, in its order, until it is taken, and numbers it from 1', async () => {
    const buffer = await open();
    await buffer.append([item(1), item(2)]);
    await buffer.append([item(3)]);
    const first = await buffer.next(plenty);
    expect(first).toMatchObject({ first: 1, ends: false });
    expect(counts(first?.items)).toEqual([1, 2, 3]);
    await buffer.taken(first?.stream ?? '', 2);
    const rest = await buffer.next(plenty);
    expect(rest).toMatchObject({ stream: first?.stream, first: 3 });
    expect(counts(rest?.items)).toEqual([3]);
    await buffer.taken(first?.stream ?? '', 3);
    expect(await buffer.next(plenty)).toBeUndefined();
  });

  it('keeps to the limits of a batch, but gives one item however long it is', async () => {
    const buffer = await open();
    await buffer.append([item(1, 500_000), item(2), item(3)]);
    expect(counts((await buffer.next({ bytes: 10, items: 1_000 }))?.items)).toEqual([1]);
    const { stream = '' } = (await buffer.next(plenty)) ?? {};
    await buffer.taken(stream, 1);
    expect(counts((await buffer.next({ bytes: 1_000, items: 1 }))?.items)).toEqual([2]);
  });

  it('goes on after a crash where the controller was, and begins a stream of its own', async () => {
    const before = await open();
    await before.append([item(1), item(2), item(3)]);
    const { stream = '' } = (await before.next(plenty)) ?? {};
    await before.taken(stream, 2);
    const after = await open();
    await after.append([item(4)]);
    const left = await after.next(plenty);
    expect(left).toMatchObject({ stream, first: 3, ends: true });
    expect(counts(left?.items)).toEqual([3]);
    await after.taken(stream, 3);
    const own = await after.next(plenty);
    expect(own).toMatchObject({ first: 1, ends: false });
    expect(own?.stream).not.toBe(stream);
    expect(counts(own?.items)).toEqual([4]);
    expect(logs()).toHaveLength(1);
  });

  it('sends again from the beginning where it was not written down how far the controller was', async () => {
    const before = await open();
    await before.append([item(1), item(2)]);
    const { stream = '' } = (await before.next(plenty)) ?? {};
    await before.taken(stream, 1);
    writeFileSync(join(folder, 'taken.json'), '{"stream":');
    const after = await open();
    expect(counts((await after.next(plenty))?.items)).toEqual([1, 2]);
    // The controller knows better.
    await after.taken(stream, 2);
    expect(await after.next(plenty)).toBeUndefined();
  });

  it('passes over a line that was never written to its end', async () => {
    await (await open()).append([item(1)]);
    appendFileSync(logFile(), encodeLine(JSON.stringify(item(2))).subarray(0, -5));
    expect(await drain(await open())).toEqual([1]);
  });

  it('sends word of a damaged item in its place, so that no number is missing', async () => {
    await (await open()).append([item(1), item(2), item(3)]);
    const bytes = readFileSync(logFile());
    bytes[bytes.indexOf('"count":2') + 8] = 0x37;
    writeFileSync(logFile(), bytes);
    const pending = await (await open()).next(plenty);
    expect(pending?.items.map((json) => JSON.parse(json) as object)).toMatchObject([
      { count: 1, reason: 'x' },
      { count: 1, reason: 'it was damaged in the buffer' },
      { count: 3, reason: 'x' },
    ]);
  });

  it('refuses what it has no room for, whole, and takes it when the controller has taken something', async () => {
    const buffer = await open({ maxBytes: 1_000 });
    await buffer.append([item(1, 400)]);
    await buffer.append([item(2, 300)]);
    await expect(buffer.append([item(3, 300), item(4)])).rejects.toThrow(BufferFullError);
    expect(buffer.counters()).toMatchObject({ lost: 0 });
    const { stream = '' } = (await buffer.next(plenty)) ?? {};
    await buffer.taken(stream, 1);
    await buffer.append([item(3, 300), item(4)]);
    expect(await drain(buffer)).toEqual([2, 3, 4]);
  });

  it('drops the oldest where it may, counts them, and tells the controller', async () => {
    const buffer = await open({ maxBytes: 1_000, whenFull: 'drop-oldest' });
    await buffer.append([item(1, 350), item(2)]);
    await buffer.append([item(3, 350)]);
    await buffer.append([item(4, 350)]);
    expect(buffer.counters().lost).toBe(2);
    const told: unknown[] = [];
    for (let pending = await buffer.next(plenty); pending; pending = await buffer.next(plenty)) {
      told.push(...pending.items.map((json) => JSON.parse(json) as unknown));
      await buffer.taken(pending.stream, pending.first + pending.items.length - 1);
    }
    expect(told).toMatchObject([
      { count: 3 },
      { count: 4 },
      { count: 2, reason: 'the buffer was full (1000 bytes), and the oldest were dropped' },
    ]);
  });

  it('wakes who waits when something comes', async () => {
    const buffer = await open();
    const woken = buffer.waiting(new AbortController().signal);
    await buffer.append([item(1)]);
    await woken;
    const stopping = new AbortController();
    stopping.abort();
    await (await open({ folder: join(folder, 'other') })).waiting(stopping.signal);
  });

  it('loses nothing, doubles nothing and keeps the order, whatever happens between', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('append' as const),
        sizes: fc.array(fc.nat(300), { minLength: 1, maxLength: 5 }),
      }),
      fc.record({
        do: fc.constant('take' as const),
        items: fc.integer({ min: 1, max: 6 }),
        bytes: fc.nat(600),
      }),
      fc.record({ do: fc.constant('crash' as const), torn: fc.nat(40) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        rmSync(folder, { recursive: true, force: true });
        // Small, so that there are many files.
        const small = { maxBytes: 4_000 };
        let buffer = await open(small);
        let next = 1;
        const put: number[] = [];
        const got: number[] = [];
        for (const each of steps) {
          if (each.do === 'append') {
            const items = each.sizes.map((size) => item(next++, size));
            const kept = await buffer.append(items).then(
              () => true,
              (error: unknown) => {
                if (error instanceof BufferFullError) return false;
                throw error;
              },
            );
            if (kept) put.push(...items.map((one) => (one.type === 'lost' ? one.count : 0)));
          } else if (each.do === 'take') {
            const pending = await buffer.next(each);
            if (pending === undefined) continue;
            got.push(...counts(pending.items));
            await buffer.taken(pending.stream, pending.first + pending.items.length - 1);
          } else {
            const last = logs().at(-1);
            if (last !== undefined)
              appendFileSync(join(folder, last), encodeLine(JSON.stringify(item(0))).subarray(0, each.torn));
            buffer = await open(small);
          }
        }
        got.push(...(await drain(buffer)));
        expect(got).toEqual(put);
        expect(buffer.counters().lost).toBe(0);
        for (const each of opened.splice(0)) await each.close();
      }),
      { numRuns: 60 },
    );
  });
});
