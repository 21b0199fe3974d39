import { userInfo } from 'node:os';
import { lifecycleOf, type LifecycleChange } from '../../alert/lifecycle.ts';
import type { Status } from '../../alert/alert-life.ts';
import type { GatherSetting } from '../../alert/incident/gather.ts';
import { loadConfig } from '../../runtime/config.ts';
import { gatheringOf } from '../../runtime/config-incidents.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { passOn } from '../../store/incident-life.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import type { AlertChangeResult } from '../../store/life-store.ts';
import type { Store } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { writeOut } from '../terminal.ts';
import { endOf } from '../time.ts';
import { noSuchAlert, type AlertFlags } from './alerts.ts';
import { withStore } from './assets.ts';

export function setStatus(ids: readonly string[], status: Status, flags: AlertFlags): Promise<number> {
  return changeAll(ids, { type: 'status', status, reason: flags.reason }, flags);
}

export function assign(id: string, assignee: string | undefined, flags: AlertFlags): Promise<number> {
  return changeAll([id], { type: 'assign', assignee }, flags);
}

export function comment(id: string, text: string, flags: AlertFlags): Promise<number> {
  return changeAll([id], { type: 'comment', text }, flags);
}

export function snooze(ids: readonly string[], flags: AlertFlags): Promise<number> {
  if (flags.wake !== true)
    return changeAll(ids, { type: 'snooze', until: endOf(flags, Date.now()), reason: flags.reason }, flags);
  if (flags.for !== undefined || flags.until !== undefined)
    throw new CliFailure('--wake ends a snooze: leave out --for and --until');
  return changeAll(ids, { type: 'wake' }, flags);
}

async function changeAll(
  given: readonly string[],
  change: LifecycleChange,
  flags: AlertFlags,
): Promise<number> {
  const ids = [...new Set(given)];
  if (ids.length > 1 && flags.revision !== undefined)
    throw new CliFailure('--revision is that of one alert; name one');
  return withStore(flags, async (store) => {
    const results: { id: string; result: AlertChangeResult }[] = [];
    for (const id of ids) {
      const result = await changeOne(store, id, change, flags);
      results.push({ id, result });
      if (flags.json !== true) await writeOut(`${line(id, 60)}  ${words(result, flags.revision)}\n`);
    }
    if (flags.json === true) await writeOut(jsonText(results.map(toJson)));
    const isDone = results.every(({ result: { type } }) => type === 'changed' || type === 'unchanged');
    return isDone ? exitCode.ok : exitCode.failure;
  });
}

async function changeOne(
  store: Store,
  id: string,
  change: LifecycleChange,
  flags: AlertFlags,
): Promise<AlertChangeResult> {
  const { by, revision } = flags;
  const alert = await store.alert(id);
  if (alert === undefined) return { type: 'unknown' };
  const told = await store.deliveries(alert.id);
  const who = { by: by ?? userInfo().username, via: 'cli', now: Date.now() };
  const result = await store.life.change({
    ...who,
    alertId: alert.id,
    change,
    expected: revision,
    followUps: change.type === 'status' ? [...new Set(told.map(({ channel }) => channel))] : [],
  });
  if (result.type === 'changed' && change.type === 'status')
    await passOn(store, gatheringOfFlags(flags), result.alert, { ...change, ...who });
  return result;
}

/** How the configuration gathers alerts; the usual way, where a file of a store is named alone. */
export function gatheringOfFlags({ config, store }: AlertFlags): GatherSetting {
  return gatheringOf(
    (store === undefined ? loadConfig(config, systemSecrets()) : configSchema.parse({})).incidents,
  );
}

function words(result: AlertChangeResult, expected: number | undefined): string {
  switch (result.type) {
    case 'unknown':
      return `not done: ${noSuchAlert}`;
    case 'refused':
      return `not done: ${line(result.reason, 400)}`;
    case 'stale':
      return `not done: it has revision ${lifecycleOf(result.alert).revision} by now, not ${expected}; look at it with 'tocsin alerts show' and decide again`;
    case 'unchanged':
      return `was so already: ${standing(result)}`;
    case 'changed':
      return standing(result);
  }
}

function standing({ alert }: Extract<AlertChangeResult, { type: 'changed' | 'unchanged' }>): string {
  const { status, assignee, snoozedUntil, revision } = lifecycleOf(alert);
  return [
    status,
    ...(assignee === undefined ? [] : [`assigned to ${line(assignee, 60)}`]),
    ...(snoozedUntil === undefined ? [] : [`snoozed until ${utc(snoozedUntil)}`]),
    `revision ${revision}`,
  ].join(', ');
}

function toJson({ id, result }: { id: string; result: AlertChangeResult }): unknown {
  return {
    id,
    result: result.type,
    ...(result.type === 'refused' && { reason: result.reason }),
    ...(result.type !== 'unknown' && { alertId: result.alert.id, lifecycle: lifecycleOf(result.alert) }),
  };
}
