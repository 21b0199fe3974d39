/**
 * What is usual at each hour of the week: a mean and a spread that forget exponentially, so that a new habit becomes the usual one within
 * some weeks. Monday 09:00 is held against earlier Mondays 09:00 and nothing else. Plain data; hours are in UTC.
 */
export interface Baseline {
  readonly mean: number[];
  readonly variance: number[];
  /** How many weeks were learned from. */
  readonly weeks: number[];
}

export interface BaselineSettings {
  /** The share of a new week in the mean, once it is past the first ones, which count alike. */
  readonly newest: number;
  /** So many weeks of an hour are learned from before it is judged. */
  readonly learning: number;
  /** How many spreads from the mean are no longer usual. */
  readonly deviations: number;
  /** The spread is at least this share of the mean: traffic that never varied may still vary a little. */
  readonly leastSpread: number;
}

/** What is expected of a value, and how it compares. */
export interface Judgement {
  readonly expected: number;
  readonly spread: number;
  /** The value's distance from what is expected, in spreads; below 0 where it is less. */
  readonly deviations: number;
  readonly weeks: number;
}

export const hoursInWeek = 168;
const hour = 3_600_000;
/** 1970-01-01 was a Thursday. */
const hoursFromMonday = 3 * 24;

export function emptyBaseline(): Baseline {
  const zeros = (): number[] => Array.from({ length: hoursInWeek }, () => 0);
  return { mean: zeros(), variance: zeros(), weeks: zeros() };
}

/** From 0 (Monday, 00:00 UTC) to 167. */
export function hourOfWeek(time: number): number {
  return (((Math.floor(time / hour) + hoursFromMonday) % hoursInWeek) + hoursInWeek) % hoursInWeek;
}

/**
 * Holds a value against what was learned; undefined while there is too little.
 * @param noise by how much such a value varies by chance alone, given how many requests it was made from
 */
export function judge(
  { mean, variance, weeks }: Baseline,
  slot: number,
  value: number,
  noise: number,
  settings: BaselineSettings,
): Judgement | undefined {
  const learned = weeks[slot] ?? 0;
  if (learned < settings.learning) return undefined;
  const expected = mean[slot] ?? 0;
  // A spread out of few weeks is itself uncertain.
  const seen = Math.sqrt((variance[slot] ?? 0) * (1 + 2 / learned));
  const spread = Math.max(Math.hypot(seen, noise), Math.abs(expected) * settings.leastSpread, Number.EPSILON);
  return { expected, spread, deviations: (value - expected) / spread, weeks: learned };
}

/** Learns from a value, in place. What is far out counts no more than what is just unusual, so that an attack does not become usual at once. */
export function learn(
  baseline: Baseline,
  slot: number,
  value: number,
  judged: Judgement | undefined,
  settings: BaselineSettings,
): void {
  const weeks = (baseline.weeks[slot] ?? 0) + 1;
  const share = Math.max(1 / weeks, settings.newest);
  const before = baseline.mean[slot] ?? 0;
  const reach = judged === undefined ? Number.POSITIVE_INFINITY : judged.spread * settings.deviations;
  const difference = Math.min(reach, Math.max(-reach, value - before));
  baseline.mean[slot] = before + share * difference;
  baseline.variance[slot] = (1 - share) * ((baseline.variance[slot] ?? 0) + share * difference ** 2);
  baseline.weeks[slot] = weeks;
}
