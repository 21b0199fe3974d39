/**
 * What makes a record worth parsing: under one of these keys, at any depth, one of these texts (folded; see Sigma's case-insensitive
 * comparison). Whoever makes it vouches that no rule can match a CloudTrail record that holds none of them.
 */
export type Wanted = ReadonlyMap<string, ReadonlySet<string>>;

/** Such a key is written in one way only in JSON without backslashes, and its last bytes can be looked up. */
const plainKey = /^[A-Za-z0-9_$@:-]{3,64}$/;

/** Whether the scanner can look for this key. */
export function isWantable(key: string): boolean {
  return plainKey.test(key);
}
