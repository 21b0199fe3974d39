import { spawnSync } from 'node:child_process';
import { standardFields } from '../src/decode/access/cloudfront-fields.ts';

/** Programs that do a part of the same on the same file, where they are installed: each gives its seconds of processor time. */
export function accessPeers(file: string): Readonly<Record<string, () => { readonly seconds: number }>> {
  const duck = duckDb();
  const peers = {
    'DuckDB, one thread': duck === undefined ? undefined : () => timed([...duck, perMinute(file)]),
    GoAccess: runs('goaccess', '--version')
      ? () =>
          timed([
            'sh',
            '-c',
            `gzip -dc '${file}' | goaccess - --no-global-config --log-format=CLOUDFRONT --no-progress -o '${file}.json'`,
          ])
      : undefined,
  };
  const missing = Object.entries(peers).flatMap(([name, run]) => (run === undefined ? [name] : []));
  if (missing.length > 0)
    process.stdout.write(`\nleft out, because it is not installed: ${missing.join(', ')}\n`);
  return Object.fromEntries(
    Object.entries(peers).flatMap(([name, run]) => (run === undefined ? [] : [[name, run]])),
  );
}

/** How to have DuckDB run a statement that follows. */
function duckDb(): readonly string[] | undefined {
  const at = process.argv.indexOf('--duckdb');
  const named = at < 0 ? undefined : process.argv[at + 1];
  const run = 'import sys, duckdb; print(len(duckdb.sql(sys.argv[1]).fetchall()))';
  for (const program of named === undefined ? ['duckdb', 'python3'] : [named]) {
    if (runs(program, '-c', 'import duckdb')) return [program, '-c', run];
    if (runs(program, '-c', 'SELECT 1')) return [program, '-c'];
  }
  return undefined;
}

function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Clients with many bad responses in a minute of the clock, which is what a query for scanners asks. */
function perMinute(file: string): string {
  const columns = standardFields.map((name) => `'${name}': 'VARCHAR'`).join(', ');
  return `SET threads = 1; SELECT "c-ip", "date", substr("time", 1, 5) AS minute, count(*) AS bad FROM read_csv('${file}', delim = '\t', header = false, skip = 2, quote = '', escape = '', auto_detect = false, columns = {${columns}}) WHERE "sc-status" IN ('400', '401', '403', '404', '405') GROUP BY ALL HAVING count(*) >= 50`;
}

/** Runs a command and gives the processor time of it and its children. */
function timed(command: readonly string[]): { readonly seconds: number } {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', `${quoted} >/dev/null || exit 1; times`], {
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0) throw new Error(`${command[0]}: ${error?.message ?? stderr}`);
  // The second line of `times` is of the children: `0m1.230s 0m0.040s`.
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const seconds = [...last.matchAll(/(\d+)m([\d.]+)s/g)].map(([, min, s]) => Number(min) * 60 + Number(s));
  return { seconds: seconds.reduce((sum, each) => sum + each, 0) };
}
