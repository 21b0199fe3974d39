import { describe, expect, it } from 'vitest';
import { cacheFolder, environmentFor, npmScript } from './places.mjs';

describe('the cache folder', () => {
  it.each([
    ['on Linux', {}, 'linux', '/home/ann', '/home/ann/.cache/tocsin'],
    ['where XDG says', { XDG_CACHE_HOME: '/big/cache' }, 'linux', '/home/ann', '/big/cache/tocsin'],
    [
      'not where XDG says something relative',
      { XDG_CACHE_HOME: 'cache' },
      'linux',
      '/home/ann',
      '/home/ann/.cache/tocsin',
    ],
    ['not where XDG is empty', { XDG_CACHE_HOME: '' }, 'darwin', '/Users/ann', '/Users/ann/.cache/tocsin'],
    ['on Windows', { LOCALAPPDATA: 'D:\\Local' }, 'win32', 'C:\\Users\\ann', 'D:\\Local\\tocsin'],
    [
      'on Windows without LOCALAPPDATA',
      {},
      'win32',
      'C:\\Users\\ann',
      'C:\\Users\\ann\\AppData\\Local\\tocsin',
    ],
  ])('lies %s', (_name, env, platform, home, expected) => {
    expect(cacheFolder(env, platform, home)).toBe(expected);
  });
});

describe("npm's own script", () => {
  /** @param {readonly string[]} files */
  const only = (files) => /** @param {string} file */ (file) => files.includes(file);
  const beside = '/opt/node/lib/node_modules/npm/bin/npm-cli.js';

  it('is the one that runs us', () => {
    const running = '/usr/share/npm/bin/npm-cli.js';
    expect(npmScript({ npm_execpath: running }, '/opt/node/bin/node', only([running, beside]))).toBe(running);
  });
  it('is not that of another package manager', () => {
    const pnpm = '/usr/lib/pnpm/pnpm.cjs';
    expect(npmScript({ npm_execpath: pnpm }, '/opt/node/bin/node', only([pnpm, beside]))).toBe(beside);
  });
  it('is not one that is gone', () => {
    expect(npmScript({ npm_execpath: '/gone/npm-cli.js' }, '/opt/node/bin/node', only([beside]))).toBe(
      beside,
    );
  });
  it('is unknown where none is to be found', () => {
    expect(npmScript({}, '/opt/node/bin/node', only([]))).toBeUndefined();
  });
});

describe('the environment for a Node', () => {
  it('puts it first on PATH, once', () => {
    const env = environmentFor(
      { PATH: '/usr/bin:/bin', HOME: '/home/ann', GONE: undefined },
      '/c/bin/node',
      'linux',
    );
    expect(env).toEqual({
      PATH: '/c/bin:/usr/bin:/bin',
      HOME: '/home/ann',
      NODE: '/c/bin/node',
      npm_node_execpath: '/c/bin/node',
      NODE_USE_SYSTEM_CA: '1',
    });
    expect(environmentFor(env, '/c/bin/node', 'linux')).toEqual(env);
  });
  it('leaves it to the user whether the authorities of the machine are trusted', () => {
    const env = environmentFor({ NODE_USE_SYSTEM_CA: '0' }, '/c/bin/node', 'linux');
    expect(env['NODE_USE_SYSTEM_CA']).toBe('0');
  });
  it('works without a PATH', () => {
    expect(environmentFor({}, '/c/bin/node', 'linux')['PATH']).toBe('/c/bin');
  });
  it('keeps the spelling that Windows gave the variable', () => {
    const env = environmentFor({ Path: 'C:\\Windows' }, 'D:\\c\\bin\\node.exe', 'win32');
    expect(env['Path']).toBe('D:\\c\\bin;C:\\Windows');
    expect(env['PATH']).toBeUndefined();
  });
});
