import { execFile } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteCheckpoints } from './sqlite-checkpoints.ts';
import { openSqliteStore } from './sqlite.ts';
import { sampleAlert, sampleId } from './testing/samples.ts';

const root = mkdtempSync(join(tmpdir(), 'tocsin-checkpoints-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(root, 'own-'));

/** How often a log was begun anew: https://www.sqlite.org/fileformat2.html#walformat */
function timesBegun(log: string): number {
  const header = Buffer.alloc(32);
  const file = openSync(log, 'r');
  readSync(file, header, 0, 32, 0);
  closeSync(file);
  return header.readUInt32BE(12);
}

describe('checkpoints in a thread', () => {
  it('keep the log of a file short that is written without end, and all that was written', async () => {
    const folder = newFolder();
    const path = join(folder, 'store.db');
    const store = await openSqliteStore({ path });
    let id = 0;
    const commit = () => {
      const alerts = Array.from({ length: 20 }, () => ({
        alert: sampleAlert((id += 1)),
        channels: ['slack'],
      }));
      return store.commit({ alerts, now: id });
    };
    // From here on SQLite would let it grow to 64 MiB.
    for (let i = 0; i < 300; i += 1) await commit();
    const begun = timesBegun(`${path}-wal`);
    const size = () => statSync(`${path}-wal`).size;
    while (timesBegun(`${path}-wal`) === begun && size() < 64 * 1024 * 1024) await commit();
    expect(size()).toBeLessThan(64 * 1024 * 1024);
    await store.close();
    expect(readdirSync(folder)).toEqual(['store.db']);
    const again = await openSqliteStore({ path });
    expect((await again.counts()).alerts.high).toBe(id);
    expect(await again.alert(sampleId(id))).toBeDefined();
    await again.close();
  }, 60_000);

  it('do not keep a process from ending well once the store is closed', async () => {
    const folder = newFolder();
    const script = join(folder, 'script.mjs');
    writeFileSync(
      script,
      `import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
      const store = await openSqliteStore({ path: process.argv[2] });
      for (let now = 0; now < 400; now += 1)
        await store.commit({ alerts: [], state: [{ key: 'k', value: { now } }], now });
      await store.close();
      console.log('closed');`,
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      script,
      join(folder, 'store.db'),
    ]);
    expect(stderr).toBe('');
    expect(stdout).toBe('closed\n');
  });

  it('are left to SQLite where the thread cannot work', async () => {
    const limits: number[] = [];
    const failed = Promise.withResolvers<void>();
    const checkpoints = sqliteCheckpoints(join(newFolder(), 'nowhere', 'store.db'), (pages) => {
      limits.push(pages);
      if (limits.length === 2) failed.resolve();
    });
    for (let i = 0; i < 256; i += 1) checkpoints.written();
    await failed.promise;
    expect(limits).toEqual([16_384, 1_000]);
    checkpoints.written();
    await checkpoints.close();
  });

  it('are no matter for a file that is hardly written', async () => {
    const path = join(newFolder(), 'store.db');
    new BetterSqlite3(path).close();
    const limits: number[] = [];
    const checkpoints = sqliteCheckpoints(path, (pages) => limits.push(pages));
    for (let i = 0; i < 255; i += 1) checkpoints.written();
    expect(limits).toEqual([]);
    await checkpoints.close();
  });
});
