import { visible } from '../notify/safe-text.ts';

const trusted: unique symbol = Symbol('html');

/** Markup that may go into a page as it is. Only `html` makes it, and no data from outside can: JSON holds no symbols. */
export interface Html {
  readonly [trusted]: string;
}

/** What may stand in a template: text and numbers are escaped, `undefined` and `false` print nothing. */
export type Piece = string | number | Html | readonly Piece[] | undefined | false;

/**
 * A template for HTML. Every piece of text that is put into it is escaped for element content and for quoted attributes,
 * and characters that would be invisible or turn a line around are made visible. There is no way to leave this out.
 * Pieces must not stand in tag names, attribute names or unquoted attributes.
 */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let out = parts[0] ?? '';
  pieces.forEach((piece, i) => {
    out += print(piece) + (parts[i + 1] ?? '');
  });
  return { [trusted]: out };
}

/** The markup as text, for the response. */
export function render(page: Html): string {
  return page[trusted];
}

function print(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escape(piece.split('\n').map(visible).join('\n'));
  if (isList(piece)) return piece.map(print).join('');
  return piece[trusted];
}

function isList(piece: Html | readonly Piece[]): piece is readonly Piece[] {
  return Array.isArray(piece);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => entities[character] ?? '');
}

/** A preformatted text whose spaces stay as they are. It must be made of visible characters already. */
export function preformatted(text: string): Html {
  return { [trusted]: escape(text) };
}
