import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
 * measured with ten records, is taken off. rsigma runs twice: with a folder that has no rules but those that can match, and
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
    const rates = commands.map((command) => rateOf(command, few, many, count, smoke ? 1 : 3));
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

/** By the fastest run of each: what disturbs a run can only make it longer. */
function rateOf(command: Command, few: string, many: string, count: number, rounds: number): number {
  const fastest = (events: string) =>
    Math.min(...Array.from({ length: rounds }, () => secondsOf(command, events)));
  return count / (fastest(many) - fastest(few));
}

function secondsOf({ program, args, name }: Command, events: string): number {
  const started = performance.now();
  const { status, stderr, error } = spawnSync(program, args(events), {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) throw new Error(`${name}: ${error?.message ?? stderr}`);
  return (performance.now() - started) / 1000;
}
