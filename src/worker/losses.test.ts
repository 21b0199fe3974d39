import fc from 'fast-check';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBuffer, type Pending, type WorkerBuffer } from './buffer.ts';
import { encodeLine } from './line-log.ts';
import type { WorkerItem } from './protocol.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-losses-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened: WorkerBuffer[] = [];
async function closeAll(): Promise<void> {
  for (const buffer of opened.splice(0)) await buffer.close();
}
afterEach(closeAll);

/** One that was opened before is left as SIGKILL leaves it: closing writes nothing. */
async function open(maxBytes = 4_000): Promise<WorkerBuffer> {
  const buffer = await openBuffer({ folder, maxBytes, whenFull: 'drop-oldest', clock: () => 0 });
  opened.push(buffer);
  return buffer;
}

const item = (padding = 0): WorkerItem => ({
  type: 'rejection',
  from: { source: 'file', object: 'a.json', position: 0, receivedAt: 0 },
  reason: 'x'.repeat(1 + padding),
  length: 0,
  bytes: '',
});
const items = (count: number): WorkerItem[] => Array.from({ length: count }, () => item());

/** Counts what comes to it, each number of a stream once, as a controller does. */
function controller() {
  const throughs = new Map<string, number>();
  const seen = { taken: 0, lost: [] as number[] };
  return {
    seen,
    total: () => seen.lost.reduce((sum, count) => sum + count, seen.taken),
    take: ({ stream, first, items: sent }: Pending): number => {
      const before = throughs.get(stream) ?? 0;
      for (const json of sent.slice(Math.max(0, before - first + 1))) {
        const read = JSON.parse(json) as WorkerItem;
        if (read.type === 'lost') seen.lost.push(read.count);
        else seen.taken += 1;
      }
      const through = Math.max(before, first + sent.length - 1);
      throughs.set(stream, through);
      return through;
    },
  };
}

async function drain(
  buffer: WorkerBuffer,
  to = controller(),
): Promise<ReturnType<typeof controller>['seen']> {
  for (;;) {
    const pending = await buffer.next({ bytes: 1_000_000, items: 3 });
    if (pending === undefined) return to.seen;
    await buffer.taken(pending.stream, to.take(pending));
  }
}

const logs = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.log'));

