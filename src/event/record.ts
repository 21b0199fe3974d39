/** Where a record came from: enough to find its bytes again. */
export interface Provenance {
  /** How it reached us: `file`, `stdin`, `http`, `s3`, `lambda`. */
  readonly source: string;
  /** The file path, object URI (`s3://bucket/key`) or request id that held it. */
  readonly object: string;
  /** Byte offset of the record in the unpacked content of `object`. */
  readonly position: number;
  /** When Tocsin received it, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The worker that found it and sent it on; absent where this process read it itself. */
  readonly worker?: string | undefined;
}

/** A record, or a stretch of bytes where a record should be, that could not become an event. */
export interface Rejection {
  readonly provenance: Provenance;
  /** What is wrong and what to do about it, in one sentence. */
  readonly reason: string;
  /** Length in bytes of what was refused; `bytes` may hold only its beginning. */
  readonly length: number;
  readonly bytes: Uint8Array;
}
