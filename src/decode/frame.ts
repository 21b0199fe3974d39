export interface FrameLimits {
  /** The longest value, in bytes; longer ones are broken frames. */
  readonly maxBytes: number;
  /** How many brackets may be open at once. */
  readonly maxDepth: number;
  /** How many bytes of a broken frame are kept. */
  readonly keepBytes: number;
}

export const defaultFrameLimits: FrameLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 1000,
  keepBytes: 64 * 1024,
};

/** One JSON value of a stream, or a stretch of bytes where one should be. `at` is the stream offset of its first byte. */
export type Frame =
  | { readonly kind: 'value'; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'broken';
      readonly at: number;
      readonly length: number;
      /** The first `keepBytes` of it, a copy. */
      readonly bytes: Uint8Array;
      readonly reason: string;
    };
