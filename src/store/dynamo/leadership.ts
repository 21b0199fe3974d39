import { randomUUID } from 'node:crypto';
import type { HeldLock, LockOfLeader } from '../leadership.ts';
import { keyItem, numberOf, numeral, textOf, type Item } from './item.ts';
import { alone, type Key } from './keys.ts';
import type { Table } from './table.ts';

const key: Key = { pk: 'LEAD', sk: alone };

/**
 * The lock of the leader: an item with its holder's name and a beat, which the holder raises again and again. Whoever has seen the same beat
 * for as long as the holder said that it would hold takes the lock; no clock is compared with another machine's. Nobody is told at once when a
 * process dies, and one that was only cut off may come back: what keeps it from writing then is its number.
 *
 * @param leaseMs how long the lock outlives its holder's last beat, in milliseconds
 */
export function dynamoLeadership(table: Table, leaseMs: number): LockOfLeader {
  let seen: { readonly text: string; readonly at: number } | undefined;
  return async () => {
    const item = await table.get(key);
    const holder = textOf(item, 'holder') ?? '';
    const beat = numberOf(item, 'beat') ?? 0;
    if (holder !== '') {
      const text = `${holder} ${beat}`;
      const now = performance.now();
      if (seen?.text !== text) seen = { text, at: now };
      if (now - seen.at < (numberOf(item, 'lease') ?? leaseMs)) return undefined;
    }
    const mine = randomUUID();
    const taken =
      item === undefined
        ? await table.putIf(leaseItem(mine, 1, leaseMs), 'attribute_not_exists(pk)')
        : await table.putIf(leaseItem(mine, 1, leaseMs), 'holder = :holder and beat = :beat', {
            ':holder': { S: holder },
            ':beat': numeral(beat),
          });
    return taken ? held(table, mine, leaseMs) : undefined;
  };
}

function leaseItem(holder: string, beat: number, leaseMs: number): Item {
  return { ...keyItem(key), holder: { S: holder }, beat: numeral(beat), lease: numeral(leaseMs) };
}

function held(table: Table, holder: string, leaseMs: number): HeldLock {
  const lost = new AbortController();
  let beat = 1;
  let good = performance.now();
  let beating: Promise<unknown> = Promise.resolve();
  const isMine = { ':holder': { S: holder } };
  const raise = async (): Promise<void> => {
    const begun = performance.now();
    try {
      beat += 1;
      const still = await table.putIf(leaseItem(holder, beat, leaseMs), 'holder = :holder', isMine);
      if (still) good = begun;
      else lost.abort();
    } catch {
      // Tried again until others may think that it is free.
    }
  };
  let underway = false;
  const timer = setInterval(
    () => {
      if (performance.now() - good > leaseMs * 0.8) lost.abort();
      if (underway || lost.signal.aborted) return;
      underway = true;
      beating = raise().finally(() => {
        underway = false;
      });
    },
    Math.max(leaseMs / 5, 10),
  );
  timer.unref();
  lost.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await beating;
      if (lost.signal.aborted) return;
      // Where that does not arrive the lock is free when its time is over.
      await table.putIf(leaseItem('', beat, leaseMs), 'holder = :holder', isMine).catch(() => {});
      lost.abort();
    },
  };
}
