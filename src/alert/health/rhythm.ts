/**
 * What is usual of something that is heard of now and then: the longest gap for each hour of the week (UTC), in seconds; -1 where nothing
 * was seen of the hour yet. A gap counts for every hour that it touches, so that a quiet weekend is usual on weekends alone.
 */
export type Gaps = readonly number[];

const hourMs = 3_600_000;
const hoursOfWeek = 168;
const weekMs = hoursOfWeek * hourMs;
/** What is not seen again is forgotten by this much a week. */
const fading = 0.9;

export const noGaps: Gaps = Array.from({ length: hoursOfWeek }, () => -1);

/** Weeks since the epoch. */
export function weekOf(time: number): number {
  return Math.floor(time / weekMs);
}

/**
 * The gaps with one more, from `from` to `to` in milliseconds since the epoch.
 * @param lengthMs may be shorter than from `from` to `to`, where nobody listened for a while
 * @param most the longest that it may count for in each hour of the week, in milliseconds
 */
export function withGap(
  gaps: Gaps,
  gap: { readonly from: number; readonly to: number; readonly lengthMs: number },
  most: (hour: number) => number = () => Number.POSITIVE_INFINITY,
): Gaps {
  const next = [...gaps];
  const first = Math.floor(gap.from / hourMs);
  const last = Math.min(Math.floor(gap.to / hourMs), first + hoursOfWeek - 1);
  for (let at = first; at <= last; at++) {
    const hour = at % hoursOfWeek;
    const seconds = Math.round(Math.max(0, Math.min(gap.lengthMs, most(hour))) / 1000);
    next[hour] = Math.max(next[hour] ?? -1, seconds);
  }
  return next;
}

/** The gaps so many weeks later. */
export function faded(gaps: Gaps, weeks: number): Gaps {
  if (weeks <= 0) return gaps;
  const rest = fading ** weeks;
  return gaps.map((gap) => (gap < 0 ? gap : Math.round(gap * rest)));
}

/**
 * A running estimate of the gap that 90 % of all gaps are shorter than, by small steps up and down, so that nights and weekends hardly move it.
 * What comes by chance has no rhythm by the hour, and this tells how rarely it comes.
 */
export function nextBeat(beatMs: number | undefined, gapMs: number): number {
  if (beatMs === undefined) return gapMs;
  // Nine small steps down for each one up hold it where one gap in ten is longer.
  return Math.round(beatMs * Math.exp(gapMs > beatMs ? 9 * step : -step));
}

const step = 0.02;

export function hourOf(time: number): number {
  return Math.floor(time / hourMs) % hoursOfWeek;
}

/** The longest usual gap around an hour of the week, in milliseconds: rhythms are not kept to the minute, and clocks are put forward and back. */
export function usualGap(gaps: Gaps, hour: number): number {
  const around = [hour + hoursOfWeek - 1, hour, hour + 1].map((at) => gaps[at % hoursOfWeek] ?? -1);
  const isKnown = around.every((gap) => gap >= 0);
  return Math.max(0, ...around, ...(isKnown ? [] : gaps)) * 1000;
}
