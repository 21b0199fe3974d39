/**
 * The same pure function of a text, which remembers its last outcomes: what logs name, such as an address, they name again and again. Memory is bounded
 * whatever texts come: long ones are not remembered, and all are forgotten when there are too many.
 */
export function remembered<T>(compute: (text: string) => T, most = 512): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const outcome = compute(text);
    if (text.length > longest) return outcome;
    if (known.size >= most) known.clear();
    known.set(text, outcome);
    return outcome;
  };
}

const longest = 300;
