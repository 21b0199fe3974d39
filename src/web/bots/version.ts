/** The whole number behind a word; undefined where there is none of at most five digits. */
export function versionAfter(text: string, word: string): number | undefined {
  const at = text.indexOf(word);
  if (at === -1) return undefined;
  const digits = /^\d{1,5}(?!\d)/.exec(text.slice(at + word.length, at + word.length + 6));
  return digits === null ? undefined : Number(digits[0]);
}
