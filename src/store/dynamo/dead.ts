import { fromColumn, toColumn } from '../column-text.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { checkLimit } from '../limit.ts';
import { readHistory } from '../rows.ts';
import type { DeadDelivery, DeadHandling, DeadPage, DeadQuery } from '../store.ts';
import { alertKey, alertWithin } from './alert-item.ts';
import type { Changes } from './change.ts';
import { deadList, deliveryKey, moveWrites, storedDelivery, type StoredDelivery } from './delivery.ts';
import { textOf } from './item.ts';
import { keyPart, keyText, last, rising } from './keys.ts';
import type { Table } from './table.ts';

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectDead(table: Table, query: DeadQuery): Promise<DeadPage> {
  const { channel, since, until, reason = '', limit } = query;
  checkLimit(limit);
  const after = query.after === undefined ? undefined : readCursor(query.after);
  const end = after === undefined ? undefined : `${rising(after.time)}#${keyPart(after.id)}`;
  const range = {
    pk: deadList,
    from: since === undefined ? undefined : rising(since),
    to: end ?? (until === undefined ? last : rising(until)),
  };
  const found: StoredDelivery[] = [];
  if (range.from === undefined || range.from <= range.to)
    for await (const page of table.pages({ ...range, newestFirst: true, limit: 200 })) {
      const keys = page
        .filter((item) => textOf(item, 'sk') !== end)
        .map((item) => deliveryKey(textOf(item, 'id') ?? ''));
      const items = await table.getMany(keys);
      const rows = keys.flatMap((key) => {
        const item = items.get(keyText(key));
        return item === undefined ? [] : [storedDelivery(item)];
      });
      found.push(
        ...rows.filter(
          ({ row }) =>
            row.phase === 'dead' &&
            (channel === undefined || row.channel === toColumn(channel)) &&
            (until === undefined || (row.settled_at ?? 0) < until) &&
            (row.reason ?? '').includes(toColumn(reason)),
        ),
      );
      if (found.length > limit) break;
    }
  const chosen = found.slice(0, limit);
  const final = chosen.at(-1)?.row;
  return {
    deliveries: await withAlerts(table, chosen),
    next:
      found.length > limit && final ? writeCursor({ time: final.settled_at ?? 0, id: final.id }) : undefined,
  };
}

async function withAlerts(table: Table, dead: readonly StoredDelivery[]): Promise<readonly DeadDelivery[]> {
  const items = await table.getMany(dead.map(({ alertId }) => alertKey(alertId)));
  const deliveries = await Promise.all(
    dead.map(async ({ row, alertId }): Promise<readonly DeadDelivery[]> => {
      const item = items.get(keyText(alertKey(alertId)));
      if (item === undefined) return [];
      return [
        {
          id: row.id,
          channel: fromColumn(row.channel),
          alert: await alertWithin(table, item),
          attempts: row.attempts,
          reason: fromColumn(row.reason ?? ''),
          diedAt: row.settled_at ?? 0,
          history: readHistory(row.history, table.place),
        },
      ];
    }),
  );
  return deliveries.flat();
}

/** So few at once that they can be held to how they were read; see `Where` of a write. */
const idsAtOnce = 20;
const keptHistory = 20;

/** See `Store.handleDead`. */
export async function handleDeadDeliveries(
  table: Table,
  changes: Changes,
  ids: readonly string[],
  handling: DeadHandling,
): Promise<readonly string[]> {
  const handled: string[] = [];
  const unique = [...new Set(ids.map(toColumn))];
  for (let from = 0; from < unique.length; from += idsAtOnce)
    handled.push(
      ...(await changes.change('handleDead', async () => {
        const items = await table.getMany(unique.slice(from, from + idsAtOnce).map(deliveryKey));
        const dead = [...items.values()].map(storedDelivery).filter(({ row }) => row.phase === 'dead');
        const moves = dead.map((before) => ({
          before,
          after: afterHandling(before.row, handling, table.place),
        }));
        return { writes: moveWrites(moves), result: dead.map(({ row }) => row.id) };
      })),
    );
  return handled;
}

function afterHandling(
  row: StoredDelivery['row'],
  handling: DeadHandling,
  place: string,
): StoredDelivery['row'] {
  const history = [...readHistory(row.history, place), { ...handling, after: fromColumn(row.reason ?? '') }];
  const kept = JSON.stringify(history.slice(-keptHistory));
  const { at } = handling;
  return handling.action === 'replayed'
    ? { ...row, history: kept, phase: 'ready', due: at, attempts: 0, settled_at: null, changed_at: at }
    : { ...row, history: kept, phase: 'dropped', settled_at: at };
}
