/** Seconds of each unit; a month and a year are those of the calendar's 400 years on average, as in pySigma. */
const seconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, M: 2_629_746, y: 31_556_952 } as const;

/** No window is longer; times stay exact far beyond it. */
const longestSeconds = 10 * seconds.y;

/** `90m` in milliseconds, or a sentence that says what is wrong with it and what to write. */
export function parseTimespan(text: string): number | { readonly problem: string } {
  const parts = /^(\d{1,9})([smhdwMy])$/.exec(text);
  if (parts === null) {
    const digits = /^\d+$/.test(text) ? `; '${text}' lacks its unit: write ${text}s for seconds` : '';
    return { problem: `is no time span such as 30s, 90m, 12h, 7d, 2w, 1M (month) or 1y${digits}` };
  }
  const count = Number(parts[1]);
  const span = count * seconds[parts[2] as keyof typeof seconds];
  if (count === 0) return { problem: 'must be longer than nothing' };
  if (span > longestSeconds) return { problem: 'is longer than ten years; ask for less' };
  return span * 1_000;
}
