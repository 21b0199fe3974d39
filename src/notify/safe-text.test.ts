import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, line, lines, slackMarkdown, slackText, visible } from './safe-text.ts';
import { hostileText } from './testing/alerts.ts';

/** Any string at all, half surrogates and control characters included, often with the pieces that matter. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<!channel>',
        '<@U1>',
        '<a|b>',
        '@here',
        '@everyone',
        '\u001b[2J',
        '\u202e',
        '&lt;',
        '*a*',
        ':x:',
        '://',
        '\n',
        '\ud83d',
        hostileText,
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('visible', () => {
  it.each([
    ['an ANSI escape', 'a\u001b[31mb', 'a\\x1b[31mb'],
    ['the one-byte form of the same', '\u009b31m', '\\x9b31m'],
    ['line breaks and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['NUL, backspace and DEL', '\0\b\u007f', '\\x00\\x08\\x7f'],
    ['a bidirectional override', 'a\u202egnp.exe', 'a\\u202egnp.exe'],
    ['zero-width characters', 'ad\u200bmin\ufeff', 'ad\\u200bmin\\ufeff'],
    ['invisible tags', 'a\u{e0041}', 'a\\u{e0041}'],
    ['halves of a surrogate pair', 'a\ud83d b\ude00', 'a\\ud83d b\\ude00'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a letter that draws nothing', 'a\u3164b', 'a\\u3164b'],
    ['a noncharacter', 'a\uffffb', 'a\\uffffb'],
    ['spaces of every width', 'a\u00a0\u3000   b', 'a b'],
    ['marks past what scripts need', `Z${'\u0351'.repeat(9)}o`, `Z${'\u0351'.repeat(4)}…o`],
  ])('shows %s', (_name, input, output) => {
    expect(visible(input)).toBe(output);
  });

  it.each(['Ünïcödé 名前 שלום नमस्ते', 'e\u0301', '😀', 'arn:aws:s3:::invoices', 'DOMAIN\\user', '"<>&*_~`'])(
    'leaves %s as it is',
    (text) => expect(visible(text)).toBe(text),
  );

  it('leaves no character that acts without being seen, whatever comes in', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u);
        expect(shown).not.toMatch(/[\p{Mn}\p{Me}]{5}/u);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });
});

describe('clip', () => {
  it.each([
    ['a short text', 'abc', 3, 'abc'],
    ['a long one', 'abcd', 3, 'ab…'],
    ['a pair at the cut', 'a😀😀', 3, 'a…'],
    ['a pair before the cut', 'a😀bc', 4, 'a😀…'],
    ['nothing but one place', 'abc', 1, '…'],
  ])('cuts %s', (_name, text, max, output) => expect(clip(text, max)).toBe(output));
});

describe('line', () => {
  it('keeps to the length and to whole characters, and says when something is missing', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 200 }), (text, max) => {
        const shown = line(text, max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown === visible(text).trim() || shown.endsWith('…')).toBe(true);
      }),
    );
  });

  it('does not show half a character where it stops reading a long text', () => {
    expect(line(`abc${'😀'.repeat(100)}`, 50)).not.toContain('\\ud83d');
    expect(line(' '.repeat(1000), 10)).toBe('…');
  });
});

describe('lines', () => {
  it('splits at any line break and drops empty lines', () => {
    expect(lines('a\r\n\r\nb\rc\n', { lines: 5, length: 9 })).toEqual(['a', 'b', 'c']);
    expect(lines('', { lines: 5, length: 9 })).toEqual([]);
  });

  it('ends with an ellipsis where there were more', () => {
    expect(lines('a\nb\nc', { lines: 2, length: 9 })).toEqual(['a', 'b', '…']);
    expect(lines('\n'.repeat(1_000_000), { lines: 2, length: 9 })).toEqual(['…']);
  });
});

describe('slackText', () => {
  it('leaves no angle bracket, no @here and no control character, within the length', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (text, max) => {
        const shown = slackText(text, max);
        expect(shown.length).toBeLessThanOrEqual(max);
        expect(shown).not.toMatch(/[<>\p{Cc}\p{Cs}]/u);
        expect(shown).not.toMatch(/@(here|channel|everyone|group)\b/i);
        expect(shown.replaceAll('@\u2060', '@')).not.toMatch(/\p{Cf}/u);
      }),
    );
  });

  it('leaves an ordinary address alone', () => {
    expect(slackText('bob@hereford.example & co', 99)).toBe('bob@hereford.example & co');
  });
});

describe('slackMarkdown', () => {
  it('leaves nothing that Slack reads as markup', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = slackMarkdown(text, 500);
        expect(shown).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
        expect(shown).not.toMatch(/@(here|channel|everyone|group)\b/i);
        expect(shown).not.toMatch(/:\/\/|:[\w+'-]+:|[*_~`](?!\u2060)|(?<!\u2060)[*_~`]/);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
    );
  });

  it('escapes after cutting, so that no entity is cut', () => {
    expect(slackMarkdown('<<<<', 3)).toBe('&lt;&lt;…');
  });

  it('starts no quote', () => {
    expect(slackMarkdown('> a', 9)).toBe('\u2060&gt; a');
  });
});
