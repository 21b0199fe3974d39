import { parse } from 'csv-parse/sync';

/** The rows of a list that somebody publishes as CSV, or in one clause why it cannot be read. Lines that begin with `#` are comments. */
export function csvRows(bytes: Uint8Array): string[][] | string {
  try {
    return parse(Buffer.from(bytes), {
      bom: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 64 * 1024,
    });
  } catch (error) {
    return `cannot be read as CSV: ${error instanceof Error ? error.message : String(error)}`;
  }
}
