import { clockWords, localTime } from './hours.ts';

/** When digests go out. Plain data. */
export type Schedule =
  | { readonly type: 'every'; readonly minutes: number }
  /** Minutes of the day on the clock of a time zone of the IANA database. */
  | { readonly type: 'at'; readonly times: readonly number[]; readonly timeZone: string };

const minute = 60_000;
const day = 24 * 60;

/** The first moment of the schedule after `now`, in milliseconds since the epoch. */
export function nextTime(schedule: Schedule, now: number): number {
  if (schedule.type === 'every') {
    const period = schedule.minutes * minute;
    return (Math.floor(now / period) + 1) * period;
  }
  const clock = localTime(schedule.timeZone);
  const start = Math.floor(now / minute) * minute;
  const from = clock(start)?.minute ?? 0;
  const candidates = schedule.times.map((time) => {
    const ahead = (((time - from) % day) + day) % day || day;
    const guess = start + ahead * minute;
    // Where the clock was put forward or back in between, it shows another time then.
    const off = (time % day) - (clock(guess)?.minute ?? time);
    const mended = guess + (off > day / 2 ? off - day : off < -day / 2 ? off + day : off) * minute;
    return mended > now ? mended : guess;
  });
  return Math.min(...candidates);
}

/** `every 60 minutes`, `at 08:00, 16:30 (Europe/Berlin)` */
export function scheduleWords(schedule: Schedule): string {
  return schedule.type === 'every'
    ? `every ${schedule.minutes} minutes`
    : `at ${schedule.times.map(clockWords).join(', ')} (${schedule.timeZone})`;
}

/** The queue of what waits for a channel's next digest. No channel's name has a space in it. */
export function digestQueue(channel: string): string {
  return `${channel} digest`;
}
