import { parentPort, workerData } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';
import { longLog, type CheckpointPass } from './sqlite-checkpoint-pass.ts';

/** The body of the thread of `sqliteCheckpoints`: has a connection of its own to the same file, and checkpoints whenever it is told to. */

/** Milliseconds in which one commit that follows the other at once leaves it a gap. */
const patience = 1_000;

const database = new BetterSqlite3(String(workerData), { fileMustExist: true, timeout: patience });
database.pragma('synchronous = NORMAL');
// As for the store's own connection.
database.pragma('fullfsync = ON');
database.pragma('checkpoint_fullfsync = ON');
database.pragma('journal_size_limit = 67108864');

parentPort?.on('message', (message) => {
  if (message === 'end') {
    database.close();
    parentPort?.close();
    return;
  }
  const pass: CheckpointPass = { pages: 0, isBegunAnew: false };
  try {
    // It waits for nobody, and nobody for it, but never comes to the end of a log that is being written.
    const [done] = database.pragma('wal_checkpoint(PASSIVE)') as readonly { readonly log: number }[];
    // Writers wait for this one; little is left for it to do.
    pass.pages = done?.log ?? 0;
    if (pass.pages > longLog) {
      const [restarted] = database.pragma('wal_checkpoint(RESTART)') as readonly { readonly busy: number }[];
      pass.isBegunAnew = restarted?.busy === 0;
    }
  } finally {
    parentPort?.postMessage(pass);
  }
});
