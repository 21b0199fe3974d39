/** A group that an entry belongs to, and by which of its members. */
export interface GroupKey {
  readonly key: string;
  readonly values: readonly string[];
  readonly members: readonly number[];
}
