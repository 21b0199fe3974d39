/**
 * Makes text from a log harmless to a reader's screen. What is dangerous or invisible becomes a visible escape such as
 * `\x1b`, so that a person sees that something was there. The result is for reading, not for parsing: a backslash in
 * the input stays as it is.
 */

/**
 * Control characters, format characters (bidirectional overrides, zero-width, tags), surrogates without a partner,
 * private use, line and paragraph separators, unassigned code points, letters that draw nothing (Hangul and Khmer
 * fillers, the empty Braille cell), and the supplementary variation selectors, which can smuggle bytes.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|\u17b4|\u17b5|[\u{e0100}-\u{e01ef}]/gu;
const spaces = /\p{Zs}+/gu;
/** Real scripts stack up to four marks on one letter; past that it is noise that paints over other lines. */
const stackedMarks = /([\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]+/gu;

/** Most texts: nothing in them is looked for by the expressions above, which cost as much to make as a thousand texts to look through. */
const plain = /^[ -~]*$/;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(character: string): string {
  const known = short[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** The text on one line, with nothing in it that a terminal, a browser or a chat program acts on without showing it. */
export function visible(text: string): string {
  if (plain.test(text) && !text.includes('  ')) return text;
  return text.replace(unseen, escapeOf).replace(spaces, ' ').replace(stackedMarks, '$1…');
}

/** At most `max` UTF-16 units, cut between code points, with an ellipsis in place of what was cut. `max` is at least 1. */
export function clip(text: string, max: number): string {
  return text.length <= max ? text : `${codePointSlice(text, max - 1)}…`;
}

function codePointSlice(text: string, end: number): string {
  const last = text.charCodeAt(end - 1);
  const next = text.charCodeAt(end);
  const splitsPair = last >= 0xd800 && last <= 0xdbff && next >= 0xdc00 && next <= 0xdfff;
  return text.slice(0, splitsPair ? end - 1 : end);
}

/**
 * `visible` and `clip` in one, in time that depends on `max` and not on the length of the text: a field of a megabyte
 * costs no more than a short one.
 */
export function line(text: string, max: number): string {
  const scanned = codePointSlice(text, max * 4);
  const shown = visible(scanned).trim();
  return scanned.length === text.length ? clip(shown, max) : `${codePointSlice(shown, max - 1)}…`;
}

/** The non-empty lines of a text that may have several, each made harmless; further lines become one ellipsis. */
export function lines(
  text: string,
  limits: { readonly lines: number; readonly length: number },
): readonly string[] {
  // Cut before splitting, so that a text of a million line breaks costs no more than a short one.
  const head = codePointSlice(text, limits.lines * limits.length * 2);
  const shown = head
    .split(/\r\n|\n|\r/)
    .map((part) => line(part, limits.length))
    .filter((part) => part !== '');
  const complete = head.length === text.length && shown.length <= limits.lines;
  return complete ? shown : [...shown.slice(0, limits.lines), '…'];
}

/** Invisible and without width: keeps two characters from being read as one token. */
const wordJoiner = '\u2060';
const broadcast = /@(?=(?:here|channel|everyone|group)\b)/giu;

/**
 * A visible text for Slack's `plain_text` objects and the `text` elements of `rich_text`, which know no markup. Angle
 * brackets become look-alikes all the same: then no `<!channel>`, `<@U123>`, `<url|text>` or `<!date^…>` can come to
 * life, whatever a client does with the text, and a strict reader can refuse any message that holds `<`.
 * See https://docs.slack.dev/reference/block-kit/composition-objects/text-object
 */
export function slackEscape(shown: string): string {
  return shown.replaceAll('<', '‹').replaceAll('>', '›').replace(broadcast, `@${wordJoiner}`);
}

/** `slackEscape` of a text as a log gives it, at most `max` long. */
export function slackText(text: string, max: number): string {
  return clip(slackEscape(line(text, max)), max);
}

const markup = /[*_~`|]/g;
const emojiCode = /:(?=[\w+'-]+:)/g;
const quoteStart = /^(?=>)/;

/**
 * For Slack texts that are read as mrkdwn (the `text` that notifications show). `&`, `<` and `>` become entities;
 * the characters of emphasis, code, quotes and emoji codes, the scheme of an address and `@here` are broken up with an
 * invisible word joiner. `max` counts the text before the entities, which can make it up to five times as long.
 * See https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function slackMarkdown(text: string, max: number): string {
  return line(text, max)
    .replace(quoteStart, wordJoiner)
    .replace(markup, `${wordJoiner}$&${wordJoiner}`)
    .replace(emojiCode, `:${wordJoiner}`)
    .replaceAll('://', `:${wordJoiner}//`)
    .replace(broadcast, `@${wordJoiner}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
