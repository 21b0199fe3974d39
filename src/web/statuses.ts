import type { Requests } from '../event/requests.ts';

/** Element `status` is 1 where the status is one of these; a look into it costs less than a look into a set. */
export function statusSet(statuses: readonly number[]): Uint8Array {
  const flags = new Uint8Array(65_536);
  for (const status of statuses) flags[status] = 1;
  return flags;
}

/** The rows whose status is in the set. */
export function rowsWithStatus({ count, status }: Requests, flags: Uint8Array): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (flags[status[row] ?? 0] === 1) rows.push(row);
  return rows;
}
