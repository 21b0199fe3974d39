/** A text of a value with `expand`: what stands there as it is, and the names of placeholders. */
export type ExpandPart = string | { readonly placeholder: string };

/**
 * Splits `srv-%region%-*`. `\%` is the sign itself and stays as it is written; a name has no `%` and no backslash in it, and neither begins
 * nor ends with a space, so that `100% of 5%` has none.
 * https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#placeholders
 */
export function splitPlaceholders(text: string): readonly ExpandPart[] {
  const parts: ExpandPart[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') {
      literal += char + text.charAt(++i);
      continue;
    }
    const end = char === '%' ? text.indexOf('%', i + 1) : -1;
    const name = end === -1 ? '' : text.slice(i + 1, end);
    if (name === '' || name.includes('\\') || name !== name.trim()) {
      literal += char;
      continue;
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({ placeholder: name });
    i = end;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** `\%` as the percent sign that it stands for. */
export function withoutEscapedPercents(text: string): string {
  return text.replace(/\\(.)/gs, (pair, sign: string) => (sign === '%' ? '%' : pair));
}

/**
 * A value as it is put in the place of a placeholder: what it means in itself, whatever stands behind it. Percent signs in it begin no
 * placeholder. `regex`: it is a piece of a regular expression, where a backslash always goes with the next sign.
 */
export function asFilled(value: string, regex: boolean): string {
  return value.replace(/\\([\s\S]?)|%/g, (found, behind?: string) => {
    if (behind === undefined) return '\\%';
    if (behind === '%') return regex ? '\\%' : '\\\\\\%';
    return regex || /[*?\\]/.test(behind) ? found : `\\\\${behind}`;
  });
}
