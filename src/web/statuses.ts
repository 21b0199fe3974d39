/** Element `status` is 1 where the status is one of these; a look into it costs less than a look into a set. */
export function statusSet(statuses: readonly number[]): Uint8Array {
  const flags = new Uint8Array(65_536);
  for (const status of statuses) flags[status] = 1;
  return flags;
}
