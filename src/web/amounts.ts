/** Sums and quantiles of amounts such as bytes, in fixed memory: sixteen steps for each doubling, so that a quantile is at most 3.2 % off. */
export interface Amounts {
  /** Amounts that are not known (NaN) or below 0 are left out. */
  readonly add: (amount: number) => void;
  readonly view: () => AmountsView;
}

/** Numbers are null where nothing was seen. */
export interface AmountsView {
  readonly count: number;
  readonly total: number;
  readonly mean: number | null;
  readonly median: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly most: number | null;
}

const stepsInDoubling = 16;
const doublings = 60;

/** How many numbers it holds. */
const amountsLength = 3 + stepsInDoubling * doublings + 1;

/** @param held where its numbers lie: those of compiled code that adds amounts, too (assembly/board-rows.ts) */
export function amounts(held = new Float64Array(amountsLength)): Amounts {
  /** Count, total and the most: in an array, because a number with a fraction that a function keeps costs an object at each change. */
  const sums = held.subarray(0, 3);
  const steps = held.subarray(3);
  const quantile = (share: number): number | null => {
    const [count = 0, , most = 0] = sums;
    if (count === 0) return null;
    let left = Math.ceil(share * count);
    for (const [step, held] of steps.entries()) {
      left -= held;
      if (left > 0) continue;
      return Math.min(most, Math.round(middleOf(step)));
    }
    return most;
  };
  return {
    add: (amount) => {
      if (!(amount >= 0)) return;
      sums[0] = (sums[0] ?? 0) + 1;
      sums[1] = (sums[1] ?? 0) + amount;
      if (amount > (sums[2] ?? 0)) sums[2] = amount;
      const step = stepOf(amount);
      steps[step] = (steps[step] ?? 0) + 1;
    },
    view: () => {
      const [count = 0, total = 0, most = 0] = sums;
      return {
        count,
        total,
        mean: count === 0 ? null : total / count,
        median: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        most: count === 0 ? null : most,
      };
    },
  };
}

/** 0 for what is below 1; then by the power of two and the next four bits. */
function stepOf(amount: number): number {
  if (amount < 1) return 0;
  if (amount < 2 ** 31) {
    const whole = Math.floor(amount);
    const power = 31 - Math.clz32(whole);
    const fraction = power >= 4 ? (whole >>> (power - 4)) & 15 : (whole << (4 - power)) & 15;
    return 1 + power * stepsInDoubling + fraction;
  }
  const power = Math.floor(Math.log2(amount));
  if (power >= doublings) return stepsInDoubling * doublings;
  return 1 + power * stepsInDoubling + Math.min(15, Math.floor((amount / 2 ** power - 1) * stepsInDoubling));
}

function middleOf(step: number): number {
  if (step === 0) return 0;
  const power = Math.floor((step - 1) / stepsInDoubling);
  return 2 ** power * (1 + (((step - 1) % stepsInDoubling) + 0.5) / stepsInDoubling);
}
