// Makes node_modules match package-lock.json, and knows without npm or network when it does already.
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { runNpm } from './install-node.mjs';

/** @typedef {import('./install-node.mjs').NpmRun} NpmRun */
/** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage */
/** @typedef {{ packages?: Record<string, LockedPackage> }} Lock */

/**
 * What node_modules was made from: the lock, what package.json asks for, and the kind of machine, since a lock
 * stands for different packages on each. The Node's version is left out on purpose: nothing that is installed
 * depends on it (native parts use Node-API), so one install serves every Node.
 * @param {string} lockText
 * @param {string} packageText
 * @param {string} machine `process.platform-process.arch`
 */
export function stampOf(lockText, packageText, machine) {
  const { dependencies, devDependencies, optionalDependencies, overrides, workspaces } =
    JSON.parse(packageText);
  const asked = JSON.stringify({
    dependencies,
    devDependencies,
    optionalDependencies,
    overrides,
    workspaces,
  });
  return createHash('sha256')
    .update(machine)
    .update('\0')
    .update(asked)
    .update('\0')
    .update(lockText)
    .digest('hex');
}

/**
 * Whether npm's own note of what it installed (node_modules/.package-lock.json) is what the lock asks for: every
 * package at its version and content, none besides. Optional ones may be missing: they are for other machines.
 * @param {Lock} lock
 * @param {Lock} installed
 */
export function installedMatches(lock, installed) {
  const wanted = lock.packages ?? {};
  const present = installed.packages ?? {};
  for (const [place, entry] of Object.entries(wanted)) {
    if (!place.startsWith('node_modules/')) continue;
    const found = present[place];
    if (found === undefined) {
      if (entry.optional === true || entry.devOptional === true) continue;
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return Object.keys(present).every(
    (place) => !place.startsWith('node_modules/') || wanted[place] !== undefined,
  );
}

/**
 * Makes sure that the packages of a project are installed as its lock says. Throws an Error with a way out when
 * npm fails.
 *
 * A node_modules that a person made with npm directly is taken as it is where it matches; only then is work done
 * that costs network and time.
 * @param {string} root the folder of package.json
 * @param {string} cache for the lock that keeps two installs apart
 * @param {NpmRun} npm
 */
export function ensureDependencies(root, cache, npm) {
  const machine = `${process.platform}-${process.arch}`;
  const lockText = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  const stamp = stampOf(lockText, readFileSync(path.join(root, 'package.json'), 'utf8'), machine);
  const stampFile = path.join(root, 'node_modules', '.tocsin-stamp');
  if (readIfThere(stampFile) === stamp) return;

  mkdirSync(cache, { recursive: true });
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  withLock(path.join(cache, `install-${key}.lock`), () => {
    if (readIfThere(stampFile) === stamp) return;
    const noteFile = path.join(root, 'node_modules', '.package-lock.json');
    const note = readIfThere(noteFile);
    // A stamp that differs may come from another kind of machine, whose packages npm's note can't tell from ours.
    const sameMachine = readIfThere(path.join(root, 'node_modules', '.tocsin-machine')) ?? machine;
    if (
      note === undefined ||
      sameMachine !== machine ||
      !installedMatches(JSON.parse(lockText), JSON.parse(note))
    ) {
      process.stderr.write(
        'tocsin: installing the packages of package-lock.json (once; this takes a minute)\n',
      );
      // Gone first, so that an install that is killed half-way can't be mistaken for a finished one.
      for (const file of [stampFile, noteFile]) rmSync(file, { force: true });
      const code = runNpm(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], root);
      if (code !== 0) {
        throw new Error(
          `npm ci failed in ${root} (exit code ${code}; its reason is above). ` +
            `Way out: check the network and 'npm config get registry', then run the same command again`,
        );
      }
    }
    writeFileSync(path.join(root, 'node_modules', '.tocsin-machine'), machine);
    writeFileSync(stampFile, stamp);
  });
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/**
 * Runs `work` while no other process holds the lock file. A lock whose process is gone is broken.
 * @param {string} file
 * @param {() => void} work
 */
export function withLock(file, work) {
  let told = false;
  while (!tryLock(file)) {
    const holder = readIfThere(file);
    if (holder !== undefined && isAbandoned(file, holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told && holder) {
      process.stderr.write(
        `tocsin: waiting for another install (process ${holder}) to end; if that is none, remove ${file}\n`,
      );
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Whether the lock is ours now.
 * @param {string} file
 */
function tryLock(file) {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * @param {string} file
 * @param {string} holder what the lock file says
 */
function isAbandoned(file, holder) {
  if (holder !== '') return !isAlive(Number(holder));
  // Made and not yet written: only a process that died in that moment leaves it so for long.
  const made = statSync(file, { throwIfNoEntry: false });
  return made !== undefined && Date.now() - made.mtimeMs > 5000;
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
