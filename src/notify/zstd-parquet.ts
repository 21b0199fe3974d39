import { zstdCompressSync } from 'node:zlib';

/** How every Parquet file of ours is packed, for hyparquet-writer: with zstd, which DuckDB, Athena, Spark and Security Lake read. */
export const zstdParquet = {
  codec: 'ZSTD' as const,
  compressors: { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes) },
  createdBy: 'Tocsin',
};
