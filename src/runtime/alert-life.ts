import { overflowAlert } from '../alert/overflow.ts';
import type { Alert } from '../alert/alert.ts';
import type { CommitJoining } from '../store/owed.ts';
import type { Store } from '../store/store.ts';

export interface AlertLifeOptions {
  readonly store: Pick<Store, 'commit'>;
  readonly life: Store['life'];
  readonly channelsFor: CommitJoining['channelsFor'];
  readonly clock: () => number;
  /** Told of the alerts that were made here, after they are durable, and of how many were woken. */
  readonly onNews: (created: readonly Alert[], woken: number) => void;
}

const wokenAtOnce = 100;

/** What time alone brings about: alerts whose snooze is over are told again, and what rules told too much of is summed up. To be called every few seconds. */
export async function alertLifeTick({
  store,
  life,
  channelsFor,
  clock,
  onNews,
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
  const alerts = overflows.map((overflow) => overflowAlert(overflow, now));
  const created =
    alerts.length === 0
      ? []
      : (
          await store.commit({
            alerts: alerts.map((alert) => ({ alert, channels: channelsFor(alert) })),
            overflowsTold: overflows,
            now,
          })
        ).created;
  const isNew = new Set(created);
  if (woken + isNew.size > 0)
    onNews(
      alerts.filter(({ id }) => isNew.has(id)),
      woken,
    );
}
