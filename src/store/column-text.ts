import { createHash } from 'node:crypto';

const longest = 500;
const kept = 200;

/**
 * A string in a form that every SQL database keeps unchanged. NUL ends a string in some SQLite functions and is
 * refused by PostgreSQL; a lone surrogate has no UTF-8 form and would come back as U+FFFD. Both, and the backslash
 * that marks them, become `\uXXXX`; all other text stays readable in the table.
 */
export function toColumn(text: string): string {
  return text.replace(
    /[\\\0\p{Surrogate}]/gu,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The string that `toColumn` was given. */
export function fromColumn(column: string): string {
  return column.replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/**
 * A string to find rows by. Indexes have limits (PostgreSQL's is about 2,700 bytes) and an attacker may choose an
 * account name of a megabyte, so what is longer than 500 characters is cut and told apart by its hash. Not reversible.
 */
export function toKey(text: string): string {
  const column = toColumn(text);
  if (column.length <= longest) return column;
  const hash = createHash('sha256').update(JSON.stringify(text)).digest('hex');
  return `${toColumn(text.slice(0, kept))}\\#${hash}`;
}
