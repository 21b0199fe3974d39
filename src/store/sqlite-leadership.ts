import BetterSqlite3 from 'better-sqlite3';
import type { LockOfLeader } from './leadership.ts';
import { sqliteProblem } from './sqlite-problem.ts';

/** The file beside the store's whose lock the leader holds. Nothing is ever in it. */
export function leaderFile(path: string): string {
  return `${path}-leader`;
}

/** The lock of the leader: an empty database that stays locked. The system frees it when the process ends, however it ends. */
export function sqliteLeadership(path: string): LockOfLeader {
  return async () => {
    const lost = new AbortController();
    if (path === ':memory:') return { lost: lost.signal, release: async () => lost.abort() };
    const file = leaderFile(path);
    try {
      const database = new BetterSqlite3(file, { timeout: 0 });
      try {
        database.exec('begin exclusive');
      } catch (error) {
        database.close();
        throw error;
      }
      return {
        lost: lost.signal,
        release: async () => {
          lost.abort();
          database.close();
        },
      };
    } catch (error) {
      const problem = sqliteProblem(error, 'leadership', file);
      if (problem.problem === 'busy') return undefined;
      throw problem;
    }
  };
}
