/** Brings what was committed onto the disk, beside the event loop: one flush is for all that was written before it began. */
export interface Flusher {
  /** Something has been committed, and waits for the disk. */
  readonly written: () => void;
  /** How much has been committed by now. */
  readonly mark: () => number;
  /**
   * Resolves when all is on the disk that was committed until a mark; until now, where it is left out.
   * @throws {StoreError} `failed` for ever once the disk has refused: what it holds of the rest is then not known to anybody
   */
  readonly flush: (upTo?: number) => Promise<void>;
  /** Sees to it that all is on the disk within a second, though nobody waits for it. */
  readonly flushSoon: () => void;
  readonly close: () => Promise<void>;
}

/** Where a transaction is on the disk when it ends, or nothing is to be kept anyway. */
export const noFlusher: Flusher = {
  written: () => {},
  mark: () => 0,
  flush: async () => {},
  flushSoon: () => {},
  close: async () => {},
};
