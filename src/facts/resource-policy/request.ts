import { isList } from '../../event/json.ts';
import type { JsonObject } from '../../event/json.ts';
import { loose } from '../loose.ts';

/** The first of some members that is a non-empty text. */
export function textOf(parent: JsonObject | undefined, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = loose(parent, name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The texts of a member that is a text or a list of texts; others are left out. */
export function textsOf(parent: JsonObject | undefined, name: string): readonly string[] {
  const value = loose(parent, name);
  const items = isList(value) ? value : [value];
  return items.filter((item) => typeof item === 'string' && item !== '').map(String);
}
