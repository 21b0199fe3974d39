/** A lock that at most one process holds, and that is free when its holder is gone. */
export interface HeldLock {
  /** Aborted when it is lost, or was let go. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<void>;
}

/** Tries to get the lock; undefined while somebody else has it. */
export type LockOfLeader = () => Promise<HeldLock | undefined>;
