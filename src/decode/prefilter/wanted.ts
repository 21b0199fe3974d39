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
 * can match a CloudTrail record that holds none of them, nor a group of clues.
 */
export type Wanted = ReadonlyMap<string, WantedTexts>;

/** Something that a record may hold, at any depth. */
export type Hint =
  /** A key with whatever value; with `anyCase` also where it is written in other small and capital letters. */
  | { readonly how: 'any'; readonly key: string; readonly anyCase?: boolean }
  /** Under the key one of these texts, or one of them somewhere in a text. */
  | { readonly how: 'whole' | 'parts'; readonly key: string; readonly texts: ReadonlySet<string> }
  /** Under the key a text that can be an address of the internet. */
  | { readonly how: 'address'; readonly key: string }
  /** Two different texts under `accountId` and `recipientAccountId`. */
  | { readonly how: 'accounts' };

/** One of these hints is needed. */
export type Clue = readonly Hint[];

/** What makes a record worth parsing where it holds all of these clues. */
export type WantedGroup = readonly Clue[];

/**
 * A rule whose matches need only be counted: it matches where each field holds one of its texts, in letters of any case. All is plain ASCII.
 */
export interface CountedRule {
  readonly id: string;
  readonly fields: readonly {
    /** The names on the way from the top of the record. */
    readonly path: readonly string[];
    readonly texts: readonly string[];
  }[];
}

/** Matches of a counted rule in records that are not decoded. */
export interface Counted {
  /** Of the rule. */
  readonly id: string;
  readonly matches: number;
  /** The oldest and the newest event time among them, in milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
}

/** So many rules can be counted, with so many fields together, each of so many names. */
export const mostCountedRules = 8;
export const mostCountedFields = 16;
export const mostNames = 6;

/** So many different clues can be told apart, and so many groups. */
export const mostClues = 63;
export const mostGroups = 63;

/** The keys under which the ids of accounts stand. */
export const accountKeys: readonly string[] = ['accountId', 'recipientAccountId'];

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

/** The same clue has the same name. */
export function nameOfClue(clue: Clue): string {
  return JSON.stringify(
    clue.map((hint) => ('texts' in hint ? { ...hint, texts: [...hint.texts].sort() } : hint)),
  );
}
