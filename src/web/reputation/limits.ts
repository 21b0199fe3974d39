import type { AddressRange } from './range.ts';

/**
 * How far a list is trusted. `block`: one request is an offence for which its client may be blocked. `alert`: many requests are an offence
 * that somebody is told about. `context`: what is said of a client beside other things, and never an offence.
 */
export const trusts = ['block', 'alert', 'context'] as const;

export type Trust = (typeof trusts)[number];

/** What one list may name, so that a poisoned or broken one cannot name half the internet. */
export interface ListLimits {
  /** The shortest prefixes of one entry; wider entries are left out and counted. */
  readonly widestV4: number;
  readonly widestV6: number;
  /** The most IPv4 addresses in all; a list that names more is refused as a whole. */
  readonly mostV4: number;
  /** The most IPv6 networks of 64 bits in all. */
  readonly mostV6: bigint;
}

/**
 * Spamhaus DROP names about 20 million IPv4 addresses, in networks of at most some million; lists of whole hosting companies name 380
 * million (X4BNet's, in 2026).
 */
const verdict: ListLimits = { widestV4: 10, widestV6: 19, mostV4: 2 ** 26, mostV6: 1n << 46n };
const context: ListLimits = { widestV4: 8, widestV6: 16, mostV4: 2 ** 30, mostV6: 1n << 52n };

export function limitsFor(trust: Trust): ListLimits {
  return trust === 'context' ? context : verdict;
}

/** Whether a range holds more addresses than the widest network that is allowed. */
export function isTooWide(range: AddressRange, { widestV4, widestV6 }: ListLimits): boolean {
  return range.family === 4
    ? range.last - range.first >= 2 ** (32 - widestV4)
    : range.last - range.first >= 1n << BigInt(128 - widestV6);
}
