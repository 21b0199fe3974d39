import type { Alert } from '../../alert/alert.ts';
import { readAlert } from '../rows.ts';
import type { CommitRows } from '../rows.ts';
import { keyItem, numberOf, numeral, textOf, type Item } from './item.ts';
import { alone, keyPart, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

type AlertRow = CommitRows['alerts'][number]['row'];

/** An alert's item, but for the alert itself. */
export interface StoredAlert {
  readonly item: Item;
  readonly id: string;
  readonly sequence: number;
  readonly storedAt: number;
  readonly time: number;
  readonly severity: string;
  readonly excepted: number;
  readonly ruleId: string;
  readonly account: string | undefined;
  readonly deliveries: readonly string[];
  /** Segments whose lists name it: see `segment.ts`. */
  readonly segments: readonly number[];
}

/** @param id as `toKey` makes it */
export function alertKey(id: string): Key {
  return { pk: `A#${keyPart(id)}`, sk: alone };
}

export function alertItem(
  row: AlertRow,
  more: { readonly sequence: number; readonly deliveries: readonly string[]; readonly segment: number },
  stage: Stage,
): Item {
  return {
    ...keyItem(alertKey(row.id)),
    id: { S: row.id },
    q: numeral(more.sequence),
    g: numeral(row.stored_at),
    t: numeral(row.time),
    s: { S: row.severity },
    e: numeral(row.excepted ?? 0),
    r: { S: row.rule_id },
    ...(typeof row.account === 'string' && { c: { S: row.account } }),
    d: { S: more.deliveries.join(' ') },
    h: { S: String(more.segment) },
    ...stage.pack(row.alert),
  };
}

/** The same alert with what is new about it. */
export function changedAlertItem(
  { item, segments }: StoredAlert,
  text: string,
  segment: number | undefined,
  stage: Stage,
): Item {
  const { b: _b, x: _x, n: _n, ...rest } = item;
  stage.replace(item);
  return {
    ...rest,
    h: { S: [...segments, ...(segment === undefined ? [] : [segment])].join(' ') },
    ...stage.pack(text),
  };
}

export function storedAlert(item: Item): StoredAlert {
  return {
    item,
    id: textOf(item, 'id') ?? '',
    sequence: numberOf(item, 'q') ?? 0,
    storedAt: numberOf(item, 'g') ?? 0,
    time: numberOf(item, 't') ?? 0,
    severity: textOf(item, 's') ?? '',
    excepted: numberOf(item, 'e') ?? 0,
    ruleId: textOf(item, 'r') ?? '',
    account: textOf(item, 'c'),
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
