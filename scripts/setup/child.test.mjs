import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const module = pathToFileURL(path.join(import.meta.dirname, 'child.mjs')).href;

/**
 * A process that runs another one in the foreground, as scripts/run.mjs does.
 * @param {string} code of the inner one
 */
function outerProgram(code) {
  return `
    import { runForeground } from ${JSON.stringify(module)};
    const options = { cwd: process.cwd(), env: process.env, followParent: true };
    process.exitCode = await runForeground(process.execPath, ['-e', ${JSON.stringify(code)}], options);`;
}

/** @param {string} code of the inner process */
function outer(code) {
  const args = ['--input-type=module', '-e', outerProgram(code)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe.skipIf(process.platform === 'win32')('a task in the foreground', () => {
  it('gives its exit code back', async () => {
    const [code] = await once(outer('process.exit(7)'), 'exit');
    expect(code).toBe(7);
  });

  it('that a signal ended is told as a shell tells it', async () => {
    const [code] = await once(outer("process.kill(process.pid, 'SIGKILL')"), 'exit');
    expect(code).toBe(137);
  });

  it.each(/** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))(
    'gets %s once and may take its time to drain',
    async (signal) => {
      const child = outer(`
      let times = 0;
      process.on('${signal}', () => { times += 1; setTimeout(() => { console.log('drained', times); process.exit(3); }, 50); });
      setInterval(() => {}, 1000);
      console.log('ready');`);
      /** @type {string[]} */
      const said = [];
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        said.push(line);
        if (line === 'ready') child.kill(signal);
      });
      const [code] = await once(child, 'close');
      expect(said).toEqual(['ready', 'drained 1']);
      expect(code).toBe(3);
    },
  );

  it('is stopped when the shell that npm put in between is killed', async () => {
    const code = `
      process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
    // The second command keeps the shell from turning into the first.
    const shell = spawn(
      'sh',
      ['-c', '"$0" --input-type=module -e "$1"; true', process.execPath, outerProgram(code)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    /** @type {string[]} */
    const said = [];
    createInterface({ input: shell.stdout }).on('line', (line) => {
      said.push(line);
      if (line === 'ready') shell.kill('SIGTERM');
    });
    // 'close' and not 'exit': the pipe stays open for as long as anybody behind the shell lives.
    await once(shell, 'close');
    expect(said).toEqual(['ready', 'drained']);
  });
});
