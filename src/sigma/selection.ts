import { detectionOf } from './detection.ts';
import type { Detection } from './rule.ts';
import { readSearch } from './search.ts';

/** One search outside any rule: plain data, in the form in which a rule holds it. */
export type Selection = Detection;

/**
 * Reads a search such as stands under a name in a rule's `detection`: a map (all fields must match) or a list of maps (one must).
 * Elements of lists can be asked for, as with `sigma-version: 3`.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#detection
 * @throws {RuleError} whose `at` leads to what is wrong, from the search on
 */
export function readSelection(value: unknown): Selection {
  return detectionOf(readSearch(value, [], { elements: true }));
}
