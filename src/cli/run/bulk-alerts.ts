import { userInfo } from 'node:os';
import type { Status } from '../../alert/alert-life.ts';
import { lifecycleOf } from '../../alert/lifecycle.ts';
import { alertQuerySchema, storeQuery } from '../../api/alert-query.ts';
import { line } from '../../notify/safe-text.ts';
import { bulkTargets, changeInBulk, type BulkResult } from '../../store/bulk.ts';
import type { AlertQuery } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import { count, writeOut } from '../terminal.ts';
import type { AlertFlags } from './alerts.ts';
import { withStore } from './assets.ts';
import { gatheringOfFlags } from './change-alerts.ts';

export interface BulkFlags extends AlertFlags {
  /** `name=value`, as the parameters of `GET /v1/alerts`. */
  readonly where?: readonly string[];
  readonly yes?: boolean;
  readonly most?: number;
}

/** Alerts that a search finds get a status; without `yes` they are only counted. */
export function setStatusWhere(status: Status, flags: BulkFlags): Promise<number> {
  const now = Date.now();
  const query = queryOf(flags.where ?? [], now);
  const most = flags.most ?? 1_000;
  if (status === 'false-positive' && (flags.reason ?? '').trim() === '')
    throw new CliFailure('a false positive needs a reason: --reason TEXT');
  return withStore(flags, async (store) => {
    const { targets, isAll } = await bulkTargets(store, query, most);
    if (!isAll)
      throw new CliFailure(
        `more than ${most} alerts fit, and nothing was done; narrow --where, or raise --most (up to 10000)`,
      );
    if (flags.yes !== true) {
      if (flags.json === true) await writeOut(jsonText({ found: targets.length, done: false }));
      else
        await writeOut(
          `${count(targets.length, 'alert')} ${targets.length === 1 ? 'fits' : 'fit'}; nothing was done. --yes gives ${targets.length === 1 ? 'it' : 'them'} the status ${status}.\n`,
        );
      return exitCode.ok;
    }
    const result = await changeInBulk(store, gatheringOfFlags(flags), targets, {
      status,
      reason: flags.reason,
      by: flags.by ?? userInfo().username,
      via: 'cli',
      now,
    });
    await writeOut(flags.json === true ? jsonText(toJson(targets.length, result)) : words(status, result));
    const { conflicts, refused } = result;
    return conflicts.length + refused.length === 0 ? exitCode.ok : exitCode.failure;
  });
}

/** @throws {CliFailure} that names what is wrong */
function queryOf(where: readonly string[], now: number): Omit<AlertQuery, 'after' | 'limit'> {
  const asked: Record<string, string> = {};
  for (const text of where) {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(0, at));
    if (at < 1) throw new CliFailure(`--where ${line(text, 100)}: is not of the form name=value`);
    if (Object.hasOwn(asked, name)) throw new CliFailure(`--where: '${line(name, 40)}' stands there twice`);
    asked[name] = text.slice(at + 1);
  }
  const schema = alertQuerySchema(() => now).omit({ limit: true, cursor: true });
  const parsed = schema.safeParse(asked);
  if (parsed.success) return storeQuery({ ...parsed.data, limit: 1 });
  const [issue] = parsed.error.issues;
  const names = Object.keys(schema.shape).join(', ');
  if (issue?.code === 'unrecognized_keys')
    throw new CliFailure(`--where: there is no '${line(issue.keys[0] ?? '', 40)}'; there are ${names}`);
  throw new CliFailure(`--where ${String(issue?.path[0] ?? '')}: ${issue?.message ?? 'is wrong'}`);
}

function words(status: Status, result: BulkResult): string {
  const { changed, unchanged, conflicts, refused, unknown, passedOn } = result;
  const passed = passedOn > 0 ? `, and ${passedOn} more that belong to their incidents` : '';
  return [
    `${count(changed, 'alert')} changed to ${status}${passed}; ${unchanged} so already`,
    ...(unknown.length > 0 ? [`${unknown.length} no longer there`] : []),
    ...conflicts.map((alert) => {
      const { status: now, by, revision } = lifecycleOf(alert);
      return `${alert.id}  not done: ${now} by now${by === '' ? '' : ` (${line(by, 60)})`}, revision ${revision}; look at it with 'tocsin alerts show'`;
    }),
    ...refused.map(({ id, reason }) => `${id}  not done: ${line(reason, 300)}`),
    '',
  ].join('\n');
}

function toJson(found: number, { conflicts, ...rest }: BulkResult): unknown {
  return {
    found,
    done: true,
    ...rest,
    conflicts: conflicts.map((alert) => ({ id: alert.id, lifecycle: lifecycleOf(alert) })),
  };
}
