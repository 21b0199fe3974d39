#!/usr/bin/env node
// Plain JavaScript that every Node since 14.8 can parse, so that an old one gets a sentence and no stack trace.
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import * as os from 'node:os';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

// 22.18 is the first Node that runs TypeScript as it is without a flag; 23 learnt it in 23.6.
if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6)) {
  process.stderr.write(
    `tocsin: this is Node ${process.versions.node}, and Tocsin needs 22.18 or newer.\n` +
      `Ways out: https://nodejs.org/en/download, 'nvm install 24' or 'fnm install 24'; in a source checkout 'npm start' and 'npm run tocsin -- ...' bring their own Node.\n`,
  );
  process.exitCode = 2;
} else {
  beginAsFits(process.argv[2]);
  // Keeps compiled code between runs, in Node's own cache folder: a command then starts in a fraction of the time.
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  // In a source checkout the source itself runs. An installed package holds the compiled form, since Node
  // strips no types under node_modules.
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const entry = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
}

/**
 * Some of what suits a command must be said before a process begins, so that it begins again, once, as the same process.
 *
 * With little memory: a scan takes half as much memory again, where it is left alone, and whoever watches access logs 15 to 20 MB more.
 * Threads take memory from arenas of their own, which the C library of Linux hardly gives back. What is longer than 4 MB is taken and
 * given back by itself, so that no hole is left, and 8 MB are kept: files are unpacked into them one after the other, and fresh memory is slow. https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
 * Objects that live shortly get a room that fits the caches; a scan on one thread lets it grow to four times that, no other does.
 * https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 *
 * With few cores: Node collects garbage on four threads beside its own however few cores there are. On two, a server that has 100 MB of
 * state answers late for a tenth of a second then.
 * @param {string | undefined} command
 */
function beginAsFits(command) {
  const { env, execPath, execArgv, argv } = process;
  const isSmall = (command === 'scan' || command === 'traffic') && env['MALLOC_ARENA_MAX'] === undefined;
  const isNarrow = command === 'serve' && os.availableParallelism() <= 2;
  if (process.platform !== 'linux' || !(isSmall || isNarrow)) return;
  // The mark of our own ends this where the system takes the others out, as it does for programs with more rights than their user.
  if (env['TOCSIN_BEGUN'] !== undefined || process.send || !process.execve) return;
  try {
    const settings = isSmall ? './little-memory.json' : './few-cores.json';
    const { flags, environment } = JSON.parse(readFileSync(new URL(settings, import.meta.url), 'utf8'));
    // Whoever began this process may have said otherwise, and what is said last holds.
    process.execve(execPath, [execPath, ...flags, ...execArgv, ...argv.slice(1)], {
      ...environment,
      ...env,
      TOCSIN_BEGUN: '1',
    });
  } catch {
    // Not allowed to, as under Node's permission model: then it takes more.
  }
}
