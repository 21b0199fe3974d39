import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';

/** The folder of PostgreSQL's programs: where the path leads, or where Debian puts them. */
function programs(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const root = '/usr/lib/postgresql';
  const debian = existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
  return [...onPath, ...debian.toSorted().toReversed()].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

/** PostgreSQL refuses to run as root; then it runs as this user. */
function otherUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const answer = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    const group = spawnSync('id', ['-g', name], { encoding: 'utf8' });
    if (answer.status === 0 && group.status === 0)
      return { uid: Number(answer.stdout), gid: Number(group.stdout) };
  }
  return undefined;
}

const folderOfPrograms = programs();

/** Whether PostgreSQL can be had: `apt-get install postgresql`. */
export const hasPostgres: boolean = folderOfPrograms !== undefined;

export interface Cluster {
  /** The folder of its socket, to be given as the host. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Runs SQL as its owner, in the database `postgres`. */
  readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>;
  /** Ends it and removes it. */
  readonly remove: () => Promise<void>;
}

/** A PostgreSQL of one's own in a temporary folder, which listens on a socket there and nowhere else. */
export async function startCluster(): Promise<Cluster> {
  const bin = folderOfPrograms ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-pg-'));
  const runAs = otherUser();
  if (runAs !== undefined) chownSync(folder, runAs.uid, runAs.gid);
  const data = join(folder, 'data');
  const user = 'tocsin';
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: folder, encoding: 'utf8', ...runAs },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  let child: ChildProcess;
  let ended: Promise<unknown>;
  const settings = { host: folder, port: 5432, user, database: 'postgres' };

  async function start(): Promise<void> {
    // Nothing here outlives a power cut, and need not.
    const fast = ['fsync=off', 'full_page_writes=off', 'shared_buffers=32MB', 'max_connections=400'];
    const args = ['-D', data, '-k', folder, '-c', 'listen_addresses=', ...fast.flatMap((one) => ['-c', one])];
    child = spawn(join(bin, 'postgres'), args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...runAs,
    });
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000);
    });
    let over = false;
    ended = new Promise((resolve) => child.on('close', resolve)).then(() => (over = true));
    for (;;) {
      try {
        await query('select 1');
        return;
      } catch (error) {
        if (over) throw new Error(`PostgreSQL ended before it took connections: ${log}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client(settings);
    client.on('error', () => {});
    await client.connect();
    try {
      // Several statements have several results, which the types do not know of.
      const results = [await client.query<Record<string, unknown>>(sql)].flat();
      return results.at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  // An immediate shutdown: no goodbye to anybody, and a recovery at the next start.
  const kill = async (): Promise<void> => {
    child.kill('SIGQUIT');
    await ended;
  };

  await start();
  return {
    host: folder,
    port: settings.port,
    user,
    kill,
    start,
    query,
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
