import type { Document } from 'yaml';
import type { Place } from './lint-places.ts';

export interface SourceLint {
  readonly source: string;
  readonly path: string;
  /** A new UUID, for a rule without an id. */
  readonly newId: () => string;
}

/** One document of a file, with what its checks need. */
export interface LintedDocument extends SourceLint {
  readonly document: Document;
  readonly placeAt: (offset: number) => Place;
}
