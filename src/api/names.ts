import { html, type Html } from './html.ts';

/**
 * A text with the names in it, which stand between backticks (`quote` of facts, Markdown of rules), set as code. Where the
 * backticks do not pair, the text stands as it is.
 */
export function withNames(text: string): Html {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return html`${text}`;
  return html`${parts.map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
