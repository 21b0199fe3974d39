// What each task runs. Pure, so that a test can hold it against package.json's scripts.
import path from 'node:path';

/** @typedef {{ task: string, args: string[], major: string | undefined }} Command */

const vitest = 'node_modules/vitest/vitest.mjs';

// Records are garbage as soon as they are judged: a small young generation costs a scan no time and saves 90 MB.
const smallHeap = ['--max-semi-space-size=4'];

/** A task is a script, the arguments of Node itself and those before the user's own, and whether paths in those are meant from where the user stands. */
const tasks = {
  start: { node: smallHeap, script: 'bin/tocsin.js', args: ['serve', '--demo'], fromUser: true },
  tocsin: { node: smallHeap, script: 'bin/tocsin.js', args: [], fromUser: true },
  test: { node: [], script: vitest, args: ['run'], fromUser: false },
  check: { node: [], script: 'scripts/check.mjs', args: [], fromUser: false },
  bench: { node: [], script: 'bench/run.ts', args: [], fromUser: false },
  eval: { node: [], script: 'scripts/eval.ts', args: [], fromUser: false },
  docs: { node: [], script: 'scripts/docs.ts', args: [], fromUser: false },
  build: { node: [], script: 'scripts/build.mjs', args: [], fromUser: false },
  format: {
    node: [],
    script: 'node_modules/prettier/bin/prettier.cjs',
    args: ['--write', '.'],
    fromUser: false,
  },
};

export const taskNames = Object.keys(tasks);

export const usage = `usage: node scripts/run.mjs [--node 22|24|26] ${taskNames.join('|')} [arguments]`;

/**
 * @param {readonly string[]} argv
 * @returns {Command | string} the command, or what is wrong with it
 */
export function parseCommand(argv) {
  let rest = argv;
  /** @type {string | undefined} */
  let major;
  const first = rest[0] ?? '';
  if (first === '--node' || first.startsWith('--node=')) {
    major = first === '--node' ? rest[1] : first.slice('--node='.length);
    rest = rest.slice(first === '--node' ? 2 : 1);
    if (major === undefined || !/^(22|24|26)$/.test(major))
      return `tocsin: --node: expected 22, 24 or 26, not '${major ?? ''}'`;
  }
  const [task, ...args] = rest;
  if (task === undefined) return 'tocsin: no task given';
  if (!taskNames.includes(task)) return `tocsin: '${task}' is no task`;
  return { task, args, major };
}

/**
 * The Node arguments and the working folder of a task. npm moves to the project's folder before it runs a script
 * and says in INIT_CWD where the user stood; only there do the paths that they typed mean what they meant.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {string} root
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} cwd
 */
export function taskCommand(name, args, root, env, cwd) {
  const task = tasks[/** @type {keyof typeof tasks} */ (name)];
  const stood = env['npm_lifecycle_event'] === undefined ? cwd : (env['INIT_CWD'] ?? cwd);
  return {
    args: [...task.node, path.join(root, ...task.script.split('/')), ...task.args, ...args],
    cwd: task.fromUser ? stood : root,
  };
}
