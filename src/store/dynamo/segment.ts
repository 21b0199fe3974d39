import { keyItem, numberOf, numeral, type Item } from './item.ts';
import { longKeys, shortKeys } from './posting.ts';
import type { Key } from './keys.ts';
import { segmentKey } from './alert-item.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

/** The alerts that one change stored, in their order, and the lists that it wrote for them. It goes when its last alert does. */
export interface Segment {
  /** Of its first alert; a number of its own where it has none. */
  readonly sequence: number;
  readonly storedAt: number;
  /** Number and id of each. */
  readonly alerts: readonly (readonly [sequence: number, id: string])[];
  /** Alerts stored before which its lists name as well. */
  readonly grown: readonly string[];
  readonly lists: readonly Key[];
}

export function segmentItem(segment: Segment, stage: Stage): Item {
  const { sequence, storedAt, alerts, grown, lists } = segment;
  return {
    ...keyItem(segmentKey(sequence)),
    q: numeral(sequence),
    g: numeral(storedAt),
    ...stage.pack(JSON.stringify([alerts, grown, shortKeys(lists)])),
  };
}

type Content = readonly [Segment['alerts'], Segment['grown'], Readonly<Record<string, readonly string[]>>];

/** @throws {StoreError} `corrupt` */
export async function readSegment(table: Table, item: Item): Promise<Segment> {
  const sequence = numberOf(item, 'q') ?? 0;
  const text = await textWithin(table, item, `segment ${sequence}`);
  const [alerts, grown, lists] = JSON.parse(text) as Content;
  return { sequence, storedAt: numberOf(item, 'g') ?? 0, alerts, grown, lists: longKeys(lists) };
}
