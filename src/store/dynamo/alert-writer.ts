import type { Alert } from '../../alert/alert.ts';
import type { Status } from '../../alert/alert-life.ts';
import { lifecycleOf, type HistoryLine } from '../../alert/lifecycle.ts';
import { toKey } from '../column-text.ts';
import { alertRow } from '../rows.ts';
import { alertTerms } from '../search-terms.ts';
import { alertItem, placesOf, storedAlert, type AlertColumns, type StoredAlert } from './alert-item.ts';
import type { Head, HeadNumber } from './head.ts';
import { historyItems } from './history.ts';
import { keyItem, keyOf, packed, type Item } from './item.ts';
import { keyPart, keyText } from './keys.ts';
import { lastingTerm, listTerm, postingItems, type Posted } from './posting.ts';
import { segmentItem } from './segment.ts';
import type { Stage } from './stage.ts';
import type { Write } from './write.ts';

export const figuresList = 'F';

export interface NewAlert {
  /** As `toKey` makes it. */
  readonly id: string;
  readonly columns: AlertColumns;
  /** The alert as JSON. */
  readonly text: string;
  readonly terms: readonly string[];
  readonly deliveries: readonly string[];
  readonly now: number;
}

/** Collects what one change does to alerts, with everything that follows from it: lists, figures, totals, history. */
export interface AlertWriter {
  /** The number that the next new alert gets. */
  readonly next: () => number;
  readonly insert: (alert: NewAlert) => void;
  /** Writes an alert over what is stored of it. When it was stored, and by what it is listed, stay. */
  readonly rewrite: (
    stored: StoredAlert,
    before: Alert,
    after: Alert,
    deliveries?: readonly string[],
  ) => void;
  readonly history: (
    alert: Alert,
    lines: readonly HistoryLine[],
    from: { readonly by: string; readonly via: string; readonly now: number },
  ) => void;
  readonly finish: (now: number) => {
    readonly writes: readonly Write[];
    readonly numbers: Partial<Record<HeadNumber, number>>;
  };
}

export function alertWriter(head: Head, stage: Stage, place: string): AlertWriter {
  const writes: Write[] = [];
  const numbers: Partial<Record<HeadNumber, number>> = {};
  // A segment has the number of its first alert, and one of its own where it has none.
  const segment = head.numbers['alerts.sequence'] + 1;
  const stored: [number, string][] = [];
  const grown: string[] = [];
  const posted: Posted[] = [];

  function count(name: HeadNumber, by: number): void {
    numbers[name] = (numbers[name] ?? head.numbers[name]) + by;
  }

  function countAlert({ severity, excepted, status }: AlertColumns, by: number): void {
    count(excepted === 1 ? 'alerts.excepted' : `alerts.${severity}`, by);
    if (status !== undefined && status !== 'open') count(`status.${status}`, by);
  }

  function countVerdict(rule: Alert['rule'], before: Status, after: Status): void {
    const change = (status: Status): number => Number(after === status) - Number(before === status);
    const by = { resolved: change('resolved'), false: change('false-positive') };
    if (by.resolved === 0 && by.false === 0) return;
    writes.push({
      type: 'add',
      key: { pk: figuresList, sk: keyPart(toKey(rule.id)) },
      numbers: by,
      set: packed(JSON.stringify(rule)),
    });
  }

  function list(before: Item | undefined, after: Item): void {
    const [from, to] = [before, after].map((item) => (item === undefined ? [] : placesOf(storedAlert(item))));
    const stays = new Set((to ?? []).map(keyText));
    for (const key of from ?? []) if (!stays.has(keyText(key))) writes.push({ type: 'remove', key });
    for (const key of to ?? [])
      writes.push({ type: 'put', item: { ...keyItem(key), id: after['id'] ?? { S: '' } } });
  }

  return {
    next: () => segment + stored.length,
    insert: ({ id, columns, text, terms, deliveries, now }) => {
      const sequence = segment + stored.length;
      const { time } = columns;
      const kept = { id, sequence, storedAt: now, time, deliveries, segments: [segment] };
      const item = alertItem(kept, columns, text, stage);
      writes.push({ type: 'put', item });
      list(undefined, item);
      stored.push([sequence, id]);
      posted.push({
        time,
        id,
        terms: [
          ...terms,
          listTerm(columns.severity, columns.excepted === 1 ? 1 : 0),
          ...(typeof columns.lasting === 'number' ? [lastingTerm(columns.lasting)] : []),
        ],
      });
      countAlert(columns, 1);
    },
    rewrite: (known, before, after, deliveries) => {
      const columns = alertRow(after, known.storedAt, place);
      const old = alertRow(before, known.storedAt, place);
      const was = new Set(alertTerms(before));
      const news = alertTerms(after).filter((term) => !was.has(term));
      const listed = [old, columns].map((row) => listTerm(row.severity, row.excepted === 1 ? 1 : 0));
      if (listed[0] !== listed[1]) news.push(listed[1] ?? '');
      // Also one that was stored before there were such lists.
      if (typeof columns.lasting === 'number' && columns.lasting !== known.lasting)
        news.push(lastingTerm(columns.lasting));
      const segments = news.length === 0 ? known.segments : [...known.segments, segment];
      const kept = { ...known, segments, deliveries: [...known.deliveries, ...(deliveries ?? [])] };
      stage.replace(known.item);
      const item = alertItem(kept, columns, columns.alert, stage);
      writes.push({ type: 'put', item });
      list(known.item, item);
      if (news.length > 0) {
        grown.push(known.id);
        posted.push({ time: known.time, id: known.id, terms: news });
      }
      countAlert(old, -1);
      countAlert(columns, 1);
      countVerdict(after.rule, lifecycleOf(before).status, lifecycleOf(after).status);
    },
    history: (alert, lines, from) => {
      for (const { action, detail } of lines) {
        count('history.sequence', 1);
        const line = {
          sequence: numbers['history.sequence'] ?? 0,
          alertId: alert.id,
          time: from.now,
          action,
          by: from.by,
          via: from.via,
          detail,
          revision: lifecycleOf(alert).revision,
        };
        writes.push(...historyItems(line, stage).map((item) => ({ type: 'put', item }) as const));
      }
    },
    finish: (now) => {
      if (posted.length > 0) {
        const lists = postingItems(stage.id, posted);
        stage.items.push(...lists);
        const content = { sequence: segment, storedAt: now, alerts: stored, grown, lists: lists.map(keyOf) };
        writes.push({ type: 'put', item: segmentItem(content, stage) });
        numbers['alerts.sequence'] = segment + Math.max(stored.length, 1) - 1;
      }
      return { writes, numbers };
    },
  };
}
