import { codeRuns, type AlertSections, type Row } from './sections.ts';
import { unlinked } from './plain-text.ts';

/**
 * How one target writes text with markup. What comes in is visible and unescaped; what comes out does in the target
 * nothing but what its name says.
 */
export interface Markup {
  readonly text: (shown: string) => string;
  readonly bold: (shown: string) => string;
  readonly code: (shown: string) => string;
  /** A line of a list; its text is markup already. */
  readonly item: (markup: string) => string;
  /** Lines in a box, as they are. */
  readonly box: (lines: readonly string[]) => string;
  readonly link: (text: string, url: string) => string;
  /** A moment in the reader's own time zone, where the target can do that; in milliseconds since the epoch. */
  readonly moment?: ((time: number, shown: string) => string) | undefined;
  /** For a value that comes from a log; `text` where the target has nothing better. */
  readonly value?: ((shown: string) => string) | undefined;
  /** Between pieces, where a line break alone does not break the line. */
  readonly lineBreak?: string | undefined;
}

/** Text without any markup, in which only links are broken. */
export const plainMarkup: Markup = {
  text: unlinked,
  bold: unlinked,
  code: (shown) => `\`${unlinked(shown)}\``,
  item: (markup) => `- ${markup}`,
  box: (lines) => lines.map(unlinked).join('\n'),
  link: (text, url) => `${text}: ${url}`,
};

/**
 * An alert as one text in the target's markup, at most `max` long. What does not fit goes out from the end, piece by
 * piece, and the text says so; no piece is cut inside, so that no markup stays open.
 */
export function alertText(
  sections: AlertSections,
  markup: Markup,
  max: number,
  options: { readonly withTitle?: boolean; readonly withLinks?: boolean } = {},
): string {
  const { withTitle = false, withLinks = true } = options;
  const { look, title, links } = sections;
  const head = [
    ...(withTitle ? [`${look.emoji} ${markup.bold(`${look.word}  ${title}`)}`] : []),
    ...(withLinks && links.length > 0
      ? [links.map(({ text, url }) => markup.link(text, url)).join('  ·  ')]
      : []),
  ];
  const own = wordingOf(sections, markup, max - head.join('').length - 2 * head.length);
  if (own !== undefined) return [...head, own].join(markup.lineBreak ?? '\n');
  const note = (left: number) => markup.text(shortenedNote(sections, left));
  return fitted([...head, ...alertLines(sections, markup)], note, max, markup.lineBreak ?? '\n');
}

function wordingOf({ wording }: AlertSections, { text, lineBreak }: Markup, max: number): string | undefined {
  if (wording === undefined) return undefined;
  const filled = wording(text, max);
  if (filled === undefined || lineBreak === undefined) return filled;
  const broken = filled.replaceAll('\n', lineBreak);
  return broken.length <= max ? broken : undefined;
}

/** The pieces of a message below its title, in order; each stands on a line, or lines, of its own. */
function alertLines(sections: AlertSections, markup: Markup): readonly string[] {
  const { rows, several, facts, why, steps, footer } = sections;
  const item = (text: string) => markup.item(markup.text(text));
  return [
    ...rows.map((row) => rowText(row, markup)),
    ...(several === undefined
      ? []
      : [
          ...several.rows.map((row) => rowText(row, markup)),
          markup.bold('Events'),
          ...several.events.map((event) => markup.item((markup.value ?? markup.text)(event))),
        ]),
    ...(facts.length === 0 ? [] : [markup.bold('What it means')]),
    ...facts.flatMap(({ explanation, unknowns, diff }) => [
      markup.item(
        codeRuns(explanation)
          .map(({ text, code }) => (code ? markup.code(text) : markup.text(text)))
          .join(''),
      ),
      ...unknowns.map((unknown) => item(`Unknown: ${unknown}`)),
      ...(diff.length === 0 ? [] : [markup.box(diff)]),
    ]),
    ...(why === '' ? [] : [rowText({ label: 'Why', value: why }, { ...markup, value: markup.text })]),
    ...(steps.length === 0 ? [] : [markup.bold('Do first'), ...steps.map(item)]),
    footer.map(markup.value ?? markup.text).join(' · '),
  ];
}

/** A value with a label before it. */
function rowText({ label, value, time }: Row, markup: Markup): string {
  const shown =
    time === undefined || markup.moment === undefined
      ? (markup.value ?? markup.text)(value)
      : markup.moment(time, value);
  return `${markup.bold(label)}  ${shown}`;
}

function fitted(
  pieces: readonly string[],
  note: (left: number) => string,
  max: number,
  lineBreak: string,
): string {
  const whole = pieces.join(lineBreak);
  if (whole.length <= max) return whole;
  const room = max - note(pieces.length).length - lineBreak.length;
  let text = '';
  let taken = 0;
  for (const piece of pieces) {
    const next = taken === 0 ? piece : text + lineBreak + piece;
    if (next.length > room) break;
    text = next;
    taken += 1;
  }
  return text + lineBreak + note(pieces.length - taken);
}

/** What a message says in place of its last `left` parts. */
export function shortenedNote({ footer }: AlertSections, left: number): string {
  const alert = footer.at(-1) ?? 'the alert';
  return `… and ${left} more ${left === 1 ? 'part' : 'parts'}, too long for a message. ${alert}`;
}
