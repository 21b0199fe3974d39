import { causeWords, type DeliveryCause } from '../alert/delivery-cause.ts';
import type { Delivery, DeliveryOutcome, Store } from '../store/store.ts';

export type StillOwed =
  { readonly type: 'owed'; readonly delivery: Delivery } | Extract<DeliveryOutcome, { type: 'dropped' }>;

/**
 * Whether the condition of a delivery holds now that its time has come. Then the alert says to this channel why it is told. What the channel
 * was told of before is owed in any case: it has to hear how that went on.
 */
export async function stillOwed(delivery: Delivery, store: Pick<Store, 'deliveries'>): Promise<StillOwed> {
  const { cause, alert, standing } = delivery;
  if (cause === undefined || delivery.told !== undefined) return { type: 'owed', delivery };
  const owed = (because: DeliveryCause): StillOwed => ({
    type: 'owed',
    delivery: { ...delivery, alert: { ...alert, toldBecause: causeWords(because) } },
  });
  switch (cause.type) {
    case 'escalation':
      return standing.status === 'open'
        ? owed(cause)
        : { type: 'dropped', reason: `no escalation: the alert is ${standing.status}` };
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
