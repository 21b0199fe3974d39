import { userInfo } from 'node:os';
import { line } from '../../notify/safe-text.ts';
import { titleOf, utc } from '../../notify/words.ts';
import { loadConfig } from '../../runtime/config.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { handleAllDead } from '../../store/handle-dead.ts';
import type { DeadDelivery, DeadHandling, DeadQuery, Store } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { parseTime } from '../time.ts';
import { openStoreOf } from './store-of.ts';

export interface DeliveryFlags {
  readonly config?: string;
  readonly store?: string;
  readonly channel?: string;
  readonly since?: string;
  readonly until?: string;
  readonly reason?: string;
  readonly json?: boolean;
  readonly limit?: number;
  readonly all?: boolean;
  readonly by?: string;
}

type Chosen = Omit<DeadQuery, 'after' | 'limit'>;

function chosenBy({ channel, since, until, reason }: DeliveryFlags): Chosen {
  const now = Date.now();
  return {
    channel,
    reason,
    since: since === undefined ? undefined : parseTime(since, '--since', now),
    until: until === undefined ? undefined : parseTime(until, '--until', now),
  };
}

async function withStore<T>(flags: DeliveryFlags, work: (store: Store) => Promise<T>): Promise<T> {
  const isAlone = flags.store !== undefined && flags.config === undefined;
  const config = isAlone ? configSchema.parse({}) : loadConfig(flags.config, systemSecrets());
  const store = await openStoreOf(config, flags.store);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export function listDead(flags: DeliveryFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const most = flags.limit ?? 100;
    const query = chosenBy(flags);
    const found: DeadDelivery[] = [];
    let after: string | undefined;
    do {
      const page = await store.deadDeliveries({ ...query, after, limit: Math.min(500, Math.max(1, most)) });
      found.push(...page.deliveries);
      after = page.next;
    } while (after !== undefined && found.length < most);
    const shown = found.slice(0, most);
    const isMore = after !== undefined || shown.length < found.length;
    await writeOut(flags.json === true ? jsonText(shown.map(toJson)) : table(shown, isMore));
    return exitCode.ok;
  });
}

function toJson({ alert, ...delivery }: DeadDelivery): unknown {
  return { ...delivery, alert: { id: alert.id, severity: alert.severity, title: alert.title } };
}

function table(deliveries: readonly DeadDelivery[], isMore: boolean): string {
  if (deliveries.length === 0) return 'Nothing was given up.\n';
  const rows = deliveries.map(({ id, channel, alert, attempts, reason, diedAt, history }) => [
    utc(diedAt),
    line(channel, 60),
    alert.severity,
    line(titleOf(alert), 200),
    `${line(reason, 200)}${history.length === 0 ? '' : ` (tried anew ${count(history.length, 'time')})`}`,
    String(attempts),
    id,
  ]);
  const columns = [
    { head: 'given up' },
    { head: 'channel' },
    { head: 'severity' },
    { head: 'alert', gives: true },
    { head: 'reason', gives: true, wraps: true },
    { head: 'attempts', right: true },
    { head: 'delivery' },
  ];
  const more = isMore ? `and more; --limit shows them\n` : '';
  return `${renderColumns(columns, rows, terminalOf(process.stdout))}\n${more}`;
}

export function handleDead(
  ids: readonly string[],
  action: DeadHandling['action'],
  flags: DeliveryFlags,
): Promise<number> {
  return withStore(flags, async (store) => {
    const query = chosenBy(flags);
    const isChosen = Object.values(query).some((value) => value !== undefined);
    if (ids.length === 0 && !isChosen && flags.all !== true)
      throw new CliFailure(
        "say which: ids as 'tocsin deliveries list' shows them, --channel, --since, --until or --reason, or --all",
      );
    if (ids.length > 0 && (isChosen || flags.all === true))
      throw new CliFailure('give ids or say with options which, not both');
    const handling: DeadHandling = {
      action,
      at: Date.now(),
      by: `operator ${flags.by ?? userInfo().username}`,
    };
    const { count: handled, isAll } =
      ids.length > 0
        ? { count: (await store.handleDead(ids, handling)).length, isAll: true }
        : await handleAllDead(store, query, handling);
    const words = action === 'replayed' ? 'will be tried again' : 'dropped';
    await writeOut(
      flags.json === true
        ? jsonText({ action, handled, all: isAll })
        : `${handled} ${handled === 1 ? 'delivery' : 'deliveries'} ${words}${isAll ? '' : '; there are more, say it again'}\n`,
    );
    if (ids.length > handled && flags.json !== true)
      await writeOut(
        `${ids.length - handled} of the ids are not given up at this moment and were left alone\n`,
      );
    return exitCode.ok;
  });
}
