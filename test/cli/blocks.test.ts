import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const store = join(folder.path, 'data', 'tocsin.db');
const config = join(folder.path, 'tocsin.yaml');
const office = join(folder.path, 'office.txt');
const list = join(folder.path, 'blocked.txt');

const written = (mode: string) => `data: ${join(folder.path, 'data')}
blocking:
  mode: ${mode}
  files: [${list}]
  approved:
    networks: [203.0.113.0/28]
    files: [${office}]
`;
const blocks = (...args: readonly string[]) => tocsin(['blocks', ...args, '--config', config]);
const addresses = () => readFileSync(list, 'utf8').split('\n').slice(1, -1);

beforeAll(async () => {
  writeFileSync(office, '198.51.100.200 # reception\n');
  writeFileSync(config, written('dry-run'));
  await (await openSqliteStore({ path: store })).close();
});
afterAll(() => folder.remove());

describe('tocsin blocks', () => {
  it('in a dry run keeps the ledger, says what would be done, and does nothing of it', async () => {
    const added = await blocks('add', '198.51.100.7', '--reason', 'tries passwords', '--for', '2h');
    expect([added.code, added.stderr]).toEqual([0, '']);
    expect(added.stdout).toMatch(/^198\.51\.100\.7 is blocked until .*dry run/);
    const sync = await blocks('sync');
    expect(sync.code).toBe(0);
    expect(sync.stdout).toContain('would add 198.51.100.7');
    expect(sync.stdout).toContain('nothing was changed');
    expect(() => addresses()).toThrow('ENOENT');
  });

  it('enforces where it is told to, and again when something changes', async () => {
    writeFileSync(config, written('enforce'));
    expect((await blocks('sync', '--dry-run')).stdout).toContain('would add 198.51.100.7');
    expect(() => addresses()).toThrow('ENOENT');
    expect((await blocks('sync')).stdout).toContain('add 198.51.100.7');
    expect(addresses()).toEqual(['198.51.100.7/32']);
    await blocks('add', '2001:db8:1:2::9', '--reason', 'scans', '--by', 'jane');
    expect(addresses()).toEqual(['198.51.100.7/32', '2001:db8:1:2::/64']);
    await blocks('add', '198.51.100.9', '--reason', 'scans', '--no-sync');
    expect(addresses()).toHaveLength(2);
    expect((await blocks('remove', '198.51.100.7', '--reason', 'a customer')).stdout).toContain(
      'is not blocked any more',
    );
    expect(addresses()).toEqual(['198.51.100.9/32', '2001:db8:1:2::/64']);
  });

  it('lists what is blocked, for people and for programs', async () => {
    const { stdout } = await blocks('list');
    expect(stdout).toMatch(/2001:db8:1:2::\/64 +active +3h 59m +0 +operator jane +scans/);
    expect(stdout).not.toContain('198.51.100.7 ');
    const all = JSON.parse((await blocks('list', '--state', 'any', '--json')).stdout) as object;
    expect(all).toMatchObject({ dryRun: false, more: false, blocks: [{}, {}, { state: 'removed' }] });
    expect((await blocks('list', '--state', 'gone')).code).toBe(2);
  });

  it('approves, which ends blocks at once, and takes it back', async () => {
    const { stdout } = await blocks('approve', '198.51.100.0/28', '--reason', 'a partner');
    expect(stdout).toContain('Unblocked: 198.51.100.9.');
    expect(addresses()).toEqual(['2001:db8:1:2::/64']);
    const refused = await blocks('add', '198.51.100.9', '--reason', 'x');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('a partner')]);
    expect((await blocks('approve', '198.51.100.0/28', '--undo', '--reason', 'left')).code).toBe(0);
    expect((await blocks('approve', '198.51.100.0/28', '--undo', '--reason', 'left')).code).toBe(2);
    expect((await blocks('add', '198.51.100.9', '--reason', 'x')).code).toBe(0);
  });

  it.each([
    ['203.0.113.5', 'configuration'],
    ['198.51.100.200', 'office.txt'],
    ['10.0.0.1', 'private'],
    ['198.0.0.0/8', 'wider than /24'],
    ['example.com', 'no address'],
  ])('refuses to block %s and says why', async (address, why) => {
    const { code, stderr } = await blocks('add', address, '--reason', 'x');
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it('wants to know why', async () => {
    expect((await blocks('add', '198.51.100.9')).code).toBe(2);
    expect((await blocks('add', '198.51.100.9', '--reason', 'x', '--for', 'ever')).stderr).toContain(
      '30m, 4h',
    );
  });

  it('keeps what a list said when it breaks, and adds nothing while one has never been read', async () => {
    writeFileSync(office, 'not an address\n');
    const kept = await blocks('sync');
    expect([kept.code, kept.stdout]).toEqual([2, expect.stringContaining('What it said before holds.')]);
    expect((await blocks('add', '198.51.100.200', '--reason', 'x', '--no-sync')).stderr).toContain(
      'office.txt',
    );
    writeFileSync(config, written('enforce').replace('office.txt', 'never.txt'));
    const before = addresses();
    const added = await blocks('add', '192.0.2.1', '--reason', 'x');
    expect([added.code, added.stdout]).toEqual([2, expect.stringContaining('never read')]);
    expect(addresses()).toEqual(before);
    writeFileSync(join(folder.path, 'never.txt'), '# nobody\n');
    expect((await blocks('sync')).code).toBe(0);
    expect(addresses()).toContain('192.0.2.1/32');
  });

  it('tells the history of an address, and of all', async () => {
    const { stdout } = await blocks('history', '198.51.100.9');
    expect(stdout).toMatch(/approve-over +198\.51\.100\.9/);
    const json = JSON.parse((await blocks('history', '198.51.100.9', '--json')).stdout) as object;
    expect(json).toMatchObject({ blocks: [{ state: 'active' }, { state: 'approved' }] });
    expect((await blocks('history')).stdout).toMatch(/enforce \(confirmed\)/);
    expect((await blocks('history', '192.0.2.99')).stdout).toBe('Nothing was done that fits.\n');
  });

  it('says what to do where there is no store', async () => {
    const { code, stderr } = await tocsin(['blocks', 'list', '--store', join(folder.path, 'none.db')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no such store')]);
  });
});
