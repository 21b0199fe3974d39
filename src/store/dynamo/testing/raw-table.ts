import { paginateScan, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '../item.ts';
import { deadList, placeInQueue, queuePartition, storedDelivery } from '../delivery.ts';
import { storedAlert } from '../alert-item.ts';
import { countDeliveries } from '../outbox.ts';
import { dynamoTable } from '../table.ts';

/** Everything in a table. */
async function allItems(client: DynamoDBClient, table: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
    items.push(...(page.Items ?? []));
  return items;
}

/** What of a table does not agree with the rest of it; nothing, if all is well. */
export async function contradictions(client: DynamoDBClient, table: string): Promise<readonly string[]> {
  const items = await allItems(client, table);
  const found: string[] = [];
  const keys = new Set(items.map(({ pk, sk }) => `${pk?.S} ${sk?.S}`));
  const of = (prefix: string) =>
    items.filter(({ pk }) => pk?.S === prefix || pk?.S?.startsWith(`${prefix}#`));
  for (const prefix of ['I', 'J', 'FU', 'SE'])
    for (const { pk, sk } of of(prefix)) found.push(`left over: ${pk?.S} ${sk?.S}`);
  const referred = new Set(items.flatMap(({ x }) => (x?.S === undefined ? [] : [`X#${x.S}`])));
  for (const { pk, sk } of of('X'))
    if (!referred.has(pk?.S ?? '')) found.push(`left over: ${pk?.S} ${sk?.S}`);
  if (of('HEAD').some(({ pending }) => pending !== undefined)) found.push('a change is pending');

  const alerts = of('A').map(storedAlert);
  const ids = new Set(alerts.map(({ id }) => id));
  const deliveries = of('D').map(storedDelivery);
  const sum = { pending: 0, delivered: 0, dead: 0, dropped: 0 };
  const queued = new Set<string>();
  for (const { row, alertId } of deliveries) {
    const place = placeInQueue(row);
    if (place !== undefined) queued.add(`${queuePartition(row.channel)} ${place}`);
    const { phase } = row;
    sum[phase === 'delivered' || phase === 'dead' || phase === 'dropped' ? phase : 'pending'] += 1;
    if (!ids.has(alertId)) found.push(`no alert ${alertId} of delivery ${row.id}`);
  }
  for (const place of queued) if (!keys.has(place)) found.push(`not in the queue: ${place}`);
  for (const { pk, sk } of of('Q'))
    if (!queued.has(`${pk?.S} ${sk?.S}`)) found.push(`in the queue for nothing: ${pk?.S} ${sk?.S}`);
  if (of(deadList).length !== sum.dead) found.push(`${of(deadList).length} listed as dead of ${sum.dead}`);
  const counted = await countDeliveries(dynamoTable(client, table, table));
  if (JSON.stringify(counted) !== JSON.stringify(sum))
    found.push(`counted ${JSON.stringify(counted)} of ${JSON.stringify(sum)}`);

  const owed = alerts.flatMap((alert) => alert.deliveries);
  if (owed.length !== deliveries.length) found.push(`${deliveries.length} deliveries of ${owed.length}`);
  const segments = new Set(of('G').map(({ q }) => q?.N));
  for (const alert of alerts)
    for (const segment of alert.segments)
      if (!segments.has(String(segment))) found.push(`no segment ${segment} of alert ${alert.id}`);
  if (alerts.length === 0)
    for (const { pk, sk } of [...of('T'), ...of('G')]) found.push(`left over: ${pk?.S} ${sk?.S}`);
  return found;
}
