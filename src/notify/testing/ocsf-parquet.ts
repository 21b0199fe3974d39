import { zstdDecompressSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import type { detectionFinding } from '../ocsf.ts';

type Finding = ReturnType<typeof detectionFinding> & { readonly metadata: { readonly uid: string } };

/** The findings of a Parquet file, as JSON has them: what is absent is left out, and what is kept as a text of JSON is read. */
export async function readFindings(bytes: Uint8Array): Promise<readonly Finding[]> {
  const rows = await parquetReadObjects({
    file: bytes.slice().buffer,
    compressors: { ZSTD: (packed) => zstdDecompressSync(packed) },
  });
  return rows.map((row) => plain('', row) as Finding);
}

function plain(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if ((name === 'data' || name === 'unmapped') && typeof value === 'string') return JSON.parse(value);
  if (Array.isArray(value)) return value.map((one) => plain('', one));
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).flatMap(([part, inner]) => {
    const read = plain(part, inner);
    return read === undefined || read === null ? [] : [[part, read] as const];
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}
