// Where things lie on this machine: the cache, the npm that came with the user's Node.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** @typedef {Readonly<Record<string, string | undefined>>} Env */

/**
 * The folder for what can be fetched again: `$XDG_CACHE_HOME/tocsin`, `~/.cache/tocsin`, and on Windows
 * `%LOCALAPPDATA%\tocsin`. A relative XDG_CACHE_HOME is ignored, as its specification asks
 * (https://specifications.freedesktop.org/basedir-spec/latest/).
 * @param {Env} env
 * @param {string} platform `process.platform`
 * @param {string} home the user's home folder
 */
export function cacheFolder(env, platform, home) {
  if (platform === 'win32') {
    return path.win32.join(env['LOCALAPPDATA'] || path.win32.join(home, 'AppData', 'Local'), 'tocsin');
  }
  const xdg = env['XDG_CACHE_HOME'];
  return xdg !== undefined && path.posix.isAbsolute(xdg)
    ? path.posix.join(xdg, 'tocsin')
    : path.posix.join(home, '.cache', 'tocsin');
}

/**
 * The script of npm itself, to be run by whichever Node is wanted; undefined where only a `npm` command on PATH
 * can help. Other package managers set `npm_execpath` too, to themselves, hence the look at the file's name.
 * @param {Env} env
 * @param {string} execPath the Node that runs now
 * @param {(file: string) => boolean} exists
 * @returns {string | undefined}
 */
export function npmScript(env, execPath, exists = existsSync) {
  const folder = path.dirname(execPath);
  const candidates = [
    env['npm_execpath'],
    path.join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, '..', 'share', 'nodejs', 'npm', 'bin', 'npm-cli.js'),
  ];
  return candidates.find(
    (file) =>
      file !== undefined && path.basename(file) === 'npm-cli.js' && path.isAbsolute(file) && exists(file),
  );
}

/**
 * The environment in which a given Node is the one that `node` means, for our own children and for theirs.
 * Node out of npm brings its own list of authorities and, unlike a system's Node, knows none that a company added to the
 * machine, as proxies that look into TLS need: so it is told to trust those too, unless the user said otherwise
 * (https://nodejs.org/api/cli.html#node_use_system_ca1).
 * @param {Env} env
 * @param {string} node absolute path of the binary
 * @param {string} platform `process.platform`
 * @returns {Record<string, string>}
 */
export function environmentFor(env, node, platform) {
  /** @type {Record<string, string>} */
  const result = {};
  let pathName = 'PATH';
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    // Windows spells it Path; two spellings side by side would leave to chance which one counts.
    if (platform === 'win32' && name.toUpperCase() === 'PATH') pathName = name;
    result[name] = value;
  }
  const separator = platform === 'win32' ? ';' : ':';
  const folder = (platform === 'win32' ? path.win32 : path.posix).dirname(node);
  const before = result[pathName];
  const first = before === undefined ? undefined : before.split(separator)[0];
  if (first !== folder) result[pathName] = before ? `${folder}${separator}${before}` : folder;
  result['NODE'] = node;
  result['npm_node_execpath'] = node;
  result['NODE_USE_SYSTEM_CA'] ??= '1';
  return result;
}
