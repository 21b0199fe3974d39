#!/usr/bin/env node
// The one way into every npm script: `node scripts/run.mjs [--node 22|24|26] TASK [arguments]`.
//
// It needs nothing but a Node and npm. It finds a Node that is new enough (or fetches one out of npm), makes
// node_modules match package-lock.json, and then runs the task. When both are there already it touches no
// network and starts no npm. This file and what it imports must parse on Node 16.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runForeground } from './setup/child.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureNode } from './setup/install-node.mjs';
import { cacheFolder, environmentFor, npmScript } from './setup/places.mjs';
import { parseCommand, taskCommand, usage } from './setup/tasks.mjs';
import { defaultMajor, nodePackage, satisfies, waysOut } from './setup/versions.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @param {readonly string[]} argv */
async function run(argv) {
  const command = parseCommand(argv);
  if (typeof command === 'string') {
    process.stderr.write(`${command}\n${usage}\n`);
    return 2;
  }
  const cache = cacheFolder(process.env, process.platform, homedir());
  const npm = npmScript(process.env, process.execPath);
  const node = chooseNode(command.major, cache, npm);
  const env = environmentFor(process.env, node, process.platform);
  ensureDependencies(root, cache, { node, npm, env });
  const { args, cwd } = taskCommand(command.task, command.args, root, process.env, process.cwd());
  // Started by hand and sent to the background, a task may outlive its shell; started by npm, it may not.
  const followParent = process.env['npm_lifecycle_event'] !== undefined;
  return runForeground(node, args, { cwd, env, followParent });
}

/**
 * The Node for the task: the one that runs now where it will do, otherwise one out of npm.
 * @param {string | undefined} major what `--node` asked for
 * @param {string} cache
 * @param {string | undefined} npm
 */
function chooseNode(major, cache, npm) {
  const floor = String(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).engines.node);
  const newEnough = satisfies(process.version, floor);
  if (major === undefined && newEnough) return process.execPath;

  const own = process.version.slice(1);
  const machine = { platform: process.platform, arch: process.arch, musl: isMusl() };
  const pin = nodePackage(machine, major ?? defaultMajor);
  const subject = newEnough
    ? `tocsin: --node ${major} was asked for and this is Node ${own}`
    : `tocsin: this is Node ${own}, and Tocsin needs ${floor}`;
  if (pin === undefined) throw new Error(waysOut(machine, subject));
  if (pin.version === own) return process.execPath;
  // `npm run --silent` asks for the task's own words alone.
  if (process.env.npm_config_loglevel !== 'silent') {
    process.stderr.write(`${subject}; carrying on with Node ${pin.version} out of npm\n`);
  }
  return ensureNode(cache, pin, {
    node: process.execPath,
    npm,
    env: environmentFor(process.env, process.execPath, process.platform),
  });
}

/** Whether this Linux has no glibc, without which npm's Node can't start (Alpine, for one). */
function isMusl() {
  if (process.platform !== 'linux') return false;
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } } | undefined} */ (
    process.report?.getReport()
  );
  return report?.header !== undefined && report.header.glibcVersionRuntime === undefined;
}

run(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message.startsWith('tocsin: ') ? '' : 'tocsin: '}${message}\n`);
    process.exitCode = 2;
  },
);
