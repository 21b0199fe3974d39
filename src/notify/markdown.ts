import type { Markup } from './alert-text.ts';
import { unlinked } from './plain-text.ts';
import { clip } from './safe-text.ts';

/**
 * CommonMark (https://spec.commonmark.org/0.31.2/#backslash-escapes) and its dialects: a backslash before a character
 * of markup makes it that character. What is markup only at the beginning of a line is escaped only there.
 */
export function markdownText(shown: string): string {
  return unlinked(shown)
    .replace(/[\\`*_~|<>[\]&@]|:(?=[\w+'-]+:)/g, '\\$&')
    .replace(/^([-+#=]|\d+(?=[.)](?:\s|$)))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** A title of which the escaped form is at most `max` long. */
export function markdownTitle(shown: string, max: number): string {
  let room = max;
  while (markdownText(clip(shown, room)).length > max) room = Math.floor(room * 0.8);
  return markdownText(clip(shown, room));
}

export const markdown: Markup = {
  text: markdownText,
  bold: (shown) => `**${markdownText(shown)}**`,
  // Between backticks only a backtick has a meaning.
  code: (shown) => `\`${shown.replaceAll('`', 'ˋ')}\``,
  item: (markup) => `- ${markup}`,
  box: (lines) => `\`\`\`diff\n${lines.map((text) => text.replaceAll('`', 'ˋ')).join('\n')}\n\`\`\``,
  link: (text, url) => `[${text}](${url})`,
};
