import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readRuleFiles } from '../test/support/published-rules.ts';
import { recordMaker } from './archive.ts';
import { matchesEveryCallOfRoles, publishedPath } from './published.ts';
import { randomFrom } from './random.ts';

interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: (events: string) => readonly string[];
}

/**
 * Records a second of `tocsin scan` and of rsigma (https://crates.io/crates/rsigma), each as a command that reads the same lines of JSON
 * with the same rules and writes its findings as lines of JSON. What a command takes to start and to load the rules, which is
 * measured with ten records, is taken off. Processor time is what counts. rsigma runs twice: with a folder that has no rules but those that can match, and
 * with all rules and its own routing by log source.
 */
export function benchPeer(smoke: boolean): Promise<void> {
  const at = process.argv.indexOf('--rsigma');
  const rsigma = at < 0 ? undefined : process.argv[at + 1];
  const path = publishedPath();
  if (rsigma === undefined || path === undefined) {
    process.stdout.write(
      '\npeer: left out; it needs --rsigma PATH (`cargo install rsigma`) and the rules of SigmaHQ\n',
    );
    return Promise.resolve();
  }
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-peer-'));
  try {
    const { all, cloudTrail } = writeRules(folder, path);
    const make = recordMaker(randomFrom(1));
    const count = smoke ? 2_000 : 300_000;
    const few = join(folder, 'few.jsonl');
    const many = join(folder, 'many.jsonl');
    const linesFrom = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `${JSON.stringify(make(from + i))}\n`).join('');
    writeFileSync(few, linesFrom(0, 10));
    // Piece by piece, for no text may be as long as the file.
    for (let i = 0; i < count; i += 10_000) appendFileSync(many, linesFrom(i, Math.min(count, i + 10_000)));
    const routed = ['--logsource-routing', '--event-logsource', 'product=aws,service=cloudtrail'];
    const evaluate = (rules: string, more: readonly string[]) => (events: string) => [
      'engine',
      'eval',
      '-r',
      rules,
      '-e',
      `@${events}`,
      ...more,
    ];
    const tocsin = (rules: string) => (events: string) => [
      join(import.meta.dirname, '../bin/tocsin.js'),
      'scan',
      '--threads',
      '1',
      '--no-builtin-rules',
      '--rules',
      rules,
      '--format',
      'ndjson',
      events,
    ];
    const commands: readonly Command[] = [
      { name: 'rsigma, rules for CloudTrail alone', program: rsigma, args: evaluate(cloudTrail, []) },
      { name: 'rsigma, all rules, routed', program: rsigma, args: evaluate(all, routed) },
      { name: 'Tocsin, rules for CloudTrail alone', program: process.execPath, args: tocsin(cloudTrail) },
      { name: 'Tocsin, all rules', program: process.execPath, args: tocsin(all) },
    ];
    const rates = ratesOf(commands, few, many, count, smoke ? 1 : 5);
    const [limit = Number.NaN] = rates;
    const rows = commands.map(({ name }, i) => {
      const rate = rates[i] ?? Number.NaN;
      return `  ${name.padEnd(38)}${`${Math.round(rate).toLocaleString('en')} records/s`.padStart(24)}${`${(rate / limit).toFixed(1)} x`.padStart(10)}`;
    });
    process.stdout.write(
      `\npeer: beside rsigma, ${count.toLocaleString('en')} records as lines of JSON, one thread\n${rows.join('\n')}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  return Promise.resolve();
}

/** Rules as files, for programs that read them from there; one rule is left out, since every call of every role is a finding of it. */
function writeRules(folder: string, path: string): { readonly all: string; readonly cloudTrail: string } {
  const all = join(folder, 'all');
  const cloudTrail = join(folder, 'cloudtrail');
  for (const file of readRuleFiles(path)) {
    if (file.text.includes(matchesEveryCallOfRoles)) continue;
    const folders = /^\s*service:\s*cloudtrail\s*$/m.test(file.text) ? [all, cloudTrail] : [all];
    for (const target of folders) {
      mkdirSync(dirname(join(target, file.path)), { recursive: true });
      writeFileSync(join(target, file.path), file.text);
    }
  }
  return { all, cloudTrail };
}

/**
 * By the fastest run of each: what disturbs a run can only make it longer. The programs take turns, so that a machine that changes its speed
 * changes it for all of them.
 */
function ratesOf(
  commands: readonly Command[],
  few: string,
  many: string,
  count: number,
  rounds: number,
): readonly number[] {
  const fastest = commands.map(() => ({ few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, command] of commands.entries()) {
      const own = fastest[i];
      if (own === undefined) continue;
      own.few = Math.min(own.few, secondsOf(command, few));
      own.many = Math.min(own.many, secondsOf(command, many));
    }
  }
  return fastest.map((own) => count / (own.many - own.few));
}

function secondsOf({ program, args, name }: Command, events: string): number {
  const before = spentByChildren();
  const started = performance.now();
  const { status, stderr, error } = spawnSync(program, args(events), {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) throw new Error(`${name}: ${error?.message ?? stderr}`);
  const after = spentByChildren();
  return before === undefined || after === undefined ? (performance.now() - started) / 1000 : after - before;
}

/**
 * Seconds of processor time that the programs have taken which were started here and have ended, on all threads. Undefined
 * where the system does not tell; then the clock has to do. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function spentByChildren(): number | undefined {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return undefined;
  }
  // The name of the program, in brackets, is the second of the fields, and may hold anything; those of children are the 16th and 17th.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15)
    .map(Number);
  return user === undefined || system === undefined ? undefined : (user + system) / ticksPerSecond;
}

/** Of every Linux that Node runs on. */
const ticksPerSecond = 100;
