const beyondLatin1 = /[^\0-\xff]/;

/** Memory that a text takes, about: one byte for each character, or two where one of them needs more, and a head. */
export function textBytes(text: string): number {
  return 24 + text.length * (beyondLatin1.test(text) ? 2 : 1);
}
