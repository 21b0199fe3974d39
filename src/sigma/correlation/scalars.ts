import { createHash } from 'node:crypto';
import { isList, type Json } from '../../event/json.ts';

/** What groups are made of and values are counted by. */
export type Scalar = string | number;

/** A field may hold a list; more of its members than this are not looked at. */
const mostMembers = 100;
/** Longer texts are kept as their beginning and a hash: what an attacker writes must not fill the memory. */
const longestText = 256;

/** The texts and numbers in a field, lists inside lists included; nothing for null, objects and what is missing. */
export function scalarsOf(value: Json | undefined): readonly Scalar[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [boundedText(value)];
  const found: Scalar[] = [];
  const pending: Json[] = [value];
  for (let item = pending.pop(); item !== undefined && found.length < mostMembers; item = pending.pop()) {
    if (isList(item)) {
      // From behind, so that the first member is taken off first; and no more than can be looked at.
      for (let i = Math.min(item.length, mostMembers) - 1; i >= 0; i--) pending.push(item[i] ?? null);
    } else if (typeof item === 'string') found.push(boundedText(item));
    else if (typeof item === 'number') found.push(item);
    else if (typeof item === 'boolean') found.push(String(item));
  }
  return found;
}

/** The text, or a short one that stands for it and for no other. */
export function boundedText(text: string): string {
  if (text.length <= longestText) return text;
  // Copied, because a part of a text holds the whole of it in memory.
  const beginning = Buffer.from(text.slice(0, longestText - 40)).toString();
  return `${beginning}… sha256:${digest(text).slice(0, 30)}`;
}

/** One text for several values, different wherever they are: `["a","b"]`; a single value is itself. */
export function joinedText(values: readonly Scalar[]): string {
  const [only] = values;
  return values.length === 1 && only !== undefined ? String(only) : JSON.stringify(values.map(String));
}

/** 64 hex digits. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex');
}

/** The number that a value stands for, also where a log writes it as a text. */
export function numberOf(value: Scalar): number | undefined {
  const number = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
