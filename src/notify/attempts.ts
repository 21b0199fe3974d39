import type { Alert } from '../alert/alert.ts';
import type { Delivery } from '../store/delivery.ts';
import type { Answer, BoundChannel, DeliveryContext, Message } from './channel.ts';
import type { OutboxOptions } from './outbox-options.ts';
import { deliverAll, followUp, type Transport } from './send.ts';

type Told = NonNullable<Delivery['told']>;

/** One attempt at a time of one channel, from a delivery to the receiver's answer. None of them rejects. */
export interface Attempts {
  /** One answer for each, in their order. */
  readonly first: (deliveries: readonly Delivery[], now: number) => Promise<readonly Answer[]>;
  readonly followUp: (delivery: Delivery, told: Told, now: number) => Promise<Answer>;
  readonly digest: (alert: Alert, now: number) => Promise<Answer>;
}

/** `spend` is told of every message before it goes out. */
export function makeAttempts(
  name: string,
  channel: BoundChannel,
  options: OutboxOptions & { readonly timeoutMs: number },
  spend: (messages: number, now: number) => void,
): Attempts {
  const { clock, log, timeoutMs } = options;
  const transport: Transport = {
    fetch: options.fetch,
    timeoutMs,
    now: () => clock.now(),
    allowPrivateAddresses: options.allowPrivateAddresses,
  };

  function contextOf(
    { id, alert, revision, standing }: Delivery,
    now: number,
  ): DeliveryContext & Pick<Delivery, 'standing'> {
    return {
      // A change is another message, and a receiver must not take it for the one before.
      idempotencyKey: revision === 0 ? id : `${id}-${revision}`,
      link: options.link(alert),
      now,
      standing,
    };
  }

  async function first(deliveries: readonly Delivery[], now: number): Promise<readonly Answer[]> {
    spend(deliveries.length, now);
    try {
      const messages = deliveries.map((delivery) => ({
        alert: delivery.alert,
        context: contextOf(delivery, now),
      }));
      return await deliverAll(channel, messages, transport);
    } catch (error) {
      const [only] = deliveries;
      if (only !== undefined && deliveries.length === 1) return [unrendered(only.alert, only.id, error)];
      // One of them spoils it for all: each by itself.
      const answers: Answer[] = [];
      for (const delivery of deliveries) answers.push(...(await first([delivery], now)));
      return answers;
    }
  }

  async function followUpOf(delivery: Delivery, told: Told, now: number): Promise<Answer> {
    spend(1, now);
    try {
      const context = { ...contextOf(delivery, now), told };
      return await followUp(channel, { alert: delivery.alert, context }, transport);
    } catch (error) {
      return unrendered(delivery.alert, delivery.id, error);
    }
  }

  async function digest(alert: Alert, now: number): Promise<Answer> {
    spend(1, now);
    const message: Message = {
      alert,
      context: { idempotencyKey: alert.id, link: options.listLink, now },
    };
    try {
      const [answer] = await deliverAll(channel, [message], transport);
      return answer ?? { type: 'later', reason: 'the channel gave no answer' };
    } catch (error) {
      return unrendered(alert, alert.id, error);
    }
  }

  /** Sending never throws, so this alert cannot be written for this channel, now or later; the next one can. */
  function unrendered(alert: Alert, id: string, error: unknown): Answer {
    log.error(
      { channel: name, deliveryId: id, alertId: alert.id, err: error },
      'an alert cannot be rendered',
    );
    return {
      type: 'refused',
      reason: `the alert cannot be rendered for ${channel.type}; the log has the error`,
    };
  }

  return { first, followUp: followUpOf, digest };
}
