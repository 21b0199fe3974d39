import { parseRange } from '../../facts/network/ranges.ts';
import type { Indicator, IndicatorType } from './indicator.ts';

/** What is known of one indicator. */
export interface Known {
  readonly label: string | undefined;
  /** As of `Indicator`. */
  readonly until: number | undefined;
}

export interface IndicatorSet {
  readonly size: number;
  readonly counts: Readonly<Record<IndicatorType, number>>;
  /** What names a value (in the spelling of `indicatorValue`) at an event time, a network that holds an address included. */
  readonly find: (type: IndicatorType, value: string, time: number) => Known | undefined;
}

/** Grows by `add`; what is known of a value that is named twice is what holds longer. */
export interface GrowingSet {
  readonly size: () => number;
  readonly add: (indicator: Indicator) => void;
  readonly done: () => IndicatorSet;
}

const bits = { 4: 32, 6: 128 } as const;

/**
 * Compact: a value is a key with the number of what is known of it, and thousands of indicators of one campaign share that. Networks are found by
 * as many questions as there are lengths of prefixes.
 */
export function indicatorSet(): GrowingSet {
  const values: Record<IndicatorType, Map<string, number>> = {
    address: new Map(),
    domain: new Map(),
    url: new Map(),
    hash: new Map(),
    agent: new Map(),
  };
  const known: Known[] = [];
  const numbers = new Map<string, number>();
  const prefixes = new Map<string, { readonly family: 4 | 6; readonly prefix: number }>();
  let size = 0;

  function numberOf({ label, until }: Indicator): number {
    const key = JSON.stringify([label ?? null, until ?? null]);
    const before = numbers.get(key);
    if (before !== undefined) return before;
    numbers.set(key, known.length);
    return known.push({ label, until }) - 1;
  }

  return {
    size: () => size,
    add: (indicator) => {
      const { type, value } = indicator;
      const held = values[type];
      const before = held.get(value);
      if (before !== undefined && (known[before]?.until ?? Infinity) >= (indicator.until ?? Infinity)) return;
      if (before === undefined) size += 1;
      held.set(value, numberOf(indicator));
      const [family, prefix] = type === 'address' ? value.split('/', 2) : [];
      if (prefix !== undefined)
        prefixes.set(`${family}/${prefix}`, { family: family === '4' ? 4 : 6, prefix: Number(prefix) });
    },
    done: () => {
      numbers.clear();
      const networks = [...prefixes.values()].toSorted((a, b) => b.prefix - a.prefix);
      const at = (type: IndicatorType, value: string, time: number): Known | undefined => {
        const number = values[type].get(value);
        const found = number === undefined ? undefined : known[number];
        return found !== undefined && (found.until === undefined || time < found.until) ? found : undefined;
      };
      const inNetwork = (value: string, time: number): Known | undefined => {
        if (networks.length === 0) return undefined;
        const own = parseRange(value);
        if (own === undefined) return undefined;
        for (const { family, prefix } of networks) {
          if (family !== own.family) continue;
          const free = BigInt(bits[family] - prefix);
          const found = at('address', `${family}/${prefix}/${(own.first >> free) << free}`, time);
          if (found !== undefined) return found;
        }
        return undefined;
      };
      return {
        size,
        counts: {
          address: values.address.size,
          domain: values.domain.size,
          url: values.url.size,
          hash: values.hash.size,
          agent: values.agent.size,
        },
        find: (type, value, time) =>
          at(type, value, time) ?? (type === 'address' ? inNetwork(value, time) : undefined),
      };
    },
  };
}
