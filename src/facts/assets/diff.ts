/** One line of a readable difference: what came, what went, and what stays for orientation. */
export interface DiffLine {
  readonly sign: '+' | '-' | ' ';
  /** One line of text. Its names are as hostile as the log, but short and without control characters. */
  readonly text: string;
}

/** What changed in a thing that can be told apart into single texts. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly lines: readonly DiffLine[];
}

const mostLines = 24;
const longestLine = 500;

/** What is in one list of texts and not in the other; order and repetition say nothing. */
export function diffOf(before: readonly string[], after: readonly string[]): Difference {
  const was = new Set(before);
  const is = new Set(after);
  const added = [...is].filter((text) => !was.has(text)).sort();
  const removed = [...was].filter((text) => !is.has(text)).sort();
  return {
    added,
    removed,
    lines: boundedLines([
      ...removed.map((text): DiffLine => ({ sign: '-', text })),
      ...added.map((text): DiffLine => ({ sign: '+', text })),
    ]),
  };
}

/** So many lines and so long ones, with a word on what is left out. */
export function boundedLines(lines: readonly DiffLine[], most = mostLines): readonly DiffLine[] {
  const cut = lines.map(({ sign, text }) => ({
    sign,
    text: text.length > longestLine ? `${text.slice(0, longestLine).toWellFormed()}…` : text,
  }));
  if (cut.length <= most) return cut;
  const more = cut.length - (most - 1);
  return [...cut.slice(0, most - 1), { sign: ' ', text: `and ${more} more lines` }];
}
