import type { Json } from '../event/json.ts';

/** What a browser would draw as nothing, or draw in another order; JSON has an escape for each, so the text stays valid. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]/gu;
const deepest = 64;

/**
 * JSON with two spaces of indent, on lines, in visible characters only. Costs no more than `most` characters say,
 * whatever it is given: deeper or further parts are left out and `whole` is false; then the text is no valid JSON.
 */
export function prettyJson(value: Json, most: number): { readonly text: string; readonly whole: boolean } {
  let left = most;
  let whole = true;
  const parts: string[] = [];
  const put = (text: string): void => {
    if (text.length > left) whole = false;
    parts.push(text.slice(0, Math.max(0, left)));
    left -= text.length;
  };
  const walk = (node: Json, depth: number): void => {
    if (left <= 0) {
      whole = false;
      return;
    }
    if (node === null || typeof node !== 'object') {
      put(scalar(node, left));
      return;
    }
    const isList = Array.isArray(node);
    const entries = Object.entries(node).filter(([, child]) => child !== undefined);
    const [open, close] = isList ? ['[', ']'] : ['{', '}'];
    if (entries.length === 0) {
      put(`${open}${close}`);
      return;
    }
    if (depth >= deepest) {
      whole = false;
      put(`${open} … ${close}`);
      return;
    }
    put(open);
    const indent = '  '.repeat(depth + 1);
    for (const [i, [key, child]] of entries.entries()) {
      if (left <= 0) {
        whole = false;
        return;
      }
      put(`${i === 0 ? '' : ','}\n${indent}${isList ? '' : `${scalar(key, left)}: `}`);
      walk(child ?? null, depth + 1);
    }
    put(`\n${'  '.repeat(depth)}${close}`);
  };
  walk(value, 0);
  return { text: whole ? parts.join('') : `${parts.join('').toWellFormed()}…`, whole };
}

function scalar(value: string | number | boolean | null, room: number): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  // A string that cannot fit needs no more work than what is left.
  const cut = value.length > room ? value.slice(0, room + 1) : value;
  return JSON.stringify(cut).replace(unseen, escapeOf);
}

function escapeOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}
