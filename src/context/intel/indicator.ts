import { addressIn, domainIn, hashIn } from '../observable.ts';
import { parseRange } from '../../facts/network/ranges.ts';

/** What indicators name. A network is an `address` in CIDR notation. */
export const indicatorTypes = ['address', 'domain', 'url', 'hash', 'agent'] as const;

export type IndicatorType = (typeof indicatorTypes)[number];

/** One thing that a feed warns of. Its texts are as hostile as whoever wrote the feed. */
export interface Indicator {
  readonly type: IndicatorType;
  /** In one spelling: see `indicatorIn`. */
  readonly value: string;
  /** What it is about: the name of a campaign, a malware. */
  readonly label?: string | undefined;
  /** From this event time on it counts no longer, in milliseconds since the epoch. */
  readonly until?: number | undefined;
}

/** Takes what a reader finds; false where there is no room for more. */
export interface IndicatorSink {
  readonly add: (indicator: Indicator) => boolean;
  /** Something that a feed names and that no event can be held against. */
  readonly leaveOut: () => void;
}

const longestUrl = 2_000;
const longestAgent = 500;
const longestLabel = 120;

/** Networks wider than these would name half the internet. */
const widest = { 4: 8, 6: 19 } as const;

/** A value in the spelling in which it is looked for; undefined where it is no such thing, or says too little to be held against anything. */
export function indicatorValue(type: IndicatorType, text: string): string | undefined {
  switch (type) {
    case 'address':
      return text.includes('/') ? networkIn(text) : addressIn(text.trim());
    case 'domain':
      return domainIn(text.trim());
    case 'url':
      return urlIn(text.trim());
    case 'hash':
      return hashIn(text.trim());
    case 'agent':
      return text.length >= 4 && text.length <= longestAgent ? text : undefined;
    default:
      return type satisfies never;
  }
}

/** A URL without its fragment; undefined where it is none. */
export function urlIn(text: string): string | undefined {
  if (text.length > longestUrl || !/^https?:/i.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null) return undefined;
  url.hash = '';
  return url.href;
}

function networkIn(text: string): string | undefined {
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const prefix = Number(/\/(\d+)$/.exec(text.trim())?.[1]);
  if (prefix < widest[range.family]) return undefined;
  return `${range.family}/${prefix}/${range.first}`;
}

/** A label short enough to be kept for each of a million. */
export function labelIn(text: unknown): string | undefined {
  return typeof text === 'string' && text.trim() !== ''
    ? text.trim().slice(0, longestLabel).toWellFormed()
    : undefined;
}

/** A time without a zone, such as `2026-11-21 08:00:00` or `2026-11-21T08:00`. */
const withoutZone = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/;

/**
 * A time of a feed, in milliseconds since the epoch; undefined where it is none. One without a zone is in UTC, as feeds write it, and not in
 * the zone of the machine that reads it.
 */
export function timeIn(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length >= 40) return undefined;
  const time = Date.parse(text.trim().replace(withoutZone, '$1T$2Z'));
  return Number.isNaN(time) ? undefined : time;
}
