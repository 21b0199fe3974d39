import type { Markup } from './alert-text.ts';
import { unlinked } from './plain-text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A visible text for HTML, between tags and within quotes; addresses in it become no links. */
export function htmlText(shown: string): string {
  return unlinked(shown).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** HTML that every mail program shows: no styles but on the spot, no pictures, nothing that is fetched. */
export const html: Markup = {
  text: htmlText,
  bold: (shown) => `<b>${htmlText(shown)}</b>`,
  code: (shown) => `<code>${htmlText(shown)}</code>`,
  item: (item) => `• ${item}`,
  box: (lines) => `<pre>${lines.map(htmlText).join('\n')}</pre>`,
  // An address has no entity but `&amp;` to need: the URL parser has escaped the rest.
  link: (text, url) =>
    `<a href="${url.replace(/[&<>"']/g, (found) => entities[found] ?? '')}">${htmlText(text)}</a>`,
  lineBreak: '<br>\n',
};
