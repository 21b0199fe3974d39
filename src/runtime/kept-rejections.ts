import type { Rejection } from '../event/record.ts';

/**
 * Of one input this many rejections are kept one by one; those after them are kept as one for each batch. Each costs the store
 * as much as an alert does, and a small body can hold millions: two bytes suffice for one.
 */
const keptOneByOne = 10_000;

/** Makes a function that tells what is stored of the rejections of one input, batch after batch. */
export function rejectionKeeper(): (rejected: readonly Rejection[]) => readonly Rejection[] {
  let kept = 0;
  return (rejected) => {
    const single = rejected.slice(0, Math.max(0, keptOneByOne - kept));
    kept += single.length;
    const [first, ...others] = rejected.slice(single.length);
    return first === undefined ? single : [...single, others.length === 0 ? first : asOne(first, others)];
  };
}

/** Says how many there were, why the first was refused and where it stands; the rest stand between it and the next that is kept. */
function asOne(first: Rejection, others: readonly Rejection[]): Rejection {
  return {
    ...first,
    reason: `${others.length + 1} records from here on were refused, too many of one input to keep each; the first: ${first.reason}`,
    length: others.reduce((sum, { length }) => sum + length, first.length),
  };
}
