import type { FieldDetection, KeywordDetection } from './rule.ts';
import type { Json, JsonObject } from '../event/json.ts';

/** How rules see an event of type E: the engine knows no more about it. */
export interface EventView<E> {
  /** A reader for a field name, made once for each rule that names it. */
  readonly field: (name: string) => (event: E) => Json | undefined;
  /** Everything that a keyword is looked for in. */
  readonly whole: (event: E) => JsonObject;
  /**
   * The keys of `whole` without any of which a field is not there, so that it need not be looked for; undefined for a field that does not come
   * from there and may cost something to work out.
   */
  readonly topKeys?: (name: string) => readonly string[] | undefined;
  /** How a test is made, where not by compile.ts: rules of one set share theirs. */
  readonly shared?: (detection: FieldDetection | KeywordDetection) => Matcher<E>;
  /** A reader for what a field is compared with; `field` where there is none. */
  readonly other?: (name: string) => (event: E) => Json | undefined;
}

export type Matcher<E> = (event: E) => boolean;
