import { RE2JS } from 're2js';

/**
 * A regular expression that runs in time linear in the text, whatever the pattern: RE2's language, searched (not
 * anchored), as Sigma's `re` asks. Flags: any of `i`, `m`, `s`.
 * @throws {Error} with RE2's reason where the pattern is broken or needs backtracking (look-around, back-references).
 */
export function compileRegex(source: string, flags: string): (text: string) => boolean {
  let bits = 0;
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) bits |= RE2JS.MULTILINE;
  if (flags.includes('s')) bits |= RE2JS.DOTALL;
  const compiled = RE2JS.compile(source, bits);
  return (text) => compiled.matcher(text).find();
}
