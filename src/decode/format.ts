import type { Event } from '../event/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';
import type { ListPlace } from './frames.ts';
import type { Prefilter } from './prefilter/prefilter.ts';
import type { Counted } from './prefilter/wanted.ts';

/** What was refused, as it came (its beginning, where it is long) or as a value out of a wrapping. */
export type Raw = { readonly bytes: Uint8Array; readonly length: number } | { readonly value: Json };

/** Makes an event of a record's fields, or says what is wrong with them. */
export type ToEvent = (fields: JsonObject, provenance: Provenance) => Event | { problem: string };

/** Takes what a format finds. Every call of `record` and `rejected` is one record read. */
export interface Sink {
  readonly record: (at: number, fields: JsonObject, toEvent: ToEvent, raw: Raw) => void;
  readonly rejected: (at: number, reason: string, raw: Raw) => void;
  /** So many more records were told from their bytes to be of no use to any rule, or only to be counted, and were not parsed. */
  readonly passedOver: (count: number, counted: readonly Counted[]) => void;
  /** A document that is known and holds no records, such as a digest file. */
  readonly skipped: (at: number, reason: string) => void;
}

export interface ReadLimits {
  /** The longest record, in bytes. */
  readonly maxRecordBytes: number;
  /** Tells the records that need not be parsed; without it all are. */
  readonly prefilter?: Prefilter | undefined;
  /** Where reading begins and may end in a list that is cut into parts. */
  readonly part?: ListPart | undefined;
  /** After how many bytes of records there is a yield at the latest (128 KiB); only JSON has a use for it. */
  readonly bytesPerYield?: number | undefined;
}

/** A part of content that is one long list of records. Offsets are those of the whole content. */
export interface ListPart {
  readonly place: ListPlace;
  /** Where it begins: at 0 as the content itself does, and anywhere else as if between two records of the list. */
  readonly from: number;
  /** Where it may end, in ascending order: at the first of them that stands between two records of the list, or else with the content. */
  readonly borders: readonly number[];
  /** Told the border at which it ended; not called where it ended with the content. */
  readonly endsAt: (border: number) => void;
}

/** A log format: one file each, and one line in the table of formats. */
export interface Format {
  readonly name: string;
  /** Whether content that begins with these bytes (unpacked; the first line at least, or 4 KB) is in this format. */
  readonly detect: (head: Uint8Array) => boolean;
  /**
   * Reads the whole content into the sink, and yields often (every thousand records or 256 KB) so that the sink can
   * be emptied; each yield is the number of bytes read so far. Throws only what `chunks` throws, after all that was
   * read before it is in the sink.
   */
  readonly read: (chunks: AsyncIterable<Uint8Array>, sink: Sink, limits: ReadLimits) => AsyncIterable<number>;
}
