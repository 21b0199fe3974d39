import { BadCursorError } from './store.ts';

/** The last alert of a page: the next page starts right after it. */
export interface Cursor {
  readonly time: number;
  readonly id: string;
}

const form = 'a1';

/** An opaque text that is safe in a URL. It names a place in the order and not a page number, so new alerts don't shift it. */
export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([form, cursor.time, cursor.id]), 'utf8').toString('base64url');
}

/**
 * Reads a cursor back. Only the exact text that `writeCursor` makes is taken: anything cut, padded or altered into
 * another form is refused, and what is well formed can do no more than name a place in the order.
 * @throws {BadCursorError}
 */
export function readCursor(text: string): Cursor {
  const cursor = parse(text);
  if (cursor === undefined || writeCursor(cursor) !== text) {
    throw new BadCursorError(
      'after: not a cursor of this store; leave it out to begin with the newest alert, or pass `next` of the page before unchanged',
    );
  }
  return cursor;
}

function parse(text: string): Cursor | undefined {
  if (text.length > 2_000) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [marker, time, id] = value as readonly unknown[];
  if (marker !== form || typeof time !== 'number' || !Number.isFinite(time)) return undefined;
  return typeof id === 'string' && id !== '' ? { time, id } : undefined;
}
