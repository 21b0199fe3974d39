// Fetches a Node out of npm into the cache folder, once, checked against the integrity that we pin.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runQuietInput } from './child.mjs';

/** @typedef {import('./versions.mjs').NodePackage} NodePackage */
/** @typedef {{ node: string, npm: string | undefined, env: Record<string, string> }} NpmRun how npm is run: the binary, npm's script (undefined: the command on PATH) and the environment */

const unfinished = '.unfinished-';
const hour = 60 * 60 * 1000;

/**
 * The package.json and package-lock.json that make `npm ci` install one Node and nothing else. The lock names no
 * address: npm then asks whichever registry the user has set, a company's mirror included, and still refuses a
 * package whose bytes have another sha512.
 * @param {NodePackage} pin
 */
export function nodeManifests(pin) {
  const root = {
    name: 'tocsin-node',
    version: '1.0.0',
    private: true,
    dependencies: { [pin.name]: pin.version },
  };
  return {
    'package.json': `${JSON.stringify(root, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify(
      {
        name: root.name,
        version: root.version,
        lockfileVersion: 3,
        requires: true,
        packages: {
          '': { name: root.name, version: root.version, dependencies: root.dependencies },
          [`node_modules/${pin.name}`]: { version: pin.version, integrity: pin.integrity },
        },
      },
      null,
      2,
    )}\n`,
  };
}

/**
 * Where the binary of a pinned Node lies once it is installed. The folder names the package too, since a home
 * folder may be shared between machines of different kinds.
 * @param {string} cache
 * @param {NodePackage} pin
 */
export function nodeBinary(cache, pin) {
  return path.join(cache, `${pin.name}-${pin.version}`, 'node_modules', pin.name, ...pin.binary.split('/'));
}

/**
 * Makes a pinned Node ready and returns the path of its binary. Without network or npm when it is there already.
 * Throws an Error with a way out when it can't be had.
 *
 * The install happens in a folder of its own that gets its final name only when it is complete, so a killed
 * install leaves nothing that looks finished, and two at once do not disturb each other.
 * @param {string} cache
 * @param {NodePackage} pin
 * @param {NpmRun} npm
 * @returns {string}
 */
export function ensureNode(cache, pin, npm) {
  const binary = nodeBinary(cache, pin);
  if (existsSync(binary)) return binary;

  mkdirSync(cache, { recursive: true });
  removeUnfinished(cache);
  process.stderr.write(
    `tocsin: fetching Node ${pin.version} (${pin.name}, about 50 MB) from npm into ${cache}\n`,
  );
  const work = mkdtempSync(path.join(cache, unfinished));
  try {
    for (const [name, content] of Object.entries(nodeManifests(pin)))
      writeFileSync(path.join(work, name), content);
    const code = runNpm(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], work);
    if (code !== 0) {
      throw new Error(
        `npm could not fetch ${pin.name}@${pin.version} (exit code ${code}; its reason is above). ` +
          `Way out: check the network and 'npm config get registry', or install Node ${pin.version} from https://nodejs.org yourself`,
      );
    }
    const fresh = path.join(
      work,
      path.relative(path.dirname(work), binary).split(path.sep).slice(1).join(path.sep),
    );
    const version = startedVersion(fresh);
    if (version !== `v${pin.version}`) {
      throw new Error(
        `${pin.name}@${pin.version} was fetched but does not start on this machine (it said: ${version}). ` +
          `Way out: install Node ${pin.version} from https://nodejs.org or your system's packages`,
      );
    }
    moveIntoPlace(work, path.join(cache, `${pin.name}-${pin.version}`), binary);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}

/**
 * Runs npm on a given Node; its output goes to our standard error.
 * @param {NpmRun} npm
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {number} exit code
 */
export function runNpm(npm, args, cwd) {
  const options = { cwd, env: withoutLifecycle(npm.env) };
  if (npm.npm !== undefined) return runQuietInput(npm.node, [npm.npm, ...args], options);
  if (process.platform === 'win32') {
    // npm is a .cmd file there, which only a command shell can start; all arguments are our own words.
    return runQuietInput(process.env['ComSpec'] || 'cmd.exe', ['/d', '/s', '/c', 'npm', ...args], options);
  }
  return runQuietInput('npm', args, options);
}

/**
 * What an outer `npm start` tells its scripts about itself must not steer the inner npm: flags such as --prefix
 * or --workspace were meant for the outer one. Where to ask and as whom stays.
 * @param {Record<string, string>} env
 */
function withoutLifecycle(env) {
  const steering =
    /^npm_(lifecycle_|package_|config_(prefix|local_prefix|workspaces?|global|omit|include|ignore_scripts|dry_run)$)/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !steering.test(name)));
}

/** @param {string} binary */
function startedVersion(binary) {
  const result = spawnSync(binary, ['--version'], { encoding: 'utf8', windowsHide: true });
  if (result.error !== undefined) return result.error.message;
  return result.stdout.trim() || result.stderr.trim().split('\n')[0] || `exit code ${result.status}`;
}

/**
 * @param {string} from
 * @param {string} to
 * @param {string} binary
 */
function moveIntoPlace(from, to, binary) {
  try {
    // A folder that is in the way without the binary in it is the rest of something else's accident.
    if (existsSync(to) && !existsSync(binary)) rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(binary)) throw error;
  }
}

/**
 * Folders of installs that were killed. One younger than an hour may still be at work.
 * @param {string} cache
 */
function removeUnfinished(cache) {
  for (const name of readdirSync(cache)) {
    if (!name.startsWith(unfinished)) continue;
    const folder = path.join(cache, name);
    try {
      if (Date.now() - statSync(folder).mtimeMs > hour) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process removed it first, or it is not ours to remove; either way it harms nobody.
    }
  }
}
