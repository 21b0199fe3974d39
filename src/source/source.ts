import type { Rejection } from '../event/record.ts';

/** Where a source hands over what it read. Resolves when everything that came of it is durable. */
export type Ingest = (chunks: AsyncIterable<Uint8Array>, from: InputOrigin) => Promise<void>;

export interface InputOrigin {
  /** `file`, `s3` ... */
  readonly source: string;
  readonly object: string;
  readonly receivedAt: number;
  /** The worker that found it, where it comes by one. */
  readonly worker?: string | undefined;
  /** Where in the object the first chunk begins. */
  readonly startAt?: number | undefined;
  /** Whole lines with which the object begins, where the first chunk is not its beginning and lines obey headers. */
  readonly beginning?: Uint8Array | undefined;
  /** Stored in the same transaction as the last of what was read. */
  readonly position?: { readonly source: string; readonly position: string } | undefined;
}

/** Keeps something that never became a record, such as a queue message that says nothing. */
export type Reject = (rejection: Rejection) => Promise<void>;

export interface SourceLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** A source that reads until it is stopped. */
export interface RunningSource {
  readonly name: string;
  /** Undefined while all is well, else what is wrong now. */
  readonly trouble: () => string | undefined;
  /** How long what was read last had waited for it, in milliseconds; absent or undefined where that is not known. */
  readonly waitedMs?: () => number | undefined;
  /** Lets what is in hand finish, then ends. */
  readonly stop: () => Promise<void>;
}
