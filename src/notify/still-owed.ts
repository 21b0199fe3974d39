import { causeWords, type RouteCause } from '../alert/delivery-cause.ts';
import type { Alert } from '../alert/alert.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { clientOf } from '../alert/incident/entity.ts';
import { severities } from '../event/severity.ts';
import type { Delivery, DeliveryOutcome } from '../store/delivery.ts';
import type { Store } from '../store/store.ts';

export type StillOwed =
  | { readonly type: 'owed'; readonly delivery: Delivery }
  | Extract<DeliveryOutcome, { type: 'dropped' | 'postponed' }>;

/** Who ends a snooze early does not wait longer than this for what it held up. */
const longestRest = 15 * 60_000;
/** An alert whose snooze is over is told again, and its times begin anew: that comes first. */
const wakingMs = 60_000;

/**
 * Whether the condition of a delivery holds now that its time has come. Then the alert says to this channel why it is told. What the channel
 * was told of before is owed in any case: it has to hear how that went on.
 */
export async function stillOwed(
  delivery: Delivery,
  store: Pick<Store, 'deliveries' | 'alerts'>,
  now: number,
): Promise<StillOwed> {
  const { cause, alert, standing } = delivery;
  if (cause === undefined || delivery.told !== undefined) return { type: 'owed', delivery };
  const owed = (because: RouteCause): StillOwed => ({
    type: 'owed',
    delivery: { ...delivery, alert: { ...alert, toldBecause: causeWords(because) } },
  });
  switch (cause.type) {
    case 'escalation': {
      if (standing.status !== 'open')
        return { type: 'dropped', reason: `no escalation: the alert is ${standing.status}` };
      const { snoozedUntil } = lifecycleOf(alert);
      if (snoozedUntil !== undefined)
        return {
          type: 'postponed',
          at: Math.min(Math.max(snoozedUntil, now) + wakingMs, now + longestRest),
          reason: `no escalation yet: the alert is snoozed until ${new Date(snoozedUntil).toISOString()}`,
        };
      const isLeftOut = (await store.deliveries(alert.id)).some(
        (one) => one.cause?.type === 'client' && one.state === 'dropped',
      );
      return isLeftOut
        ? { type: 'dropped', reason: 'no escalation: a worse alert about the same client was told instead' }
        : owed(cause);
    }
    case 'client': {
      const worse = await worseOfClient(alert, delivery.channel, store);
      return worse === undefined
        ? { type: 'owed', delivery }
        : { type: 'dropped', reason: `a worse alert about the same client is told instead: ${worse}` };
    }
    case 'fallback': {
      // One that a person has dropped needs nobody else to be told.
      const over = (await store.deliveries(alert.id))
        .filter(
          ({ state, toldBefore }) => state === 'delivered' || state === 'dropped' || toldBefore === true,
        )
        .map(({ channel }) => channel);
      const missing = cause.channels.filter((channel) => !over.includes(channel));
      return missing.length > 0
        ? owed({ ...cause, channels: missing })
        : { type: 'dropped', reason: `no fallback: it has reached ${cause.channels.join(' and ')}` };
    }
  }
}

const day = 86_400_000;

/** The id of a worse alert about the same client of a web site that the channel is told of; undefined where there is none. */
async function worseOfClient(
  alert: Alert,
  channel: string,
  store: Pick<Store, 'deliveries' | 'alerts'>,
): Promise<string | undefined> {
  const { time, severity } = alert;
  const worse = severities[severities.indexOf(severity) + 1];
  const client = clientOf(alert);
  if (worse === undefined || client === undefined) return undefined;
  const { alerts } = await store.alerts({
    severity: worse,
    about: { address: client },
    since: time - day,
    until: time + day,
    limit: 50,
  });
  for (const other of alerts) {
    if (clientOf(other) !== client) continue;
    const told = await store.deliveries(other.id);
    if (told.some((one) => one.channel === channel && one.state !== 'dropped' && one.state !== 'dead'))
      return other.id;
  }
  return undefined;
}
