import { CliFailure } from './failure.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A point in time as somebody wrote it: itself, or so many milliseconds before a time that the command chooses. */
export type WrittenTime =
  { readonly type: 'at'; readonly time: number } | { readonly type: 'before'; readonly ms: number };

/**
 * Reads a time as people write it on a command line: `2026-11-21`, `2026-11-21T07:30:00Z`, or `90d` for 90 days before another time.
 * @throws {CliFailure} where it is none of these.
 */
export function readTime(value: string, option: string): WrittenTime {
  const relative = /^(\d+)([smhdw])$/.exec(value);
  const unit = units[relative?.[2] ?? ''];
  if (relative && unit !== undefined) return { type: 'before', ms: Number(relative[1]) * unit };
  const time = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    throw new CliFailure(
      `${option}: '${value}' is not a time; write 2026-11-21, 2026-11-21T07:30:00Z, or 24h, 90d for that long ago`,
    );
  return { type: 'at', time };
}

/** The same where `90d` means 90 days before now. Milliseconds since the epoch. */
export function parseTime(value: string, option: string, now: number): number {
  const written = readTime(value, option);
  return written.type === 'at' ? written.time : now - written.ms;
}

/**
 * Reads a length of time such as `30m`, `4h` or `2d`, in milliseconds.
 * @throws {CliFailure} where it is none, or longer than a year.
 */
export function readPeriod(value: string, option: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
  const period = Number(number) * (units[unit] ?? Number.NaN);
  if (!(period > 0 && period <= 366 * 86_400_000))
    throw new CliFailure(`${option} ${value}: expected a length of time up to a year, such as 30m, 4h or 2d`);
  return period;
}

/**
 * When something ends of which `--for` or `--until` says it, in milliseconds since the epoch.
 * @throws {CliFailure} where not exactly one of them says it
 */
export function endOf(
  flags: { readonly for?: string | undefined; readonly until?: string | undefined },
  now: number,
): number {
  if ((flags.for === undefined) === (flags.until === undefined))
    throw new CliFailure(
      'say until when: either --for, such as --for 4h, or --until, such as --until 2026-11-23T08:00:00Z',
    );
  if (flags.for !== undefined) return now + readPeriod(flags.for, '--for');
  const until = readTime(flags.until ?? '', '--until');
  if (until.type === 'before')
    throw new CliFailure(`--until ${flags.until}: is a length of time; --for takes it`);
  return until.time;
}