describe('what was dropped', () => {
  it('is told with its whole count, however often there was no room, and once', async () => {
    const buffer = await open();
    for (let i = 0; i < 200; i++) await buffer.append(items(2));
    const { taken, lost } = await drain(buffer);
    expect(lost).toEqual([400 - taken]);
    expect(lost).toEqual([buffer.counters().lost]);
    expect(await buffer.next({ bytes: 1_000, items: 1 })).toBeUndefined();
    expect((await drain(await open())).lost).toEqual([]);
  });

  it('is told after a kill, too, also where nothing comes any more', async () => {
    const before = await open();
    for (let i = 0; i < 100; i++) await before.append(items(2));
    const after = await open();
    await after.waiting(new AbortController().signal);
    const { taken, lost } = await drain(after);
    expect(lost).toEqual([200 - taken]);
  });

  it('is told behind what was there when it was dropped, and before what comes after', async () => {
    const buffer = await open();
    while (buffer.counters().lost === 0) await buffer.append(items(1));
    const waited = logs().length;
    const kinds: string[] = [];
    for (let sent = 0; !kinds.includes('lost'); sent++) {
      expect(sent).toBeLessThanOrEqual(waited * 10);
      const pending = await buffer.next({ bytes: 1_000_000, items: 10 });
      kinds.push(...(pending?.items ?? []).map((json) => (JSON.parse(json) as WorkerItem).type));
      await buffer.taken(pending?.stream ?? '', (pending?.first ?? 0) + (pending?.items.length ?? 0) - 1);
      // As much comes as goes: it is never empty.
      await buffer.append(items(pending?.items.length ?? 0));
    }
    expect(kinds).toContain('rejection');
  });

  it('is neither sent nor told twice where the process was killed before the file was removed', async () => {
    const buffer = await open();
    let put = 0;
    const before = `${folder}-before`;
    while (buffer.counters().lost === 0) {
      rmSync(before, { recursive: true, force: true });
      cpSync(folder, before, { recursive: true });
      await buffer.append(items(1));
      put += 1;
    }
    for (const name of readdirSync(before))
      if (name.endsWith('.log') && !logs().includes(name))
        copyFileSync(join(before, name), join(folder, name));
    rmSync(before, { recursive: true, force: true });
    const { taken, lost } = await drain(await open());
    expect(lost).toHaveLength(1);
    expect(taken + (lost[0] ?? 0)).toBe(put);
  });

  it('counts with all that earlier versions told of in lines that are dropped themselves', async () => {
    const line = (change: object) => encodeLine(JSON.stringify({ ...item(), ...change }));
    const reason = 'the buffer was full (4000 bytes), and the oldest were dropped';
    const told = encodeLine(JSON.stringify({ type: 'lost', count: 40, reason, at: 0 }));
    const name = (number: number) =>
      join(folder, `000000000${number}-0000000000000-00000000-0000-4000-8000-00000000000${number}.log`);
    // The first may have been sent by the process before, and is kept.
    writeFileSync(name(1), line({}));
    writeFileSync(name(2), Buffer.concat([line({}), told]));
    const buffer = await open();
    await buffer.append([item(3_500)]);
    expect((await drain(buffer)).lost).toEqual([41]);
  });

  it('is not what is being sent, as long as anything else can go', async () => {
    const buffer = await open();
    await buffer.append(items(5));
    const to = controller();
    const pending = await buffer.next({ bytes: 1_000_000, items: 5 });
    for (let i = 0; i < 100; i++) await buffer.append(items(2));
    if (pending !== undefined) await buffer.taken(pending.stream, to.take(pending));
    await drain(buffer, to);
    expect(to.total()).toBe(205);
  });

  it('is not told where it had been taken after all', async () => {
    const buffer = await open();
    await buffer.append(items(5));
    const to = controller();
    const pending = await buffer.next({ bytes: 1_000_000, items: 3 });
    await buffer.append([item(3_800)]);
    expect(buffer.counters().lost).toBe(5);
    if (pending !== undefined) await buffer.taken(pending.stream, to.take(pending));
    expect(await drain(buffer, to)).toEqual({ taken: 4, lost: [2] });
    expect(buffer.counters().lost).toBe(2);
  });

  it('is nothing where what comes is longer than the whole buffer', async () => {
    const buffer = await open();
    await buffer.append(items(5));
    await expect(buffer.append([item(5_000)])).rejects.toThrow('the buffer is full');
    expect(await drain(buffer)).toEqual({ taken: 5, lost: [] });
  });

  it('is told of also where the file with its count was damaged', async () => {
    writeFileSync(join(folder, 'lost.json'), '{"losses":');
    const buffer = await open();
    await buffer.append(items(1));
    expect(await drain(buffer)).toEqual({ taken: 1, lost: [1] });
    expect((await drain(await open())).lost).toEqual([]);
  });

  it('and what was taken are all that was put in, whatever happens between', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 3 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('take' as const), items: fc.integer({ min: 1, max: 6 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constantFrom('lose the answer', 'lose the request', 'kill') }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 120 }), async (steps) => {
        rmSync(folder, { recursive: true, force: true });
        let buffer = await open(2_000);
        const to = controller();
        let put = 0;
        for (const each of steps) {
          if ('count' in each) {
            await buffer.append(items(each.count));
            put += each.count;
          } else if (each.do === 'kill') {
            buffer = await open(2_000);
          } else {
            const pending = await buffer.next({ bytes: 1_000_000, items: 'items' in each ? each.items : 3 });
            if (pending === undefined || each.do === 'lose the request') continue;
            const through = to.take(pending);
            if (each.do === 'take') await buffer.taken(pending.stream, through);
          }
        }
        await drain(buffer, to);
        expect(to.total()).toBe(put);
        await closeAll();
      }),
      { numRuns: 60 },
    );
  });
});
