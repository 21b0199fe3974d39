import { awake } from '../../alert/join.ts';
import { changeAlert, isOpenAgain, lifecycleOf } from '../../alert/lifecycle.ts';
import type { Suppression } from '../../alert/suppression.ts';
import type { Run } from '../block-audit.ts';
import { toColumn, toKey } from '../column-text.ts';
import type { AlertChange, AlertChangeResult, LifeStore, RuleFigures } from '../life-store.ts';
import { owedOnce } from '../rows.ts';
import { alertKey, alertWithin, foundAlert, snoozedList, storedAlert } from './alert-item.ts';
import { alertWriter, figuresList } from './alert-writer.ts';
import type { Changes, Plan } from './change.ts';
import { deliverAgain, withFollowUps } from './follow-ups.ts';
import type { Head } from './head.ts';
import { selectHistory } from './history.ts';
import { keyItem, numberOf, numeral, textOf, type Item } from './item.ts';
import { keyPart, keyText, last, rising } from './keys.ts';
import { selectOverflows } from './pace.ts';
import { textWithin, type Stage } from './stage.ts';
import type { Table } from './table.ts';

const suppressionList = 'SU';

export function dynamoLife(table: Table, changes: Changes, run: Run): LifeStore {
  const read = <T>(subject: string, work: () => Promise<T>): Promise<T> =>
    run(subject, () => changes.read(work));
  return {
    change: (request) =>
      run('alert', () => changes.change('alert', (head, stage) => planChange(table, request, head, stage))),
    history: (query) => read('history', () => selectHistory(table, query)),
    overslept: (now, limit) =>
      read('alerts', async () => {
        const places: Item[] = [];
        for await (const page of table.pages({ pk: snoozedList, to: `${rising(now)}#${last}`, limit })) {
          places.push(...page);
          if (places.length >= limit) break;
        }
        const keys = places.slice(0, limit).map((place) => alertKey(textOf(place, 'id') ?? ''));
        const items = await table.getMany(keys);
        return Promise.all(
          keys.flatMap((key) => {
            const item = items.get(keyText(key));
            return item === undefined ? [] : [alertWithin(table, item)];
          }),
        );
      }),
    statuses: () => run('counts', async () => countStatuses(await changes.head())),
    figures: () => read('figures', () => selectFigures(table)),
    overflows: (now) => read('overflows', () => selectOverflows(table, now)),
    suppressions: () =>
      read('suppressions', async () => {
        const items = await table.list({ pk: suppressionList });
        return Promise.all(
          items
            .toSorted((a, b) => (numberOf(b, 'q') ?? 0) - (numberOf(a, 'q') ?? 0))
            .map(async (item) => JSON.parse(await textWithin(table, item, 'a suppression')) as Suppression),
        );
      }),
    suppress: (suppression) =>
      run('suppressions', () =>
        changes.change('suppressions', async ({ numbers }, stage) => {
          const key = { pk: suppressionList, sk: keyPart(toKey(suppression.id)) };
          const before = await table.get(key);
          const sequence = numberOf(before, 'q') ?? numbers['suppressions.sequence'] + 1;
          stage.replace(before);
          const item = {
            ...keyItem(key),
            q: numeral(sequence),
            ...stage.pack(JSON.stringify(suppression)),
          };
          return {
            writes: [{ type: 'put', item }],
            ...(before === undefined && { numbers: { 'suppressions.sequence': sequence } }),
            result: undefined,
          };
        }),
      ),
  };
}

async function planChange(
  table: Table,
  { alertId, change: wanted, by, via, expected, channelsFor, followUps = [], now }: AlertChange,
  head: Head,
  stage: Stage,
): Promise<Plan<AlertChangeResult>> {
  const item = await foundAlert(table, alertId);
  if (item === undefined) return { writes: [], result: { type: 'unknown' } };
  const before = await alertWithin(table, item);
  if (expected !== undefined && lifecycleOf(before).revision !== expected)
    return { writes: [], result: { type: 'stale', alert: before } };
  const result = changeAlert(before, wanted, by, now);
  if (result.type !== 'changed') return { writes: [], result: { ...result, alert: before } };
  const owes = owedOnce(channelsFor?.(result.alert) ?? []);
  const alert = wanted.type === 'wake' && owes.length > 0 ? awake(result.alert) : result.alert;
  const stored = storedAlert(item);
  const again = await deliverAgain(table, [
    { alert: stored, id: alert.id, owes, now, isOpenAgain: isOpenAgain(before, alert) },
  ]);
  const heard =
    followUps.length === 0 ? [] : [{ id: stored.id, channels: followUps.map(toColumn), now, at: now }];
  const writer = alertWriter(head, stage, table.place);
  writer.rewrite(stored, before, alert, again.added.get(stored.id));
  writer.history(alert, [result.line], { by, via, now });
  const { writes, numbers } = writer.finish(now);
  return {
    writes: await withFollowUps(table, [...writes, ...again.writes], [...again.followUps, ...heard], stage),
    numbers,
    result: { type: 'changed', alert },
  };
}

function countStatuses({ numbers }: Head): Awaited<ReturnType<LifeStore['statuses']>> {
  const all =
    numbers['alerts.informational'] +
    numbers['alerts.low'] +
    numbers['alerts.medium'] +
    numbers['alerts.high'] +
    numbers['alerts.critical'] +
    numbers['alerts.excepted'];
  const touched = {
    acknowledged: numbers['status.acknowledged'],
    'in-progress': numbers['status.in-progress'],
    resolved: numbers['status.resolved'],
    'false-positive': numbers['status.false-positive'],
  };
  return { open: all - Object.values(touched).reduce((sum, value) => sum + value, 0), ...touched };
}

async function selectFigures(table: Table): Promise<readonly RuleFigures[]> {
  const items = await table.list({ pk: figuresList });
  return Promise.all(
    items.map(async (item) => ({
      rule: JSON.parse(await textWithin(table, item, 'the figures of a rule')) as RuleFigures['rule'],
      resolved: numberOf(item, 'resolved') ?? 0,
      falsePositives: numberOf(item, 'false') ?? 0,
    })),
  );
}
