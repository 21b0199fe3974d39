import { LineCounter, parseAllDocuments } from 'yaml';
import type { Problem } from './problem.ts';
import { offsetOf } from './yaml-place.ts';

/** Makes a problem of something that is found when the whole set of rules is known. `at` is the path of keys in the document. */
export type ProblemAt = (
  level: Problem['level'],
  message: string,
  at: readonly (string | number)[],
) => Problem;

/**
 * For problems that are found after a file has been read: it is read once more when the first of them is told. To keep every document
 * for that would take more memory than the rules themselves.
 */
export function problemsLater(text: string, path: string): (document: number) => ProblemAt {
  let again:
    { readonly documents: ReturnType<typeof parseAllDocuments>; readonly lines: LineCounter } | undefined;
  return (number) => (level, message, at) => {
    if (again === undefined) {
      const lines = new LineCounter();
      again = { documents: parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }), lines };
    }
    const document = Array.isArray(again.documents) ? again.documents[number] : undefined;
    const { line, col } = again.lines.linePos((document && offsetOf(document, at)) ?? 0);
    return { level, path, line: Math.max(1, line), column: Math.max(1, col), message };
  };
}
