import { digestQueue, nextTime } from '../alert/schedule.ts';
import type { OwedDelivery, Owes } from '../store/owed.ts';
import type { Config } from './config-schema.ts';

/**
 * Who is owed an alert that sums up what an hour kept back: who would have been told of that, and whoever its own route names. A route that
 * asks for an account, a region or a tag took what was kept back, and cannot take the sum, which has none.
 * @param routed by its own route
 * @param kept `Overflow.channels`; those that the configuration knows no more are passed over
 */
export type OverflowOwes = (routed: Owes, kept: readonly string[], now: number) => Owes;

export function overflowOwesOf({ channels, routes }: Pick<Config, 'channels' | 'routes'>): OverflowOwes {
  const names = Object.keys(channels);
  const byQueue = new Map(
    names.flatMap((name) => [[name, name] as const, [digestQueue(name), name] as const]),
  );

  /** Digests go by the times that are asked for now; where there are none any more, at once. */
  function owedTo(kept: string, now: number): OwedDelivery | undefined {
    const channel = byQueue.get(kept);
    if (channel === undefined || channel === kept) return channel === undefined ? undefined : { channel };
    const digest =
      channels[channel]?.digest ??
      routes.find(({ to, digest: ofRoute }) => ofRoute !== undefined && to.includes(channel))?.digest;
    return digest === undefined ? { channel } : { channel: kept, due: nextTime(digest, now) };
  }

  return (routed, kept, now) => {
    const owed = new Map<string, OwedDelivery>();
    for (const one of [...kept.map((name) => owedTo(name, now)), ...routed.map(asOwed)]) {
      if (one === undefined) continue;
      const channel = byQueue.get(one.channel) ?? one.channel;
      const before = owed.get(channel);
      // Nobody is told twice: what asks for more haste counts.
      if (before === undefined || haste(one) < haste(before)) owed.set(channel, one);
    }
    return [...owed.values()];
  };
}

function asOwed(one: Owes[number]): OwedDelivery {
  return typeof one === 'string' ? { channel: one } : one;
}

function haste({ due, cause }: OwedDelivery): number {
  return cause !== undefined ? 2 : due !== undefined ? 1 : 0;
}
