/** Hours of the week on somebody's clock. Plain data. */
export interface Hours {
  /** The days on which it begins; over midnight it goes on into the next day. */
  readonly days: readonly Weekday[];
  /** Minutes of the day. Where `to` is not after `from`, it ends on the next day. */
  readonly from: number;
  readonly to: number;
  /** A name of the IANA database, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Weekday = (typeof weekdays)[number];

/** Where a moment lies on a clock: the day, and the minute of that day. */
interface LocalTime {
  readonly day: Weekday;
  readonly minute: number;
}

/** Whether a moment, in milliseconds since the epoch, lies within the hours. What is no moment lies nowhere. */
export function withinHours({ days, from, to, timeZone }: Hours): (time: number) => boolean {
  const clock = localTime(timeZone);
  const begins = new Set(days);
  return (time) => {
    const local = clock(time);
    if (local === undefined) return false;
    const { day, minute } = local;
    if (from < to) return begins.has(day) && minute >= from && minute < to;
    return (begins.has(day) && minute >= from) || (begins.has(dayBefore(day)) && minute < to);
  };
}

/** What people in a time zone read off the clock and the calendar. */
export function localTime(timeZone: string): (time: number) => LocalTime | undefined {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (time) => {
    if (Number.isNaN(new Date(time).getTime())) return undefined;
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const name = parts.get('weekday')?.toLowerCase();
    const day = weekdays.find((one) => one === name);
    const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
    return day === undefined ? undefined : { day, minute };
  };
}

function dayBefore(day: Weekday): Weekday {
  return weekdays[(weekdays.indexOf(day) + 6) % 7] ?? day;
}

/** `mon, tue from 18:00 to 08:00 (Europe/Berlin)` */
export function hoursWords({ days, from, to, timeZone }: Hours): string {
  const when = days.length === weekdays.length ? 'every day' : days.join(', ');
  return `${when} from ${clockWords(from)} to ${clockWords(to)} (${timeZone})`;
}

export function clockWords(minute: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
