/** Long work in pieces of less than a millisecond: whoever does it may let others go first between any two of them. */
export type Pieces<Result> = Generator<void, Result, void>;

/** Does the work without a pause. */
export function atOnce<Result>(work: Pieces<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** @param breathe between the pieces, for whoever else is waiting */
export async function inPieces<Result>(work: Pieces<Result>, breathe: () => Promise<void>): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await breathe();
  }
}
