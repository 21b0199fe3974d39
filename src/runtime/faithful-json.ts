/**
 * A value as JSON, if reading that gives the same value again, but for members that are undefined. Undefined where it would not: numbers
 * such as infinity, and objects of a class.
 */
export function faithfulJson(value: unknown): string | undefined {
  let isFaithful = true;
  // The member itself, and not what a method of its own makes of it.
  const text = JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key: string) {
    const part = this[key];
    if (typeof part === 'number') isFaithful &&= Number.isFinite(part) && !Object.is(part, -0);
    else if (typeof part === 'object' && part !== null)
      isFaithful &&= Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;
    else isFaithful &&= typeof part !== 'bigint' && typeof part !== 'function' && typeof part !== 'symbol';
    return isFaithful ? part : null;
  });
  return isFaithful ? text : undefined;
}
