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

/**
 * `parent[key]` when that is an own key, otherwise undefined. One look instead of two: what an object of JSON inherits are functions, which
 * no JSON has, and its prototype.
 */
export function ownMember(parent: JsonObject, key: string): Json | undefined {
  const value = parent[key];
  const mayBeInherited = typeof (value as unknown) === 'function' || key === '__proto__';
  return !mayBeInherited || Object.hasOwn(parent, key) ? value : undefined;
}

/** The own member of a JSON object, otherwise undefined; inherited names such as `constructor` are never found. */
export function member(parent: Json | undefined, key: string): Json | undefined {
  return isJsonObject(parent) ? ownMember(parent, key) : undefined;
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
