/** What went wrong, as far as a caller may act on it. */
export type StoreProblem =
  /** No room left; works again once there is room. */
  | 'full'
  | 'read-only'
  /** Another process held the write lock for too long; the same call may work when tried again. */
  | 'busy'
  /** The database cannot be reached; works again once it can. */
  | 'unreachable'
  | 'corrupt'
  /** The place holds something that is not a Tocsin store. */
  | 'foreign'
  /** Written by a newer Tocsin. */
  | 'newer'
  /** What was to be stored cannot be; trying again won't help. */
  | 'unfit'
  /** Another process has taken over what this one was the only one to write. */
  | 'superseded'
  /** Others have written meanwhile what this was decided from; read it anew and decide again. */
  | 'stale'
  | 'closed'
  | 'failed';

/** A store could not do what it was asked to; nothing of that call has been kept. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;
  /** What was being done, or to what. */
  readonly subject: string;
  /** The file or address of the store. */
  readonly place: string;
  readonly reason: string;
  readonly wayOut: string;

  constructor(
    problem: StoreProblem,
    parts: { subject: string; place: string; reason: string; wayOut: string },
    options?: ErrorOptions,
  ) {
    super(`${parts.place}: ${parts.subject}: ${parts.reason}; ${parts.wayOut}`, options);
    this.problem = problem;
    this.subject = parts.subject;
    this.place = parts.place;
    this.reason = parts.reason;
    this.wayOut = parts.wayOut;
  }
}
