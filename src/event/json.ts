/** A JSON value as `JSON.parse` returns it. Every string in it may come from an attacker. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON array; `Array.isArray` alone would forget what its members are. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** `parent[key]` when that is an own key of a JSON object, otherwise undefined; inherited names such as `constructor` are never found. */
export function member(parent: Json | undefined, key: string): Json | undefined {
  return isJsonObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
}

/** The own member when it is a non-empty string, otherwise undefined. */
export function text(parent: Json | undefined, key: string): string | undefined {
  const value = member(parent, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The own member when it is a JSON object, otherwise undefined. */
export function object(parent: Json | undefined, key: string): JsonObject | undefined {
  const value = member(parent, key);
  return isJsonObject(value) ? value : undefined;
}

/** The own member when it is an array; anything else, absent included, is an empty list. */
export function list(parent: Json | undefined, key: string): readonly Json[] {
  const value = member(parent, key);
  return isList(value) ? value : [];
}
