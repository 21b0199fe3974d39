import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin/tocsin.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tocsin` as a user would, in a process of its own. */
export async function tocsin(
  args: readonly string[],
  options: {
    readonly input?: string | Uint8Array;
    readonly cwd?: string;
    readonly env?: Record<string, string>;
  } = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => {}); // a command that needs no input may end before it is written
  child.stdin.end(options.input ?? '');
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString('utf8');
}

export interface ServerProcess {
  readonly address: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly log: () => string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts `tocsin serve` (or another command that listens) on a free port and waits until it says where it listens. */
export async function startServer(
  args: readonly string[],
  env: Record<string, string> = {},
  command = 'serve',
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [bin, command, '--port', '0', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, log] = [collect(child.stdout), collect(child.stderr)];
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let over = false;
  void ended.then(() => (over = true));
  for (;;) {
    const address = /http:\/\/\S+:\d+/.exec(output())?.[0];
    if (address !== undefined) return { address, child, output, log, ended };
    if (over) throw new Error(`the server ended before it listened: ${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Waits for something that happens in another process; gives up loudly. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const patience = Date.now() + 60_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > patience) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
