import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { makeArchive, type Archive } from './archive.ts';
import { littleMemory } from './little-memory.ts';
import { median, printTable, type Measured } from './measure.ts';
import { publishedPath } from './published.ts';

/** What scans are held against: in Node as it is, where they are fastest. */
const limits = ['gunzipSync of each file', 'the same, memory given back', 'unpacking and JSON.parse'];
const scans = ['own rules, all records parsed', 'own rules', 'the same without facts'];
const withPublished = ["and SigmaHQ's but one", "and all of SigmaHQ's"];
const told = z.object({ processor: z.array(z.number()), first: z.number(), alerts: z.number() });

/**
 * A CloudTrail archive with real rule sets, all findings: against the limits of any engine that reads it, which are unpacking alone (as
 * anybody calls it, and as fast as we found) and unpacking with JSON.parse of every whole file, measured in the same run, on one thread,
 * in processor time of the whole process: what others do on the machine counts for less.
 * Scans begin as the command does, with the little memory that it leaves itself. Then the whole command on one thread and on all, with its memory.
 */
export function benchSigma(smoke: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  try {
    if (publishedPath() === undefined)
      process.stdout.write(
        '\nsigma: without the rules of SigmaHQ; name a copy of them with --sigma-rules PATH\n',
      );
    const names = [...limits, ...scans, ...(publishedPath() === undefined ? [] : withPublished)];
    const archive = makeArchive(join(folder, 'archive'), smoke ? 4_000 : 200_000);
    printScans(archive, join(folder, 'archive'), names, smoke);
    // As an account has them in which little happens: CloudTrail delivers every few minutes whatever there is.
    const small = makeArchive(join(folder, 'small'), smoke ? 100 : 40_000, 3, 10);
    printScans(small, join(folder, 'small'), [...limits, 'own rules'], smoke);
    printCommand(join(folder, 'large'), smoke);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return Promise.resolve();
}

function printScans(archive: Archive, folder: string, names: readonly string[], smoke: boolean): void {
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  const firsts = new Map<string, number[]>(names.map((name) => [name, []]));
  const alerts = new Map<string, number>();
  // In turns, so that a machine that changes its speed changes it for all of them.
  for (let turn = 0; turn < (smoke ? 1 : 3); turn++) {
    for (const name of names) {
      const result = runSubject(name, folder, smoke ? 1 : 3);
      times.get(name)?.push(...result.processor);
      firsts.get(name)?.push(result.first);
      alerts.set(name, result.alerts);
    }
  }
  const results = [...times].map(([name, seconds]): Measured => ({
    name,
    seconds: seconds.sort((a, b) => a - b),
  }));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  printTable(
    `sigma: ${archive.records.toLocaleString('en')} records in ${archive.files.length.toLocaleString('en')} files, ${megabytes(archive.packedBytes)} packed, ${megabytes(archive.unpackedBytes)} unpacked, one thread, processor time`,
    results,
    { amount: archive.records, unit: 'records', bytes: archive.unpackedBytes },
  );
  for (const [name, count] of alerts) {
    if (count === 0) continue;
    const first = median((firsts.get(name) ?? []).toSorted((a, b) => a - b));
    process.stdout.write(
      `  ${name}: ${count.toLocaleString('en')} alerts; the first scan of a process, which is compiled meanwhile, takes ${first.toFixed(2)} s\n`,
    );
  }
}

function runSubject(name: string, folder: string, rounds: number): z.infer<typeof told> {
  const path = publishedPath();
  const { flags, environment } = limits.includes(name) ? { flags: [], environment: {} } : littleMemory;
  return told.parse(
    JSON.parse(
      execFileSync(
        process.execPath,
        [
          ...flags,
          join(import.meta.dirname, 'sigma-subject.ts'),
          name,
          folder,
          String(rounds),
          ...(path === undefined ? [] : ['--sigma-rules', path]),
        ],
        { encoding: 'utf8', env: { ...process.env, ...environment } },
      ),
    ),
  );
}

/** What the command takes as users start it: time with all that belongs to it, and most memory; also of a quarter of the archive. */
function printCommand(folder: string, smoke: boolean): void {
  const large = makeArchive(folder, smoke ? 8_000 : 1_000_000, 2);
  const cores = availableParallelism();
  const lines = [...new Set([1, cores])].map((threads) => {
    const quarter = runCommand(large.files.slice(0, large.files.length / 4), threads);
    const whole = runCommand(large.files, threads);
    const rate = Math.round(large.records / whole.seconds).toLocaleString('en');
    return `  ${`${threads} ${threads === 1 ? 'thread' : 'threads'}`.padEnd(12)}${whole.seconds.toFixed(1)} s, ${rate} records/s, ${whole.megabytes} MB at most (${quarter.megabytes} MB for a quarter of the records)`;
  });
  process.stdout.write(
    `\nsigma: the whole of \`tocsin scan\`, ${large.records.toLocaleString('en')} records, ${(large.packedBytes / 1e6).toFixed(0)} MB packed\n${lines.join('\n')}\n`,
  );
}

/** The process tells its own peak: what the system tells a parent counts the parent's memory too, which it shares for a moment. */
const tellMemory = `data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>{let%20status='';try{status=readFileSync('/proc/self/status','utf8')}catch{}console.error('most%20memory',/VmHWM:\\s*(\\d+)/.exec(status)?.[1]??process.resourceUsage().maxRSS)})`;

function runCommand(
  files: readonly string[],
  threads: number,
): { readonly seconds: number; readonly megabytes: number } {
  const started = performance.now();
  const { stderr } = spawnSync(
    process.execPath,
    [
      join(import.meta.dirname, '../scripts/run.mjs'),
      'tocsin',
      'scan',
      '--quiet',
      '--severity',
      'critical',
      '--threads',
      String(threads),
      ...files,
    ],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: `--import=${tellMemory}` } },
  );
  const seconds = (performance.now() - started) / 1000;
  // Of the script that starts the scan, and of the scan, which takes more.
  const kilobytes = Array.from(stderr.matchAll(/most memory (\d+)/g), ([, number]) => Number(number));
  if (kilobytes.length === 0) throw new Error(`the scan did not tell its memory: ${stderr}`);
  return { seconds, megabytes: Math.round((Math.max(...kilobytes) * 1024) / 1e6) };
}
