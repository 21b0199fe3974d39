/** A Parquet file, or a part of one, that cannot be read; the message is one clause that says why. */
export class ParquetError extends Error {
  override readonly name = 'ParquetError';
}
