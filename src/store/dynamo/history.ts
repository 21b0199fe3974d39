import { checkLimit } from '../limit.ts';
import type { HistoryPage, HistoryQuery, StoredHistoryLine } from '../life-store.ts';
import { toKey } from '../column-text.ts';
import { writeCursor } from '../cursor.ts';
import { newest } from './audit.ts';
import { keyItem, textOf, type Item } from './item.ts';
import { keyPart, keyText, rising } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

const historyList = 'H';

function historyOf(alertId: string): string {
  return `HA#${keyPart(toKey(alertId))}`;
}

/** A line, and that it is one of its alert. */
export function historyItems(line: StoredHistoryLine, stage: Stage): readonly Item[] {
  const sk = rising(line.sequence);
  return [
    { ...keyItem({ pk: historyList, sk }), ...stage.pack(JSON.stringify(line)) },
    keyItem({ pk: historyOf(line.alertId), sk }),
  ];
}

/** @throws {BadCursorError} @throws {RangeError} */
export async function selectHistory(table: Table, query: HistoryQuery): Promise<HistoryPage> {
  const { alertId, after, limit } = query;
  checkLimit(limit);
  const found = await newest(
    table,
    alertId === undefined ? historyList : historyOf(alertId),
    after,
    limit + 1,
  );
  const chosen = found.slice(0, limit).map((item) => ({ pk: historyList, sk: textOf(item, 'sk') ?? '' }));
  const items = await table.getMany(chosen);
  const lines = await Promise.all(
    chosen.map(async (key): Promise<readonly StoredHistoryLine[]> => {
      const item = items.get(keyText(key));
      if (item === undefined) return [];
      return [JSON.parse(await textWithin(table, item, 'a line of the history')) as StoredHistoryLine];
    }),
  );
  const page = lines.flat();
  const final = page.at(-1);
  return {
    lines: page,
    next: found.length > limit && final ? writeCursor({ time: final.sequence, id: 'history' }) : undefined,
  };
}
