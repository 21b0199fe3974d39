import type { ProblemAt } from './later-places.ts';

/** What the reader of one document gets besides the document. */
export interface ReadContext {
  /** The file's path, for messages and as the last resort of an id. */
  readonly path: string;
  /** Where something stands in the file, by the path of keys that leads to it. Line and column begin at 1. */
  readonly placeOf: (at: readonly (string | number)[]) => { readonly line: number; readonly column: number };
  /** Says something of a document that is read all the same. */
  readonly warn: (message: string, at: readonly (string | number)[]) => void;
  /** For problems that are found only when other documents are known. */
  readonly problem: ProblemAt;
}
