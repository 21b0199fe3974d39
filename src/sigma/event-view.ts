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
  /** By what events are told into families, for each of which a set works out once what its rules have left to ask; without it, they are not. */
  readonly families?: Families<E>;
}

/** Events are of one family where the same texts stand in the same few fields, such as the name of a call and the service that was called. */
export interface Families<E> {
  /** Keys of `whole`, which `field` reads there and nowhere else. An event that lacks one, or has something else than a text in it, is of no family. */
  readonly keys: readonly string[];
  /** Whether the texts make the event what they make others: false where the view read something else as its kind. */
  readonly includes?: (event: E) => boolean;
  /** Whether a field that does not come from `whole` is missing from every event with these texts, in the order of `keys`. */
  readonly lacks?: (field: string, texts: readonly string[]) => boolean;
  /** How many events of a family are looked at in the general way before it is worth the work; 32 unless said. */
  readonly after?: number | undefined;
}

export type Matcher<E> = (event: E) => boolean;
