import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Escaping } from '../event/requests.ts';
import { createDecoder, longestText, trickBit, tricks } from './inject-decode.ts';

const decoder = createDecoder();

function decoded(text: string | Uint8Array, escaping: Escaping = 'none'): string {
  const bytes = Buffer.from(text);
  return Buffer.from(decoder.out.subarray(0, decoder.decode(bytes, 0, bytes.length, escaping))).toString();
}

function unquoted(text: string): string {
  const bytes = Buffer.from(text);
  const length = decoder.decode(bytes, 0, bytes.length, 'none');
  const end = decoder.unquote(length);
  const [from, to] = end === -1 ? [decoder.out, length] : [decoder.unquoted, end];
  return Buffer.from(from.subarray(0, to)).toString();
}

describe('A text is decoded as attackers encode it', () => {
  it.each([
    ['nothing', '', ''],
    ['plain text', 'a/b=c', 'a/b=c'],
    ['capitals', 'UNION Select', 'union select'],
    ['percent-encoding', '%27%20or', "' or"],
    ['percent-encoding twice', '%2527', "'"],
    ['percent-encoding three times', '%252527', "'"],
    ['a percent sign that is none', '100%', '100%'],
    ['a percent sign with one digit', '%2', '%2'],
    ['plus for space', 'union+select', 'union select'],
    ['%u', '%u0027or%u0020', "'or "],
    ['%u of a fullwidth sign', '%uff1cscript', '<script'],
    ['\\u', '\\u0061lert', 'alert'],
    ['\\u{}', '\\u{61}lert', 'alert'],
    ['\\x', '\\x3cscript', '<script'],
    ['a numeric entity', '&#60;script', '<script'],
    ['a numeric entity with zeros and without semicolon', '&#0000060script', '<script'],
    ['a hexadecimal entity', '&#x3C;script', '<script'],
    ['a named entity', '&lt;script&gt;', '<script>'],
    ['an ampersand between parameters', 'a=1&lt=2', 'a=1&lt=2'],
    ['an entity without its end', '&lt', '&lt'],
    ['overlong in two bytes', '%c0%af', '/'],
    ['overlong in three bytes', '%e0%80%af', '/'],
    ['overlong in four bytes', '%f0%80%80%af', '/'],
    ['overlong with a plain second byte', '..%c0%2f', '../'],
    ['a Latin-1 letter', '%c1lvaro', '\ufffdlvaro'],
    ['fullwidth letters', '＜ｓｃｒｉｐｔ＞', '<script>'],
    ['the sign for kelvin and the long s', '\u212a\u017f', 'ks'],
    ['ordinary letters beyond ASCII', 'caf%C3%A9/你好', 'café/你好'],
    ['null bytes', 'uni%00on', 'union'],
    ['white space of all kinds', 'a%09%0a%0d%0b%c2%a0b', 'a b'],
    ['a comment', 'union/**/select', 'union select'],
    ['a comment with text', 'union/* x */select', 'union select'],
    ['a comment that MySQL runs', '/*!50000union*/ select', ' union select'],
    ['a comment without its end', 'a/*b', 'a/*b'],
    ['a wildcard', '/et*/*wd', '/et*/*wd'],
  ])('%s', (_name, text, expected) => {
    expect(decoded(text)).toBe(expected);
  });

  it.each([
    ['percent', 'Mozilla%20%2527', "mozilla '"],
    ['backslash', 'say \\"hi\\" \\x3cb', 'say "hi" <b'],
    ['backslash', 'c\\\\d', 'c\\d'],
  ] as const)('behind what the log did: %s', (escaping, text, expected) => {
    expect(decoded(text, escaping)).toBe(expected);
  });

  it.each([
    ['a=b', []],
    ['%2527', ['double-encoding']],
    ['%u0027', ['unicode-escape']],
    ['%c0%af', ['overlong']],
    ['＜', ['fullwidth']],
    ['&#60;', ['entity']],
    ['%00', ['null-byte']],
    ['%0d', ['line-break']],
    ['a/**/b', ['comment']],
  ])('%s is hidden by %j', (text, expected) => {
    decoded(text);
    expect(tricks.filter((name) => (decoder.tricks() & trickBit[name]) !== 0)).toEqual(expected);
  });

  it.each([
    ["w'h'o\\am^i", 'whoami'],
    ['/etc/pa[s]swd', '/etc/passwd'],
    ['ca$@t', 'cat'],
    ['cat${IFS}/etc/hosts', 'cat /etc/hosts'],
    ['cat$IFS/etc/hosts', 'cat /etc/hosts'],
    ['plain', 'plain'],
  ])('without quoting %s is %s', (text, expected) => {
    expect(unquoted(text)).toBe(expected);
  });

  it('takes whatever bytes there are, gives no more than it got, and forgets the text before', () => {
    const pieces = fc.constantFrom(
      '%',
      '25',
      '27',
      '&',
      '#',
      'x',
      ';',
      '\\',
      'u',
      '{',
      '/',
      '*',
      '!',
      '$',
      '\u0000',
      'À',
      'a',
      '+',
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((parts) => Buffer.from(parts.join(''))),
        fc.uint8Array(),
        (bytes, before) => {
          const fresh = createDecoder();
          const wanted = fresh.decode(bytes, 0, bytes.length, 'none');
          decoder.decode(before, 0, before.length, 'none');
          const length = decoder.decode(bytes, 0, bytes.length, 'none');
          expect(length).toBeLessThanOrEqual(bytes.length);
          expect(decoder.out.subarray(0, length)).toEqual(fresh.out.subarray(0, wanted));
          expect(decoder.unquote(length)).toBeLessThanOrEqual(length);
        },
      ),
    );
  });

  it('cuts what is longer than any server takes', () => {
    expect(decoded('a'.repeat(longestText * 2))).toHaveLength(longestText);
  });
});
