import { toColumn, toKey } from '../column-text.ts';
import { alertKey, storedAlert } from './alert-item.ts';
import type { Changes } from './change.ts';
import { moveWrites, type StoredDelivery } from './delivery.ts';
import { deliveriesOf } from './old-alerts.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

/** So many alerts at once that their deliveries can be held to how they were read; see `Where` of a write. */
const alertsAtOnce = 4;

interface Times {
  readonly now: number;
  readonly at: number;
}

/** See `Store.oweFollowUps`. */
export async function oweFollowUps(
  table: Table,
  changes: Changes,
  alertIds: readonly string[],
  channels: readonly string[],
  times: Times,
): Promise<void> {
  if (channels.length === 0) return;
  const ids = [...new Set(alertIds.map(toKey))];
  for (let from = 0; from < ids.length; from += alertsAtOnce)
    await changes.change('oweFollowUps', async () => ({
      writes: await followUpWrites(table, ids.slice(from, from + alertsAtOnce), channels, times),
      result: undefined,
    }));
}

/** @param ids as `toKey` makes them */
async function followUpWrites(
  table: Table,
  ids: readonly string[],
  channels: readonly string[],
  times: Times,
): Promise<readonly Write[]> {
  const told = new Set(channels.map(toColumn));
  const items = await table.getMany(ids.map(alertKey));
  const deliveries = await deliveriesOf(table, [...items.values()].map(storedAlert));
  const moves = [...deliveries.values()]
    .flat()
    .filter(({ row }) => told.has(row.channel))
    .map((before) => ({ before, after: changed(before.row, times) }));
  return moveWrites(moves);
}

function changed(row: StoredDelivery['row'], { now, at }: Times): StoredDelivery['row'] {
  const known = row.told_revision >= 0;
  const over = known && (row.phase === 'delivered' || row.phase === 'dead' || row.phase === 'dropped');
  // Not after a failed attempt, whose wait is the receiver's to say; nor a first message that is to wait for a time or a condition.
  const untried = row.phase === 'waiting' && row.attempts === 0 && known;
  return {
    ...row,
    revision: row.revision + 1,
    changed_at: now,
    phase: over ? 'waiting' : row.phase,
    follows: known ? 1 : 0,
    attempts: over ? 0 : row.attempts,
    due: over ? at : untried && row.due > at ? at : row.due,
  };
}
