import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteFile } from './sqlite-file.ts';
import { walFlusher } from './sqlite-flush.ts';
import { openSqliteStore, sqliteStoreOn } from './sqlite.ts';
import type { Store } from './store.ts';
import { sampleAlert, sampleId } from './testing/samples.ts';

const root = mkdtempSync(join(tmpdir(), 'tocsin-flush-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(root, 'own-'));

/** A disk that is as slow as the test wants: what reaches it is only what stood in the files when a flush began that has ended. */
function openOnDisk() {
  const folder = newFolder();
  const path = join(folder, 'store.db');
  const waiting: ((error?: Error) => void)[] = [];
  let images = 0;
  let image: string | undefined;
  const database = openSqliteFile(path);
  database.pragma('synchronous = OFF');
  const flusher = walFlusher(path, async () => {
    const next = join(folder, `image-${(images += 1)}.db`);
    copyFileSync(path, next);
    copyFileSync(`${path}-wal`, `${next}-wal`);
    await new Promise<void>((resolve, reject) => {
      waiting.push((error) => (error === undefined ? resolve() : reject(error)));
    });
    image = next;
  });
  return {
    store: sqliteStoreOn(database, { path }, flusher),
    /** Ends the flush that is under way, where there is one. */
    turn: (error?: Error) => waiting.shift()?.(error),
    flushes: () => images,
    commits: flusher.mark,
    /** What is there when the power comes back. */
    afterPowerCut: async (): Promise<Store | undefined> =>
      image === undefined ? undefined : openSqliteStore({ path: image }),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((next) => setImmediate(next));
}

/** Long enough for what needs no disk. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await new Promise((next) => setImmediate(next));
}

const commitOne = (store: Store, id: number) =>
  store.commit({ alerts: [{ alert: sampleAlert(id), channels: ['slack'] }], now: id });

describe('what is flushed beside the event loop', () => {
  it('is told to nobody before the disk has it', async () => {
    const { store, turn, flushes } = openOnDisk();
    let told = 0;
    const commit = commitOne(store, 1).then(() => (told += 1));
    await until(() => flushes() === 1);
    // Nor is it read by anybody.
    const read = store.alert(sampleId(1)).then(() => (told += 1));
    await settled();
    expect(told).toBe(0);
    turn();
    await Promise.all([commit, read]);
    expect(told).toBe(2);
    await store.close();
  });

  it('tells how long the disk took', async () => {
    const took: number[] = [];
    const store = await openSqliteStore({
      path: join(newFolder(), 'store.db'),
      onFlushed: (ms) => took.push(ms),
    });
    await commitOne(store, 1);
    expect(took).toEqual([expect.any(Number)]);
    expect(took[0]).toBeGreaterThan(0);
    await store.close();
  });

  it('is there after a power cut wherever somebody was told of it', async () => {
    let lostUntold = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('commit', 'commit', 'claim', 'flush', 'pause'), {
          minLength: 1,
          maxLength: 30,
        }),
        async (steps) => {
          const { store, turn, afterPowerCut } = openOnDisk();
          const told = new Set<number>();
          const claimed = new Set<string>();
          const calls: Promise<unknown>[] = [];
          for (const [id, step] of steps.entries()) {
            if (step === 'commit') calls.push(commitOne(store, id).then(() => told.add(id)));
            else if (step === 'claim')
              calls.push(
                store
                  .claim('slack', { now: 100, leaseUntil: 200, limit: 2 })
                  .then((some) => some.forEach(({ alert }) => claimed.add(alert.id))),
              );
            else if (step === 'flush') turn();
            else await settled();
          }
          await settled();
          const disk = await afterPowerCut();
          for (const id of told) expect(await disk?.alert(sampleId(id))).toMatchObject({ id: sampleId(id) });
          for (const id of claimed) expect(await disk?.alert(id)).toMatchObject({ id });
          lostUntold += steps.filter((step) => step === 'commit').length - told.size;
          await disk?.close();
          const turning = setInterval(turn, 1);
          await Promise.all(calls);
          await store.close();
          clearInterval(turning);
        },
      ),
      { numRuns: 20 },
    );
    expect(lostUntold).toBeGreaterThan(0);
  }, 60_000);

  it('shares flushes, of which two are under way at most', async () => {
    const { store, turn, flushes, commits } = openOnDisk();
    const calls: Promise<unknown>[] = [];
    for (const id of [1, 2, 3, 4, 5]) {
      calls.push(commitOne(store, id));
      await until(() => commits() === id && flushes() === Math.min(id, 2));
    }
    turn();
    await calls[0];
    await until(() => flushes() === 3);
    turn();
    turn();
    await Promise.all(calls);
    expect(flushes()).toBe(3);
    await store.close();
  });

  it('may be answered before the disk has it, for who waits for that before telling anybody', async () => {
    const { store, turn, flushes } = openOnDisk();
    const { created, durable } = await store.commit({
      alerts: [{ alert: sampleAlert(1), channels: [] }],
      now: 1,
      early: true,
    });
    expect(created).toEqual([sampleId(1)]);
    let isDurable = false;
    const waiting = durable?.().then(() => (isDurable = true));
    await until(() => flushes() === 1);
    await settled();
    expect(isDurable).toBe(false);
    turn();
    await waiting;
    expect(isDurable).toBe(true);
    await store.close();
  });

  it('waits for no disk where nothing was changed', async () => {
    const { store, flushes } = openOnDisk();
    expect(await store.alert(sampleId(1))).toBeUndefined();
    expect(await store.claim('slack', { now: 1, leaseUntil: 2, limit: 1 })).toEqual([]);
    expect(flushes()).toBe(0);
    await store.close();
  });

  it('is taken for granted by nobody once the disk has refused', async () => {
    const { store, turn, flushes } = openOnDisk();
    const refused = commitOne(store, 1).catch((error: unknown) => error);
    await until(() => flushes() === 1);
    turn(new Error('EIO'));
    expect(await refused).toMatchObject({ problem: 'failed' });
    await expect(commitOne(store, 2)).rejects.toThrow('the disk does not keep what was written (Error: EIO)');
    await store.close();
  });
});
