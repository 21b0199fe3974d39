/**
 * How many different things were seen, in fixed memory: HyperLogLog (Flajolet et al. 2007) with the estimator of Ertl 2017, "New cardinality
 * estimation algorithms for HyperLogLog sketches" (https://arxiv.org/abs/1702.01284, algorithm 6), which needs no tables against bias.
 * The standard error is 1.04 / sqrt(2^precision): 0.8 % at 14, 1.6 % at 12.
 */
export interface Distinct {
  /** Sees a thing by its hash of 64 bits. */
  readonly add: (low: number, high: number) => void;
  readonly estimate: () => number;
  /** What to make it again from: 2^precision bytes. */
  readonly registers: Uint8Array;
}

/** Ranks go from 1 to `ranks` + 1: so many bits of the hash are left for them. */
const ranks = 32;

/** @param registers of an earlier one with the same precision and hash, to go on from */
export function distinct(precision: number, registers = new Uint8Array(2 ** precision)): Distinct {
  const size = 2 ** precision;
  const shift = 32 - precision;
  return {
    add: (low, high) => {
      const at = high >>> shift;
      const rank = Math.clz32(low) + 1;
      if (rank > (registers[at] ?? 0)) registers[at] = rank;
    },
    estimate: () => {
      const having = new Float64Array(ranks + 2);
      for (const rank of registers) having[rank] = (having[rank] ?? 0) + 1;
      let z = size * tau(1 - (having[ranks + 1] ?? 0) / size);
      for (let rank = ranks; rank >= 1; rank--) z = 0.5 * (z + (having[rank] ?? 0));
      z += size * sigma((having[0] ?? 0) / size);
      return (size * size) / (2 * Math.LN2 * z);
    },
    registers,
  };
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY;
  let x = start;
  let y = 1;
  let z = start;
  for (let before = -1; before !== z; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let x = start;
  let y = 1;
  let z = 1 - start;
  for (let before = -1; before !== z;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
