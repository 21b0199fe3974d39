import type { Rejection } from '../../event/record.ts';
import type { Requests } from '../../event/requests.ts';
import type { RequestsBuilder } from './builder.ts';

/** `records` = requests.count + rejections, always. */
export interface AccessBatch {
  readonly requests: Requests;
  readonly rejections: readonly Rejection[];
  /** Lines read in this batch that are records or should be. */
  readonly records: number;
  /** Bytes of the unpacked content read so far, since the beginning; rows, where positions are rows. */
  readonly bytes: number;
}

/** What was taken so far, as a batch; none where that is nothing. `bytes` of the content were read for it. */
export function* emptied(into: RequestsBuilder, bytes: number): Generator<AccessBatch> {
  if (into.records === 0) return;
  yield { requests: into.finish(), rejections: [...into.rejections], records: into.records, bytes };
  into.clear();
}
