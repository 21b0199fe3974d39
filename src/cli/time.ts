import { CliFailure } from './failure.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Reads a point in time as people write it on a command line: `2026-11-21`, `2026-11-21T07:30:00Z`, or `90d` for 90 days before now. Milliseconds since the epoch. */
export function parseTime(value: string, option: string, now: number): number {
  const relative = /^(\d+)([smhdw])$/.exec(value);
  const unit = units[relative?.[2] ?? ''];
  if (relative && unit !== undefined) return now - Number(relative[1]) * unit;
  const time = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    throw new CliFailure(
      `${option}: '${value}' is not a time; write 2026-11-21, 2026-11-21T07:30:00Z, or 24h, 90d for that long ago`,
    );
  return time;
}
