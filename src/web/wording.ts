const units = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `10 minutes`, `1 hour`, `90 seconds`. */
export function duration(milliseconds: number): string {
  const [name, length] = units.find(([, size]) => milliseconds % size === 0) ?? ['millisecond', 1];
  const count = milliseconds / length;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
