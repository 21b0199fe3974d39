/** What has been found out about one text of a field; it holds for as long as the rules do. */
export interface KnownText {
  folded: string | undefined;
  /** Bits of the tests whose outcome is known, and of those among them that hold. */
  known: number;
  holds: number;
  /** The rules that the text makes candidates, by the index of all rules. */
  candidates: readonly number[] | undefined;
}

/** Tests of one field whose outcome is remembered with its texts: as many as bits of a small integer. */
export const mostKnownTests = 30;

/** What is known of a text; undefined where it is not worth remembering. */
export type KnownTexts = (text: string) => KnownText | undefined;

/** The same callers, addresses and programs come again and again. */
const mostTexts = 512;
const longestText = 300;
/** So many lookups show whether the texts of a field come again; where they do not, as many are left alone as `resting`. */
const judgedAfter = 2_048;
const resting = 32_768;

/** Remembers the texts of a field while they come again often enough. Memory is bounded, whatever events bring. */
export function rememberTexts(): KnownTexts {
  const texts = new Map<string, KnownText>();
  let lookups = 0;
  let hits = 0;
  return (text) => {
    if (lookups < 0) {
      lookups++;
      return undefined;
    }
    if (text.length > longestText) return undefined;
    if (++lookups > judgedAfter) {
      lookups = hits * 2 < judgedAfter ? -resting : 0;
      hits = 0;
      if (lookups < 0) texts.clear();
    }
    let known = texts.get(text);
    if (known !== undefined) {
      hits++;
      return known;
    }
    if (texts.size >= mostTexts) texts.clear();
    known = { folded: undefined, known: 0, holds: 0, candidates: undefined };
    texts.set(text, known);
    return known;
  };
}
