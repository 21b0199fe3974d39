import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDependencies, installedMatches, stampOf, withLock } from './dependencies.mjs';

describe('the stamp', () => {
  const manifest = { name: 'x', scripts: { a: 'b' }, dependencies: { a: '1.0.0' } };
  const base = stampOf('lock', JSON.stringify(manifest), 'linux-x64');

  it('stays where a script or the description changes', () => {
    const other = { ...manifest, scripts: { c: 'd' }, description: 'new' };
    expect(stampOf('lock', JSON.stringify(other), 'linux-x64')).toBe(base);
  });
  it.each([
    ['the lock', 'lock2', manifest, 'linux-x64'],
    ['a dependency', 'lock', { ...manifest, dependencies: { a: '1.0.1' } }, 'linux-x64'],
    ['an override', 'lock', { ...manifest, overrides: { b: '1.0.0' } }, 'linux-x64'],
    ['the kind of machine', 'lock', manifest, 'darwin-arm64'],
  ])('changes with %s', (_name, lock, other, machine) => {
    expect(stampOf(lock, JSON.stringify(other), machine)).not.toBe(base);
  });
});

describe('what npm installed', () => {
  const a = { version: '1.0.0', integrity: 'sha512-a' };
  const lock = {
    packages: { '': { version: '0.1.0' }, 'node_modules/a': a, 'node_modules/b': { ...a, optional: true } },
  };
  it.each([
    ['matches where all is there', { 'node_modules/a': a, 'node_modules/b': a }, true],
    ['matches without what is for other machines', { 'node_modules/a': a }, true],
    ['differs where a package is missing', { 'node_modules/b': a }, false],
    ['differs where nothing is there', {}, false],
    ['differs in a version', { 'node_modules/a': { ...a, version: '1.0.1' } }, false],
    ['differs in content', { 'node_modules/a': { ...a, integrity: 'sha512-x' } }, false],
    ['differs where there is more', { 'node_modules/a': a, 'node_modules/c': a }, false],
  ])('%s', (_name, packages, expected) => {
    expect(installedMatches(lock, { packages })).toBe(expected);
  });
});

describe('a project', () => {
  /** @type {string} */
  let root;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'tocsin-deps-'));
    writeFileSync(path.join(root, 'package.json'), '{"name":"x","version":"1.0.0"}');
    writeFileSync(
      path.join(root, 'package-lock.json'),
      '{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x"}}}',
    );
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const cache = () => path.join(root, 'cache');
  const stamp = () => path.join(root, 'node_modules', '.tocsin-stamp');
  /** An npm that leaves a trace of each call and does what its exit code says. */
  const npm = (/** @type {number} */ code) => {
    const script = path.join(root, 'npm-cli.js');
    writeFileSync(
      script,
      `const fs = require('fs'); fs.mkdirSync('node_modules', { recursive: true }); fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n'); process.exit(${code});`,
    );
    return { node: process.execPath, npm: script, env: {} };
  };
  const calls = () =>
    existsSync(path.join(root, 'calls')) ? readFileSync(path.join(root, 'calls'), 'utf8') : '';

  it('is installed once, without scripts of packages', () => {
    ensureDependencies(root, cache(), npm(0));
    ensureDependencies(root, cache(), npm(0));
    expect(calls()).toBe('ci --ignore-scripts --no-audit --no-fund\n');
  });

  it('is installed again when its lock changes', () => {
    ensureDependencies(root, cache(), npm(0));
    writeFileSync(
      path.join(root, 'package-lock.json'),
      '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}}',
    );
    ensureDependencies(root, cache(), npm(0));
    expect(calls().split('\n')).toHaveLength(3);
  });

  it('is left alone where a person installed it with npm', () => {
    mkdirSync(path.join(root, 'node_modules'));
    writeFileSync(path.join(root, 'node_modules', '.package-lock.json'), '{"packages":{}}');
    ensureDependencies(root, cache(), npm(1));
    expect(calls()).toBe('');
    expect(existsSync(stamp())).toBe(true);
  });

  it('has no stamp after an install that failed, and the error says what to do', () => {
    ensureDependencies(root, cache(), npm(0));
    writeFileSync(path.join(root, 'package.json'), '{"dependencies":{"a":"1.0.0"}}');
    expect(() => ensureDependencies(root, cache(), npm(9))).toThrow(
      /npm ci failed in .* \(exit code 9.*Way out: /,
    );
    expect(existsSync(stamp())).toBe(false);
  });
});

describe('the lock between two installs', () => {
  /** @type {string} */
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tocsin-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is gone after the work, and after work that failed', () => {
    const file = path.join(folder, 'lock');
    withLock(file, () => expect(readFileSync(file, 'utf8')).toBe(String(process.pid)));
    expect(existsSync(file)).toBe(false);
    expect(() =>
      withLock(file, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['says nothing any more', ''],
    ['says nonsense', 'x'],
  ])('is broken where it %s', (_name, content) => {
    const file = path.join(folder, 'lock');
    writeFileSync(file, content);
    const old = new Date(Date.now() - 60_000);
    utimesSync(file, old, old);
    let ran = false;
    withLock(file, () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });

  it('is broken where its process is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const file = path.join(folder, 'lock');
    writeFileSync(file, String(child.pid));
    let ran = false;
    withLock(file, () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });
});
