import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'tocsin.db');
const health = (...args: readonly string[]) => tocsin(['health', ...args, '--store', file]);

async function write(watchedAt: number, open: boolean): Promise<void> {
  const store = await openSqliteStore({ path: file });
  const trouble = {
    rule: 'channel',
    subject: 'chat',
    since: 1_000,
    alertId: 'abc',
    title: 'chat \u001b[31m fails',
  };
  const subject = {
    kind: 'account',
    name: '111122223333',
    firstSeen: 0,
    lastSeen: watchedAt,
    newestEvent: watchedAt,
    pausedMs: 0,
    signs: 20,
    gaps: Array.from({ length: 168 }, () => 600),
    week: 0,
  };
  await store.commit({
    alerts: [],
    state: [
      { key: 'health/watch', value: { since: 0, at: watchedAt, pausedMs: 0 } },
      { key: 'health/open', value: open ? [trouble] : [] },
      { key: 'health/subject/account/111122223333', value: subject },
    ],
    now: 1,
  });
  await store.close();
}

beforeAll(async () => (await openSqliteStore({ path: file })).close());
afterAll(() => folder.remove());

describe('tocsin health', () => {
  it('says that nobody has watched yet', async () => {
    const { code, stderr } = await health();
    expect(code).toBe(2);
    expect(stderr).toContain('nobody has watched with this store yet');
  });

  it('shows what is heard of and the rules that never fired, and exits with 0 where all is well', async () => {
    await write(Date.now(), false);
    const { code, stdout } = await health();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Nothing is wrong\./);
    expect(stdout).toMatch(/account +111122223333 +heard/);
    expect(stdout).toMatch(/\d+ rules made no alert since 1970-01-01/);
  });

  it('exits with 1 where something is wrong, with nothing that a terminal acts on', async () => {
    await write(Date.now(), true);
    const { code, stdout } = await health();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^chat .*fails \(since 1970-01-01/);
    expect(stdout).not.toContain('\u001b');
    const json = JSON.parse((await health('--json')).stdout) as unknown;
    expect(json).toMatchObject({ ok: false, problems: [{ subject: 'chat', alertId: 'abc' }] });
  });

  it('exits with 1 where no server runs', async () => {
    await write(Date.now() - 3_600_000, false);
    const { code, stdout } = await health();
    expect(code).toBe(1);
    expect(stdout).toContain('No server has run with this store since');
  });
});
