/** A lone half of a surrogate pair, as JSON writes it; perhaps a text with these letters behind a backslash. */
const half = /\\ud[89a-f]/;

/**
 * JSON without halves of surrogate pairs, in texts as well as in names: an attacker may write them into a log, and a receiver that is strict about
 * UTF-8 (PostgreSQL's jsonb, Rust's serde) refuses the whole message for one.
 */
export function wellFormedJson(value: unknown): string {
  const text = JSON.stringify(value);
  return half.test(text) ? JSON.stringify(value, wellFormed) : text;
}

/** For `JSON.stringify`: fields of a record have names of whoever made it. */
function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (entries.every(([name]) => name.isWellFormed())) return value;
  const named = new Map<string, unknown>(entries.filter(([name]) => name.isWellFormed()));
  for (const [name, item] of entries) {
    if (name.isWellFormed()) continue;
    let free = name.toWellFormed();
    // Two that differ in such a half alone are still two.
    for (let number = 2; named.has(free); number += 1) free = `${name.toWellFormed()} (${number})`;
    named.set(free, item);
  }
  return Object.fromEntries(named);
}
