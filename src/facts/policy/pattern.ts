/**
 * The wildcards of IAM's Action and Resource elements: `*` stands for any characters, `/` and `:` included,
 * `?` for exactly one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 *
 * Compare action names in lower case: they are case-insensitive, ARNs are not.
 */

/** True where every text that `inner` (a pattern or a plain text) can stand for is matched by `outer`. Takes at most `outer` x `inner` steps. */
export function covers(outer: string, inner: string): boolean {
  let o = 0;
  let i = 0;
  let star = -1;
  let resume = 0;
  while (i < inner.length) {
    const want = outer[o];
    if (want === '*') {
      star = o;
      resume = i;
      o += 1;
    } else if (want === inner[i] || (want === '?' && inner[i] !== '*')) {
      // A `*` of the inner pattern may stand for nothing or for much, so only a `*` of the outer one holds it.
      o += 1;
      i += 1;
    } else if (star >= 0) {
      resume += 1;
      i = resume;
      o = star + 1;
    } else {
      return false;
    }
  }
  while (outer[o] === '*') o += 1;
  return o === outer.length;
}

/** True where some text is matched by both patterns. Takes `a` x `b` steps. */
export function overlaps(a: string, b: string): boolean {
  if (!beginAlike(a, b)) return false;
  // row[j]: whether a's first i characters and b's first j can both be used up by one text.
  let row = new Uint8Array(b.length + 1);
  let next = new Uint8Array(b.length + 1);
  row[0] = 1;
  for (let j = 1; j <= b.length && b[j - 1] === '*'; j += 1) row[j] = 1;
  for (let i = 1; i <= a.length; i += 1) {
    const x = a[i - 1];
    next[0] = row[0] === 1 && x === '*' ? 1 : 0;
    for (let j = 1; j <= b.length; j += 1) {
      const y = b[j - 1];
      // A star stands for nothing, or takes one more character of the other pattern and stays.
      const star = (x === '*' || y === '*') && (row[j] === 1 || next[j - 1] === 1);
      next[j] = star || (row[j - 1] === 1 && (x === y || x === '?' || y === '?')) ? 1 : 0;
    }
    [row, next] = [next, row];
  }
  return row[b.length] === 1;
}

/** False where the plain beginnings of two patterns already differ: most pairs end here. */
function beginAlike(a: string, b: string): boolean {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const x = a[i];
    const y = b[i];
    if (x === '*' || y === '*') return true;
    if (x !== y && x !== '?' && y !== '?') return false;
  }
  return true;
}

/** What an element with its opposite (`Action`/`NotAction`) names: everything in `include` that is not in `exclude`. */
export interface PatternSet {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** True where the set surely holds all that `pattern` stands for. */
export function setCovers(set: PatternSet, pattern: string): boolean {
  return (
    set.include.some((outer) => covers(outer, pattern)) && !set.exclude.some((out) => overlaps(out, pattern))
  );
}

/** True where the set may hold something that `pattern` stands for. */
export function setOverlaps(set: PatternSet, pattern: string): boolean {
  return (
    set.include.some((outer) => overlaps(outer, pattern)) && !set.exclude.some((out) => covers(out, pattern))
  );
}
