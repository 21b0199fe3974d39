import type { Requests } from '../event/requests.ts';
import { byteHash } from './byte-hash.ts';
import type { HeavyHitters } from './heavy-hitters.ts';
import type { NumberedTexts } from './numbered-texts.ts';

/** Of a text so many bytes are looked at: one of a megabyte is told apart by its beginning and costs no more than a long one. */
const longestText = 512;

/** Counts the texts of a column: adds up by number in each batch, so that what is held for ever is touched once for each text and not for each row. */
export interface TextCounts {
  /**
   * @param classes the status class of each row (4 for 404); rows with one below 0 are left out
   * @param seen is told the key of each text in `into`, how often it came in this batch, and whether it is new there
   */
  readonly take: (
    requests: Requests,
    texts: NumberedTexts,
    classes: Int8Array,
    seen?: (key: number, times: number, isNew: boolean, text: number) => void,
  ) => void;
}

/** @param into has the sums `smallSums` */
export function textCounts(into: HeavyHitters, seed: number, countsEmpty: boolean): TextCounts {
  const hash = byteHash(seed);
  const [clientErrors, serverErrors] = into.sums;
  /** Three for each number: how often, with client errors, with server errors. */
  let counts = new Int32Array(1_024 * 3);
  let touched = new Int32Array(1_024);
  return {
    take: ({ count, escaping }, { ids, size, bytes, start, end }, classes, seen) => {
      if (size * 3 > counts.length) counts = new Int32Array(size * 6);
      if (count > touched.length) touched = new Int32Array(count * 2);
      const different = addUp(ids, classes, count, counts, touched);
      for (let i = 0; i < different; i++) {
        const id = touched[i] ?? 0;
        const at = id * 3;
        const times = counts[at] ?? 0;
        const from = start[id] ?? 0;
        const to = end[id] ?? 0;
        if (from < to || countsEmpty) {
          hash.take(bytes, from, Math.min(to, from + longestText));
          const key = into.add(hash.low, hash.high, times);
          const isNew = into.wasNew();
          if (isNew) into.keepText(key, bytes, from, to, escaping);
          if (clientErrors !== undefined)
            clientErrors[key] = (clientErrors[key] ?? 0) + (counts[at + 1] ?? 0);
          if (serverErrors !== undefined)
            serverErrors[key] = (serverErrors[key] ?? 0) + (counts[at + 2] ?? 0);
          seen?.(key, times, isNew, id);
        }
        counts.fill(0, at, at + 3);
      }
    },
  };
}

/** Counts the rows of a batch by their text, and gives how many different ones there are: these stand in `touched`. */
function addUp(
  ids: Int32Array,
  classes: Int8Array,
  count: number,
  counts: Int32Array,
  touched: Int32Array,
): number {
  let different = 0;
  for (let row = 0; row < count; row++) {
    const statusClass = classes[row] ?? -1;
    if (statusClass < 0) continue;
    const id = ids[row] ?? 0;
    const at = id * 3;
    const before = counts[at] ?? 0;
    if (before === 0) touched[different++] = id;
    counts[at] = before + 1;
    if (statusClass >= 4) counts[at + statusClass - 3] = (counts[at + statusClass - 3] ?? 0) + 1;
  }
  return different;
}
