import type { Json } from '../../event/json.ts';
import { flagAt, textAt } from '../call.ts';

/** A text in lower case, or a switch as `true` or `false`: services write settings as both. Empty where it is neither. */
export function wordAt(parent: Json | undefined, path: string): string {
  return (textAt(parent, path) ?? String(flagAt(parent, path) ?? '')).toLowerCase();
}
