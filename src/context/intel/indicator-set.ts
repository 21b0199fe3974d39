import { parseRange } from '../../facts/network/ranges.ts';
import { indicatorTypes, type Indicator, type IndicatorType } from './indicator.ts';
import { findText, packTexts, sortedTexts, textAt, type PackedTexts } from './packed-texts.ts';

/** What is known of one indicator. */
interface Known {
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

/** Everything of a set as bytes and numbers, which one thread hands to another as they are. */
export interface PackedIndicators {
  readonly values: Readonly<Record<IndicatorType, PackedValues>>;
  /** Of what is known, the labels (empty for none), and from when on it counts no longer (`Infinity` for never). */
  readonly labels: PackedTexts;
  readonly untils: Float64Array<ArrayBuffer>;
  readonly prefixes: readonly Prefix[];
}

interface PackedValues {
  readonly texts: PackedTexts;
  /** Of each text, in their order, the number of what is known of it. */
  readonly known: Uint32Array<ArrayBuffer>;
}

interface Prefix {
  readonly family: 4 | 6;
  readonly prefix: number;
}

/** Grows by `add`; what is known of a value that is named twice is what holds longer. */
export interface GrowingSet {
  readonly size: () => number;
  readonly add: (indicator: Indicator) => void;
  readonly pack: () => PackedIndicators;
}

const bits = { 4: 32, 6: 128 } as const;

/** Thousands of indicators of one campaign share what is known of them. */
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
  const prefixes = new Map<string, Prefix>();
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
    pack: () => ({
      values: {
        address: packValues(values.address),
        domain: packValues(values.domain),
        url: packValues(values.url),
        hash: packValues(values.hash),
        agent: packValues(values.agent),
      },
      labels: packTexts(known.map(({ label = '' }) => label)),
      untils: Float64Array.from(known, ({ until = Infinity }) => until),
      prefixes: [...prefixes.values()].toSorted((a, b) => b.prefix - a.prefix),
    }),
  };
}

function packValues(values: ReadonlyMap<string, number>): PackedValues {
  const sorted = sortedTexts([...values.keys()]);
  return {
    texts: packTexts(sorted),
    known: Uint32Array.from(sorted, (value) => values.get(value) ?? 0),
  };
}

/** All its memory, each piece once. */
export function buffersOf({ values, labels, untils }: PackedIndicators): ArrayBuffer[] {
  const packed = indicatorTypes.map((type) => values[type]);
  const texts = [labels, ...packed.map((one) => one.texts)];
  return [
    untils.buffer,
    ...packed.map(({ known }) => known.buffer),
    ...texts.flatMap(({ bytes, starts, hashes }) => [bytes.buffer, starts.buffer, hashes.buffer]),
  ];
}

/** Networks are found by as many questions as there are lengths of prefixes. */
export function openIndicators({ values, labels, untils, prefixes }: PackedIndicators): IndicatorSet {
  const at = (type: IndicatorType, value: string, time: number): Known | undefined => {
    const { texts, known } = values[type];
    const number = known[findText(texts, value)];
    const until = number === undefined ? undefined : untils[number];
    if (number === undefined || until === undefined || time >= until) return undefined;
    const label = textAt(labels, number);
    return { label: label === '' ? undefined : label, until: until === Infinity ? undefined : until };
  };
  const inNetwork = (value: string, time: number): Known | undefined => {
    if (prefixes.length === 0) return undefined;
    const own = parseRange(value);
    if (own === undefined) return undefined;
    for (const { family, prefix } of prefixes) {
      if (family !== own.family) continue;
      const free = BigInt(bits[family] - prefix);
      const found = at('address', `${family}/${prefix}/${(own.first >> free) << free}`, time);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const counts = {
    address: values.address.known.length,
    domain: values.domain.known.length,
    url: values.url.known.length,
    hash: values.hash.known.length,
    agent: values.agent.known.length,
  };
  return {
    size: indicatorTypes.reduce((sum, type) => sum + counts[type], 0),
    counts,
    find: (type, value, time) =>
      at(type, value, time) ?? (type === 'address' ? inNetwork(value, time) : undefined),
  };
}
