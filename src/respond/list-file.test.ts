import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite.ts';
import { testNow, testOffence } from '../web/testing/offences.ts';
import { fileEnforcement } from './file.ts';
import { nginxEnforcement } from './nginx.ts';
import { testBlocker, testClock } from './testing/blockers.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-lists-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function place(): string {
  const path = join(folder, String((files += 1)));
  mkdirSync(path);
  return join(path, 'blocked');
}

describe.each([
  ['a plain file', fileEnforcement, '198.51.100.7/32\n2001:db8::/64\n'],
  ['a file for nginx', nginxEnforcement, 'deny 198.51.100.7/32;\ndeny 2001:db8::/64;\n'],
])('%s', (_, enforcement, expected) => {
  const content = (path: string) => readFileSync(path, 'utf8').replace(/^#.*\n/, '');

  it('holds what is blocked, and is replaced as a whole', async () => {
    const path = place();
    const store = await openSqliteStore({ path: ':memory:' });
    const clock = testClock();
    const blocker = testBlocker(store.blocks, { enforcements: [enforcement(path)], clock });
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'changed' }]);
    expect(content(path)).toBe('');
    await blocker.take([testOffence('198.51.100.7'), testOffence('2001:db8::9')], testNow);
    await blocker.sync('tocsin');
    expect(content(path)).toBe(expected);
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'unchanged' }]);
    writeFileSync(path, `${readFileSync(path, 'utf8')}\nnonsense\n203.0.113.1\ndeny 203.0.113.2;\n`);
    expect(await blocker.sync('tocsin')).toMatchObject([{ outcome: 'changed' }]);
    expect(content(path)).toBe(expected);
    clock.time += 24 * 3_600_000;
    await blocker.sync('tocsin');
    expect(content(path)).toBe('');
    expect(readdirSync(join(path, '..'))).toEqual(['blocked']);
    await store.close();
  });

  it('that Tocsin did not write is left as it is', async () => {
    const path = place();
    writeFileSync(path, 'root:x:0:0\n');
    const store = await openSqliteStore({ path: ':memory:' });
    const blocker = testBlocker(store.blocks, { enforcements: [enforcement(path)] });
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('was not written by Tocsin') },
    ]);
    expect(readFileSync(path, 'utf8')).toBe('root:x:0:0\n');
    await store.close();
  });

  it('that cannot be written is told of with a way out', async () => {
    const store = await openSqliteStore({ path: ':memory:' });
    const nowhere = join(folder, 'nowhere', 'blocked');
    const blocker = testBlocker(store.blocks, { enforcements: [enforcement(nowhere)] });
    expect(await blocker.sync('tocsin')).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('make its folder') },
    ]);
    await store.close();
  });
});
