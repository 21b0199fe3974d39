import type { Json, JsonObject } from '../event/json.ts';

/** How rules see an event of type E: the engine knows no more about it. */
export interface EventView<E> {
  /** A reader for a field name, made once for each rule that names it. */
  readonly field: (name: string) => (event: E) => Json | undefined;
  /** Everything that a keyword is looked for in. */
  readonly whole: (event: E) => JsonObject;
  /** A reader for what a field is compared with; `field` where there is none. */
  readonly other?: (name: string) => (event: E) => Json | undefined;
}

export type Matcher<E> = (event: E) => boolean;
