import type { ChannelStatus } from '../api/channels.ts';
import type { Outbox } from '../notify/outbox.ts';
import { vendorRates } from '../notify/rate-limit.ts';
import type { ChannelSettings } from '../notify/table.ts';
import type { Config } from './config-schema.ts';

/** How many messages a minute a channel may be sent; undefined where nobody says. */
export function rateOf(settings: ChannelSettings): number | undefined {
  return settings.messagesPerMinute ?? vendorRates[settings.type];
}

/** What the API and the metrics tell of the channels. */
export function channelStates(
  outbox: Pick<Outbox, 'health'>,
  { channels }: Pick<Config, 'channels'>,
): readonly ChannelStatus[] {
  return [...outbox.health()].flatMap(([name, { pausedUntil, ...health }]) => {
    const settings = channels[name];
    if (settings === undefined) return [];
    return [
      {
        name,
        type: settings.type,
        ...health,
        pausedUntil: Number.isFinite(pausedUntil) ? pausedUntil : undefined,
        messagesPerMinute: rateOf(settings),
      },
    ];
  });
}
