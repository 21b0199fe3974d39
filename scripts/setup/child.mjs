// Children: run one to its end, and pass on signals and exit codes as if it had been started directly.
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program to its end with its output on ours; its standard input stays empty.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string> }} options
 * @returns {number} exit code; 128 + N where signal N ended it, 127 where it could not be started
 */
export function runQuietInput(file, args, options) {
  // Standard output is where a task's result goes (JSON, CSV), so what installs on the way writes to stderr.
  const result = spawnSync(file, args, { ...options, stdio: ['ignore', 2, 2], windowsHide: true });
  if (result.error !== undefined) return 127;
  return result.status ?? exitCodeOfSignal(result.signal);
}

/**
 * The exit code by which a shell reports a signal.
 * @param {NodeJS.Signals | null} signal
 */
function exitCodeOfSignal(signal) {
  return signal === null ? 1 : 128 + (constants.signals[signal] ?? 0);
}

/**
 * Runs a program in the foreground, on our standard streams, and resolves to its exit code.
 *
 * A signal sent to us alone is passed on. Ctrl-C is different: the terminal sends it to every process in the
 * foreground, so the child has it already, and passing it on would make one Ctrl-C look like two to a server
 * that takes the second one for impatience.
 *
 * A SIGTERM to npm ends the shell that npm put between itself and us, and we hear nothing of it but that our
 * parent is gone. Without `followParent` the child would then live on with nobody to stop it.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string>, followParent: boolean }} options
 * @returns {Promise<number>}
 */
export function runForeground(file, args, { cwd, env, followParent }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: 'inherit' });
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      if (!(signal === 'SIGINT' && atTerminal)) child.kill(signal);
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);

    const parent = process.ppid;
    const watch = setInterval(() => {
      if (!followParent || process.ppid === parent) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 200);

    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, pass);
      resolve(code ?? exitCodeOfSignal(signal));
    });
  });
}
