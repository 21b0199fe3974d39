import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const bin = join(import.meta.dirname, '../../bin');

function flagsIn(file: string): readonly string[] {
  return z.object({ flags: z.array(z.string()) }).parse(JSON.parse(readFileSync(join(bin, file), 'utf8')))
    .flags;
}

/** With which flags of Node a command runs in the end: a process that begins again does not end before. */
function flagsOf(command: string, env: NodeJS.ProcessEnv = {}): unknown {
  const tell = `data:text/javascript,process.on('exit',()=>console.log('flags',JSON.stringify(process.execArgv)))`;
  const output = execFileSync(process.execPath, [join(bin, 'tocsin.js'), command, '--help'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_OPTIONS: `--import=${tell}`, ...env },
  });
  const told = Array.from(output.matchAll(/^flags (.*)$/gm), ([, flags = '']) => flags);
  expect(told).toHaveLength(1);
  return JSON.parse(told[0] ?? '');
}

describe.skipIf(process.platform !== 'linux')('a command begins with what must be said before', () => {
  const few = availableParallelism() <= 2 ? flagsIn('few-cores.json') : [];
  it.each([
    ['scan', flagsIn('little-memory.json')],
    ['traffic', flagsIn('little-memory.json')],
    ['serve', few],
    ['rules', []],
  ])('%s', (command, flags) => {
    expect(flagsOf(command)).toEqual(flags);
  });

  it('unless the operator has settled it', () => {
    expect(flagsOf('scan', { MALLOC_ARENA_MAX: '4' })).toEqual([]);
  });
});
