/** Texts are in folded form; see Sigma's case-insensitive comparison. */
export interface WantedTexts {
  /** Whatever the value is. */
  readonly any: boolean;
  /** One of these is the value. */
  readonly whole: ReadonlySet<string>;
  /** One of these is somewhere in the value. */
  readonly parts: ReadonlySet<string>;
}

/**
 * What makes a record worth parsing: under one of these keys, at any depth, what is said of its value. Whoever makes it vouches that no rule
 * can match a CloudTrail record that holds none of them.
 */
export type Wanted = ReadonlyMap<string, WantedTexts>;

/** What makes a record worth parsing where both halves are in it: a text under one key, and another key with any value, or one of the texts. */
export interface WantedPair {
  readonly first: { readonly key: string; readonly texts: ReadonlySet<string> };
  /** Any value, where there are no texts. */
  readonly second: { readonly key: string; readonly texts: ReadonlySet<string> | undefined };
}

/** So many pairs can be told apart. */
export const mostPairs = 16;

/** Such a key is written in one way only in JSON without backslashes, and its last bytes can be looked up. */
const plainKey = /^[A-Za-z0-9_$@:-]{3,64}$/;

/** Whether the scanner can look for this key. */
export function isWantable(key: string): boolean {
  return plainKey.test(key);
}

/** Whether the scanner can look for this inside a value: it begins with two bytes. */
export function isWantablePart(text: string): boolean {
  return text.length >= 2;
}
