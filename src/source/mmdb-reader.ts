import { createRequire } from 'node:module';
import type * as Mmdb from 'mmdb-lib';
import { readPlaceData, type PlaceData } from '../context/place-data.ts';

const require = createRequire(import.meta.url);

/**
 * Reads a MaxMind DB file with the library for it, which is loaded at the first one, because most commands read none.
 * @throws where the library is not installed
 */
export function readMmdb(bytes: Uint8Array): PlaceData | { readonly problem: string } {
  const { Reader } = require('mmdb-lib') as typeof Mmdb;
  return readPlaceData(bytes, (file) => new Reader(file));
}
