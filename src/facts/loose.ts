import type { Json, JsonObject } from '../event/json.ts';
import { isJsonObject, isList, member } from '../event/json.ts';

/**
 * `parent[key]` whatever the case of the key's letters: services write one and the same parameter as `tTL`, `TTL` or `ttl`,
 * `Name` or `name`. The spelling that is asked for comes first; a null counts as nothing there.
 */
export function loose(parent: Json | undefined, key: string): Json | undefined {
  if (!isJsonObject(parent)) return undefined;
  const exact = member(parent, key);
  if (exact !== undefined && exact !== null) return exact;
  const folded = key.toLowerCase();
  for (const name of Object.keys(parent)) {
    const value = parent[name];
    if (name.length === key.length && name.toLowerCase() === folded && value !== undefined && value !== null)
      return value;
  }
  return undefined;
}

/** The same where the value is a non-empty string; a number counts as its digits. */
export function looseText(parent: Json | undefined, key: string): string | undefined {
  const value = loose(parent, key);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function looseObject(parent: Json | undefined, key: string): JsonObject | undefined {
  const value = loose(parent, key);
  return isJsonObject(value) ? value : undefined;
}

/** The members of an array, whether it stands under the key itself or, as some services write it, under `items` or `member` in there. */
export function looseList(parent: Json | undefined, key: string): readonly Json[] {
  const value = loose(parent, key);
  if (isList(value)) return value;
  const inner = loose(value, 'items') ?? loose(value, 'member');
  return isList(inner) ? inner : [];
}

/** The same, of its strings alone. */
export function looseTexts(parent: Json | undefined, key: string): readonly string[] {
  return looseList(parent, key).filter((item): item is string => typeof item === 'string');
}

/** True, false, or undefined where the value is neither; `"true"` counts. */
export function looseSwitch(parent: Json | undefined, key: string): boolean | undefined {
  const value = loose(parent, key);
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : undefined;
  return word === 'true' ? true : word === 'false' ? false : undefined;
}
