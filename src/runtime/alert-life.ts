import { overflowAlert } from '../alert/overflow.ts';
import type { Alert } from '../alert/alert.ts';
import type { CommitJoining } from '../store/owed.ts';
import type { Store } from '../store/store.ts';
import type { OverflowOwes } from './overflow-owes.ts';

export interface AlertLifeOptions {
  readonly store: Pick<Store, 'commit'>;
  readonly life: Store['life'];
  readonly channelsFor: CommitJoining['channelsFor'];
  readonly overflowOwes: OverflowOwes;
  readonly clock: () => number;
  /** Told of the alerts that were made here, after they are durable, and of how many were woken. */
  readonly onNews: (created: readonly Alert[], woken: number) => void;
  /** Told of each that was made here and is owed to nobody, after it is durable. */
  readonly onUntold: (alert: Alert) => void;
}

const wokenAtOnce = 100;

/** What time alone brings about: alerts whose snooze is over are told again, and what rules told too much of is summed up. To be called every few seconds. */
export async function alertLifeTick({
  store,
  life,
  channelsFor,
  overflowOwes,
  clock,
  onNews,
  onUntold,
}: AlertLifeOptions): Promise<void> {
  const now = clock();
  let woken = 0;
  for (const { id, lifecycle } of await life.overslept(now, wokenAtOnce)) {
    const result = await life.change({
      alertId: id,
      change: { type: 'wake' },
      by: 'tocsin',
      via: 'system',
      // Somebody who has just put it off again is not overruled.
      expected: lifecycle?.revision,
      channelsFor,
      now,
    });
    if (result.type === 'changed') woken += 1;
  }
  const overflows = await life.overflows(now);
  const entries = overflows.map((overflow) => {
    const alert = overflowAlert(overflow, now);
    return { alert, channels: overflowOwes(channelsFor(alert), overflow.channels ?? [], now) };
  });
  const created =
    entries.length === 0
      ? []
      : (await store.commit({ alerts: entries, overflowsTold: overflows, now })).created;
  const isNew = new Set(created);
  const news = entries.filter(({ alert }) => isNew.has(alert.id));
  if (woken + news.length > 0)
    onNews(
      news.map(({ alert }) => alert),
      woken,
    );
  for (const { alert, channels } of news) if (channels.length === 0) onUntold(alert);
}
