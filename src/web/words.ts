/** The words of a text: a table of many short names reads better without their quotes. */
export function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
