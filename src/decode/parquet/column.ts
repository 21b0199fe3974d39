import { parquetHeader } from 'hyparquet/src/column.js';
import type { PageHeader } from 'hyparquet';
import { ParquetError } from './error.ts';
import type { ColumnPlace, FlatColumn, RandomBytes } from './file.ts';
import { dataOf, dictionaryOf, isWithin, longestPage, type Values } from './page.ts';
import { thriftEnd } from './thrift-length.ts';

/** How many bytes all columns together may hold at once. */
export interface Budget {
  left: number;
}

export interface ColumnReader {
  /** The values of the next page that has some; undefined after the last one. */
  readonly next: () => Promise<Values | undefined>;
}

/** Headers are small; those with long statistics in them are read again as a whole. */
const headerBytes = 4 * 1024;
const longestHeader = 1024 * 1024;

/** Reads a column of one row group page by page, and holds one page and the dictionary. */
export function columnReader(
  file: RandomBytes,
  column: FlatColumn,
  place: ColumnPlace,
  budget: Budget,
): ColumnReader {
  const how = { ...column, codec: place.codec };
  let at = place.start;
  let dictionary: Values | undefined;
  let held = 0;

  const headerAt = async (): Promise<{ readonly header: PageHeader; readonly length: number }> => {
    for (const bytes of [headerBytes, longestHeader]) {
      const window = await file.read(at, Math.min(place.end, at + bytes));
      const length = thriftEnd(window, 0);
      if (length === undefined) continue;
      const view = new DataView(window.buffer, window.byteOffset, length);
      try {
        return { header: parquetHeader({ view, offset: 0 }), length };
      } catch (error) {
        throw new ParquetError(
          `a page's header cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
    throw new ParquetError("a page's header has no end");
  };
  /** Takes the place of what was held before. */
  const hold = (bytes: number): void => {
    budget.left += held - bytes;
    held = bytes;
    if (budget.left < 0)
      throw new ParquetError('its pages are too large to be held side by side; write smaller ones');
  };

  return {
    next: async () => {
      while (at < place.end) {
        const { header, length } = await headerAt();
        const { compressed_page_size: packed, uncompressed_page_size: size } = header;
        const body = at + length;
        if (!isWithin(packed, longestPage) || !isWithin(size, longestPage) || body + packed > place.end)
          throw new ParquetError(
            `a page says that it is ${packed} bytes long, and its column ends before that`,
          );
        at = body + packed;
        if (header.type === 'INDEX_PAGE') continue;
        const bytes = await file.read(body, body + packed);
        if (header.type === 'DICTIONARY_PAGE') {
          if (dictionary !== undefined) throw new ParquetError('a column has two dictionaries');
          dictionary = dictionaryOf(header, bytes, how);
          budget.left -= size + 8 * rowsOf(dictionary);
          hold(0);
          continue;
        }
        hold(packed + size);
        const values = dataOf(header, bytes, how, dictionary);
        const rows = rowsOf(values);
        hold(packed + size + 8 * rows);
        if (rows > 0) return values;
      }
      return undefined;
    },
  };
}

export function rowsOf(values: Values): number {
  return values.type === 'texts' ? values.start.length : values.numbers.length;
}
