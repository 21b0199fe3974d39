import { hourMs, type Overflow } from '../../alert/overflow.ts';
import { toKey } from '../column-text.ts';
import type { Pace } from '../pace.ts';
import { keyItem, type Item } from './item.ts';
import { keyPart, rising, type Key } from './keys.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';
import type { Write } from './write.ts';

/** Hours in which something was kept back, by when they began. */
const overflowList = 'OV';

function paceKey(ruleId: string, start: number): Key {
  return { pk: `PA#${keyPart(toKey(ruleId))}`, sk: rising(start) };
}

function overflowKey(ruleId: string, start: number): Key {
  return { pk: overflowList, sk: `${rising(start)}#${keyPart(toKey(ruleId))}` };
}

async function paceWithin(table: Table, item: Item): Promise<Pace> {
  return JSON.parse(await textWithin(table, item, 'the pace of a rule')) as Pace;
}

/** The last hour of a rule. */
export async function readPace(table: Table, ruleId: string): Promise<Pace | undefined> {
  const { pk } = paceKey(ruleId, 0);
  for await (const [item] of table.pages({ pk, newestFirst: true, limit: 1 }))
    return item && paceWithin(table, item);
  return undefined;
}

/** @param before the last hour of the rule as it is stored: when it is over, it stays only while something of it has to be told */
export function paceWrites(pace: Pace, before: Pace | undefined, stage: Stage): readonly Write[] {
  const { rule, start, muted } = pace;
  const text = JSON.stringify(pace);
  return [
    { type: 'put', item: { ...keyItem(paceKey(rule.id, start)), ...stage.pack(text) } },
    ...(muted === 0
      ? []
      : [{ type: 'put', item: { ...keyItem(overflowKey(rule.id, start)), ...stage.pack(text) } } as const]),
    ...(before === undefined || before.start >= start || before.muted > 0
      ? []
      : [{ type: 'remove', key: paceKey(rule.id, before.start) } as const]),
  ];
}

/** Hours that were over at `now`, in which something was kept back. */
export async function selectOverflows(table: Table, now: number): Promise<readonly Overflow[]> {
  const items = await table.list({ pk: overflowList, to: `${rising(now - hourMs)}#\uffff` });
  return Promise.all(
    items.map(async (item) => {
      const { told: _, ...overflow } = await paceWithin(table, item);
      return overflow;
    }),
  );
}

/** What has been told of, with the alerts of the same change. */
export function overflowsEnd(told: readonly Overflow[]): readonly Write[] {
  return told.flatMap(({ rule, start }) =>
    [paceKey(rule.id, start), overflowKey(rule.id, start)].map((key) => ({ type: 'remove', key }) as const),
  );
}
