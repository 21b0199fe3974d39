import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentText, type Escaping } from './requests.ts';

/** The same in a plain way: runs of escapes are bytes, and all bytes together are UTF-8. */
function read(text: string, escape: RegExp): string {
  const parts: Buffer[] = [];
  let last = 0;
  for (const match of text.matchAll(escape)) {
    parts.push(Buffer.from(text.slice(last, match.index)));
    parts.push(
      match[1] === undefined ? Buffer.from(match[2] ?? '') : Buffer.of(Number.parseInt(match[1], 16)),
    );
    last = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(last)));
  return new TextDecoder('utf-8').decode(Buffer.concat(parts));
}

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom('%', '%2', '%41', '%c3%A9', '%C3', '%zz', '%%34', 'é', '😀', 'a', ' ', '\0', '"'),
    fc.constantFrom('\\', '\\\\', '\\"', '\\x41', '\\X4F', '\\xc3\\xa9', '\\x4', '\\xg1', '\\n', 'x41'),
    fc.string({ maxLength: 4 }),
  ),
  { maxLength: 12 },
);
const written = (text: string, escaping: Escaping): string =>
  sentText(Buffer.from(text), escaping, 'referrer');

describe('a text as it was sent', () => {
  it.each<[name: string, text: string, escaping: Escaping, sent: string]>([
    ['nothing', '', 'percent', ''],
    ['without escapes', 'curl/8', 'percent', 'curl/8'],
    ['a percent sign that escapes nothing', '100%', 'percent', '100%'],
    ['an escape that is cut off', 'a%4', 'percent', 'a%4'],
    ['escapes of one letter of two bytes', '%C3%a9', 'percent', 'é'],
    ['half of a letter', '%C3x', 'percent', '\uFFFDx'],
    ['an escaped percent sign', '%2541', 'percent', '%41'],
    ['a backslash before a quotation mark', 'say \\"hi\\"', 'backslash', 'say "hi"'],
    ['a backslash before a backslash', '\\\\x41', 'backslash', '\\x41'],
    ['a backslash before what it does not escape', '\\n\\', 'backslash', '\\n\\'],
    ['percent signs where the log escapes with backslashes', '%41', 'backslash', '%41'],
    ['escapes where the log has none', '%41\\x41', 'none', '%41\\x41'],
  ])('%s', (_name, text, escaping, sent) => {
    expect(written(text, escaping)).toBe(sent);
  });

  it('is what all escapes make, whatever stands between them', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = Buffer.from(parts.join('')).toString();
        expect(written(text, 'percent')).toBe(read(text, /%([0-9a-f]{2})/gi));
        expect(written(text, 'backslash')).toBe(read(text, /\\x([0-9a-f]{2})|\\(["\\])/gi));
      }),
      { numRuns: 500 },
    );
  });
});
