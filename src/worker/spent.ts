/** Remembers requests that have come, by their signatures. */
export interface Spent {
  readonly has: (signature: Buffer) => boolean;
  /** @returns false where it was there before */
  readonly add: (signature: Buffer) => boolean;
}

/**
 * Signatures are remembered for some time, and so many at most, the oldest of which are forgotten first: only who has a key can
 * make them, so nobody else can push one out; and what is forgotten does no more harm than a batch that is sent twice.
 * @param now milliseconds since the epoch
 */
export function rememberSpent(now: () => number, { forMs, most }: { forMs: number; most: number }): Spent {
  /** When each came. */
  const times = new Map<string, number>();
  /** Half of it is as hard to meet by chance, and a text of its own does not hold the header. */
  const keyOf = (signature: Buffer): string => signature.toString('latin1', 0, 16);

  function forget(at: number): void {
    for (const [key, time] of times) {
      if (times.size <= most && at - time <= forMs) return;
      times.delete(key);
    }
  }

  return {
    has: (signature) => times.has(keyOf(signature)),
    add: (signature) => {
      const key = keyOf(signature);
      if (times.has(key)) return false;
      const at = now();
      times.set(key, at);
      forget(at);
      return true;
    },
  };
}
