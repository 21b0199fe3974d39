import type { Requests } from '../event/requests.ts';
import { evidenceOf, mostEvidence, type EvidenceLine } from './offence.ts';

/** Lines with one and the same target. */
const mostOfOneTarget = 2;

/** Takes lines of evidence until there are enough, and not many of the same. */
export interface EvidenceKeeper {
  readonly wants: () => boolean;
  readonly add: (line: EvidenceLine) => void;
  readonly lines: () => readonly EvidenceLine[];
}

export function evidenceKeeper(changed?: () => void): EvidenceKeeper {
  const lines: EvidenceLine[] = [];
  return {
    wants: () => lines.length < mostEvidence,
    add: (line) => {
      if (lines.length >= mostEvidence) return;
      const same = lines.filter(({ target, object, position }) => {
        if (object === line.object && position === line.position) return true;
        return target === line.target;
      });
      const isKept = same.some(
        ({ object, position }) => object === line.object && position === line.position,
      );
      if (isKept || same.length >= mostOfOneTarget) return;
      lines.push(line);
      changed?.();
    },
    lines: () => lines.toSorted((a, b) => a.time - b.time || a.position - b.position),
  };
}

/**
 * Gives the keepers rows of a batch. `keys[row]` says whose row it is, `belongs` whether it is one of what was counted, and `lineOf` makes
 * the line.
 */
export function gatherEvidence(
  requests: Requests,
  keys: ArrayLike<number>,
  keepers: ReadonlyMap<number, EvidenceKeeper>,
  belongs: (row: number) => boolean,
  lineOf: (requests: Requests, row: number) => EvidenceLine = evidenceOf,
): void {
  const wanting = new Map([...keepers].filter(([, keeper]) => keeper.wants()));
  for (let row = 0; row < requests.count && wanting.size > 0; row++) {
    const key = keys[row] ?? -1;
    const keeper = wanting.get(key);
    if (keeper === undefined || !belongs(row)) continue;
    keeper.add(lineOf(requests, row));
    if (!keeper.wants()) wanting.delete(key);
  }
}
