import pg from 'pg';
import type { HeldLock, LockOfLeader } from './leadership.ts';
import { postgresProblem } from './postgres-problem.ts';

const heartbeatMs = 5_000;
const patienceMs = 10_000;

/**
 * The lock of the leader: one that a session of the database holds, on a connection of its own. It is free at once when the process dies
 * or lets go, and within half a minute when its machine vanishes; nobody's clock matters. A pooler between must pool sessions and not
 * transactions. https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export function postgresLeadership(settings: pg.ClientConfig, schema: string, place: string): LockOfLeader {
  return async () => {
    const client = new pg.Client({ ...settings, query_timeout: patienceMs });
    const lost = new AbortController();
    const lose = (): void => lost.abort();
    client.on('error', lose);
    client.on('end', lose);
    try {
      await client.connect();
      // When the other side is gone without a word, the server gives the lock up after so many seconds.
      await client.query(
        `set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
         select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'`,
      );
      const { rows } = await client.query<{ free: boolean }>(
        "select pg_try_advisory_lock(hashtextextended('tocsin leader ' || $1, 0)) as free",
        [schema],
      );
      if (rows[0]?.free === true) return held(client, lost.signal, lose);
    } catch (error) {
      await client.end().catch(() => {});
      throw postgresProblem(error, 'leadership', place);
    }
    await client.end();
    return undefined;
  };
}

function held(client: pg.Client, lost: AbortSignal, lose: () => void): HeldLock {
  const timer = setInterval(() => {
    client.query('select 1').catch(lose);
  }, heartbeatMs);
  timer.unref();
  const end = (): void => clearInterval(timer);
  lost.addEventListener('abort', end, { once: true });
  return {
    lost,
    release: async () => {
      end();
      await client.end().catch(() => {});
    },
  };
}
