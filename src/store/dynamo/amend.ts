import type { Alert } from '../../alert/alert.ts';
import { withLookups } from '../../alert/looked-up.ts';
import { toColumn, toKey } from '../column-text.ts';
import type { Amendment } from '../store.ts';
import { alertKey, alertWithin, storedAlert, type StoredAlert } from './alert-item.ts';
import { alertWriter } from './alert-writer.ts';
import { isSmall, type Changes, type Plan } from './change.ts';
import { moveWrites, type StoredDelivery } from './delivery.ts';
import { withFollowUps } from './follow-ups.ts';
import type { Head } from './head.ts';
import { deliveriesOf } from './old-alerts.ts';
import type { Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

/** See `Store.amend`. */
export async function amendAlert(
  table: Table,
  changes: Changes,
  amendment: Amendment,
): Promise<Alert | undefined> {
  const amended = await changes.change('alert', (head, stage) =>
    planAmendment(table, amendment, head, stage),
  );
  const { release, alertId, now } = amendment;
  // By itself, because an alert may be too large for both to be one transaction. What it fails to move goes out when it is due.
  if (amended !== undefined && release !== undefined)
    await changes.change('alert', async () => {
      const item = await table.get(alertKey(toKey(alertId)));
      const writes = item === undefined ? [] : await releaseWrites(table, storedAlert(item), release, now);
      return { writes: isSmall(writes) ? writes : [], result: undefined };
    });
  return amended;
}

async function planAmendment(
  table: Table,
  { alertId, lookups, followUps = [], now }: Amendment,
  head: Head,
  stage: Stage,
): Promise<Plan<Alert | undefined>> {
  const item = await table.get(alertKey(toKey(alertId)));
  if (item === undefined) return { writes: [], result: undefined };
  const before = await alertWithin(table, item);
  const after = withLookups(before, lookups);
  if (after === undefined) return { writes: [], result: before };
  const stored = storedAlert(item);
  const writer = alertWriter(head, stage, table.place);
  writer.rewrite(stored, before, after);
  const { writes, numbers } = writer.finish(now);
  const heard =
    followUps.length === 0 ? [] : [{ id: stored.id, channels: followUps.map(toColumn), now, at: now }];
  return { writes: await withFollowUps(table, writes, heard, stage), numbers, result: after };
}

async function releaseWrites(
  table: Table,
  alert: StoredAlert,
  { channels, until }: NonNullable<Amendment['release']>,
  now: number,
): Promise<readonly Write[]> {
  const named = new Set(channels.map(toColumn));
  const waits = ({ row }: StoredDelivery): boolean =>
    named.has(row.channel) &&
    row.due <= until &&
    row.phase === 'waiting' &&
    row.attempts === 0 &&
    row.told_revision < 0 &&
    row.cause === null;
  const deliveries = (await deliveriesOf(table, [alert])).get(alert.id) ?? [];
  return moveWrites(
    deliveries
      .filter(waits)
      .map((before) => ({ before, after: { ...before.row, phase: 'ready' as const, due: now } })),
  );
}
