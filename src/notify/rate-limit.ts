import type { ChannelSettings } from './table.ts';

/**
 * How many messages a minute a receiver takes, where its vendor says so. Others say how often in their answers alone, or depend on the
 * contract: there a 429 tells.
 */
export const vendorRates: Readonly<Partial<Record<ChannelSettings['type'], number>>> = {
  // One a second for a webhook or a channel: https://docs.slack.dev/apis/web-api/rate-limits
  slack: 60,
  // One a second for a space: https://developers.google.com/workspace/chat/limits
  googlechat: 60,
  // Twenty a minute for a group: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
  telegram: 20,
  // Four a second: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
  teams: 240,
};

/** Tokens for messages, filled at a steady rate: https://en.wikipedia.org/wiki/Token_bucket */
export interface Bucket {
  /** How many may be sent at once now; below 1 none. */
  readonly room: (now: number) => number;
  /** Milliseconds until one may be sent. */
  readonly wait: (now: number) => number;
  readonly spend: (messages: number, now: number) => void;
}

const minute = 60_000;

/** Lets five seconds' worth, and at least one, through at once: an alert seldom comes alone. */
export function createBucket(perMinute: number, start: number): Bucket {
  const capacity = Math.max(1, perMinute / 12);
  let tokens = capacity;
  let at = start;
  const fill = (now: number): number => {
    // A clock that was set back gives nothing and takes nothing.
    if (now > at) tokens = Math.min(capacity, tokens + ((now - at) / minute) * perMinute);
    at = now;
    return tokens;
  };
  return {
    room: (now) => Math.floor(fill(now) + 1e-9),
    wait: (now) => Math.max(0, Math.ceil(((1 - fill(now)) / perMinute) * minute - 1e-6)),
    spend: (messages, now) => {
      tokens = fill(now) - messages;
    },
  };
}
