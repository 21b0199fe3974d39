import type { AddressRange } from './range.ts';

/** How a list is written, where its content does not say so itself. */
export interface ListShape {
  /** Told by the content where it is left out; `csv` only where a column's name says that it holds addresses. */
  readonly format?: ListFormatName | undefined;
  /** The column of a CSV list that has the address, by its name in the first row or by its number from 1; the field of objects in JSON. */
  readonly column?: string | number | undefined;
  /** The column with the last address of a range, where the list has ranges in two columns. */
  readonly lastColumn?: string | number | undefined;
}

export interface ListSink {
  /**
   * Takes what stands for one address, network or range; undefined where it could not be read.
   * @param written what stood there
   * @returns false once there were too many
   */
  readonly entry: (range: AddressRange | undefined, written: () => string) => boolean;
}

/** Hands every entry over; a sentence where the whole is not what it should be. */
export type ListReader = (bytes: Uint8Array, shape: ListShape, sink: ListSink) => string | undefined;

export const listFormatNames = ['lines', 'tor-exits', 'json-lines', 'json', 'csv'] as const;

export type ListFormatName = (typeof listFormatNames)[number];
