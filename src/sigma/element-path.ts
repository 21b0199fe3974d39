import { RuleError } from './problem.ts';
import type { ElementQuantifier } from './rule.ts';

export const elementQuantifiers: readonly ElementQuantifier[] = ['any', 'all', 'all_or_empty', 'none'];

export interface ElementPath {
  /** The name up to the first selector. */
  readonly field: string;
  /** Each selector, with the name behind it up to the next one; '' where nothing stands behind. */
  readonly selectors: readonly { readonly quantifier: ElementQuantifier; readonly rest: string }[];
}

/**
 * Splits a field name at its selectors: `ipPermissions.items[any].ipRanges.items[all].cidrIp`. `[]` behind a name is no selector but
 * only says that a list stands there, and `\[` and `\]` are brackets of the name itself.
 * @throws {RuleError} where something else stands in brackets.
 */
export function splitSelectors(name: string, at: readonly (string | number)[]): ElementPath {
  const quantifiers: ElementQuantifier[] = [];
  const names: string[] = [];
  let current = '';
  for (let i = 0; i < name.length; i++) {
    const char = name.charAt(i);
    const next = name.charAt(i + 1);
    if ((char === '\\' && (next === '[' || next === ']')) || (char === '[' && next === ']')) {
      current += char === '\\' ? next : '[]';
      i++;
      continue;
    }
    if (char !== '[') {
      current += char;
      continue;
    }
    const word = /^[^\]]*/.exec(name.slice(i + 1, i + 100))?.[0] ?? '';
    if (current === '') throw new RuleError(`'[${word}]' needs the name of a field before it`, at);
    if (name.charAt(i + word.length + 1) !== ']')
      throw new RuleError(`'[${word}' lacks its ']'; a bracket of the name itself is written '\\['`, at);
    quantifiers.push(quantifierOf(word, at));
    names.push(current);
    current = '';
    i += word.length + 1;
    const behind = name.charAt(i + 1);
    if (behind !== '' && (behind !== '.' || i + 2 === name.length))
      throw new RuleError(`behind '[${word}]' stands '.' and the name of a field, or nothing`, at);
    if (behind === '.') i++;
  }
  names.push(current);
  const selectors = quantifiers.map((quantifier, i) => ({ quantifier, rest: names[i + 1] ?? '' }));
  return { field: names[0] ?? '', selectors };
}

function quantifierOf(word: string, at: readonly (string | number)[]): ElementQuantifier {
  const found = elementQuantifiers.find((quantifier) => quantifier === word);
  if (found !== undefined) return found;
  if (/^-?\d+$/.test(word))
    throw new RuleError(
      `'[${word}]' asks for a place in a list, which Tocsin does not know; write [any] for whichever element it is`,
      at,
    );
  throw new RuleError(
    `'[${word}]' is no selector; known are ${elementQuantifiers.map((one) => `[${one}]`).join(', ')}, and '\\[' is the bracket itself`,
    at,
  );
}
