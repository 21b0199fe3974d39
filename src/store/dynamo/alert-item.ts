import type { Alert } from '../../alert/alert.ts';
import { toKey } from '../column-text.ts';
import { readAlert, type CommitRows } from '../rows.ts';
import { keyItem, numberOf, numeral, textOf, type Item } from './item.ts';
import { alone, keyPart, keyText, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

export type AlertColumns = Omit<CommitRows['alerts'][number]['row'], 'alert' | 'id' | 'stored_at'>;

/** An alert's item, but for the alert itself. */
export interface StoredAlert {
  readonly item: Item;
  /** As `toKey` makes it. */
  readonly id: string;
  readonly sequence: number;
  readonly storedAt: number;
  readonly time: number;
  readonly severity: string;
  readonly excepted: number;
  readonly ruleId: string;
  readonly account: string | undefined;
  readonly groupKey: string | undefined;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The list of those that last so long which it is in. */
  readonly lasting: number | undefined;
  readonly status: string;
  readonly snoozedUntil: number | undefined;
  readonly deliveries: readonly string[];
  /** Segments whose lists name it: see `segment.ts`. */
  readonly segments: readonly number[];
}

/** @param id as `toKey` makes it */
export function alertKey(id: string): Key {
  return { pk: `A#${keyPart(id)}`, sk: alone };
}

/** The item of the alert that goes by an id: its own, or that of a finding that joined it. */
export async function foundAlert(table: Table, id: string): Promise<Item | undefined> {
  const key = toKey(id);
  const items = await table.getMany([alertKey(key), occurrenceKey(key)]);
  const joins = textOf(items.get(keyText(occurrenceKey(key))), 'a');
  return (
    items.get(keyText(alertKey(key))) ?? (joins === undefined ? undefined : await table.get(alertKey(joins)))
  );
}

type Kept = Pick<StoredAlert, 'id' | 'sequence' | 'storedAt' | 'time' | 'deliveries' | 'segments'>;

/** @param text the alert as JSON */
export function alertItem(kept: Kept, columns: AlertColumns, text: string, stage: Stage): Item {
  const { account, group_key: group, snoozed_until: snoozed } = columns;
  return {
    ...keyItem(alertKey(kept.id)),
    id: { S: kept.id },
    q: numeral(kept.sequence),
    g: numeral(kept.storedAt),
    t: numeral(kept.time),
    s: { S: columns.severity },
    e: numeral(columns.excepted ?? 0),
    r: { S: columns.rule_id },
    ...(typeof account === 'string' && { c: { S: account } }),
    ...(typeof group === 'string' && { group: { S: group } }),
    first: numeral(columns.first_seen),
    last: numeral(columns.last_seen),
    ...(typeof columns.lasting === 'number' && { l: numeral(columns.lasting) }),
    st: { S: columns.status ?? 'open' },
    ...(typeof snoozed === 'number' && { sn: numeral(snoozed) }),
    d: { S: kept.deliveries.join(' ') },
    h: { S: kept.segments.join(' ') },
    ...stage.pack(text),
  };
}

export function storedAlert(item: Item): StoredAlert {
  const time = numberOf(item, 't') ?? 0;
  return {
    item,
    id: textOf(item, 'id') ?? '',
    sequence: numberOf(item, 'q') ?? 0,
    storedAt: numberOf(item, 'g') ?? 0,
    time,
    severity: textOf(item, 's') ?? '',
    excepted: numberOf(item, 'e') ?? 0,
    ruleId: textOf(item, 'r') ?? '',
    account: textOf(item, 'c'),
    groupKey: textOf(item, 'group'),
    firstSeen: numberOf(item, 'first') ?? time,
    lastSeen: numberOf(item, 'last') ?? time,
    lasting: numberOf(item, 'l'),
    status: textOf(item, 'st') ?? 'open',
    snoozedUntil: numberOf(item, 'sn'),
    deliveries: words(textOf(item, 'd')),
    segments: words(textOf(item, 'h')).map(Number),
  };
}

function words(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(' ');
}

/** @throws {StoreError} `corrupt` */
export async function alertWithin(table: Table, item: Item): Promise<Alert> {
  return readAlert(await textWithin(table, item, `alert ${textOf(item, 'id') ?? ''}`), table.place);
}

export function segmentKey(sequence: number): Key {
  return { pk: 'G', sk: rising(sequence) };
}

/** The alerts of a group, by when they were last seen. */
export function groupPartition(group: string): string {
  return `GK#${keyPart(group)}`;
}

export const snoozedList = 'SN';

/** Places of an alert in lists that follow from what it is. */
export function placesOf(
  alert: Pick<StoredAlert, 'id' | 'groupKey' | 'lastSeen' | 'snoozedUntil'>,
): readonly Key[] {
  const { id, groupKey, lastSeen, snoozedUntil } = alert;
  return [
    ...(groupKey === undefined
      ? []
      : [{ pk: groupPartition(groupKey), sk: `${rising(lastSeen)}#${keyPart(id)}` }]),
    ...(snoozedUntil === undefined
      ? []
      : [{ pk: snoozedList, sk: `${rising(snoozedUntil)}#${keyPart(id)}` }]),
  ];
}

/** Where it is said which alert a finding has joined. @param id as `toKey` makes it */
export function occurrenceKey(id: string): Key {
  return { pk: `O#${keyPart(id)}`, sk: alone };
}

/** What has joined an alert: an item for each change. */
export function occurrencesPartition(alertId: string): string {
  return `AO#${keyPart(alertId)}`;
}
