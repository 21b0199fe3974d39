/** What JSON leaves as it is and a terminal may act on, or hide: C1 control codes and everything that turns or hides text. */
const unsafe = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Indented JSON with nothing in it that a terminal acts on: such characters are written as JSON escapes, so the value stays the same. */
export function jsonText(value: unknown): string {
  const escaped = JSON.stringify(value, null, 2).replace(unsafe, (character) =>
    // By UTF-16 unit, as JSON wants it.
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${escaped}\n`;
}
