/** Seconds of processor time and of the clock for each run of one subject, sorted by the clock. */
export interface Measured {
  readonly name: string;
  readonly seconds: readonly number[];
}

/**
 * Runs every subject in turn, `rounds` times after one warm-up, so that a machine that changes its speed changes it for all of them.
 */
export async function measure(
  rounds: number,
  subjects: Readonly<Record<string, () => unknown>>,
): Promise<readonly Measured[]> {
  const seconds = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(subjects)) {
      const started = performance.now();
      await run();
      const took = (performance.now() - started) / 1000;
      if (round >= 0) seconds.set(name, [...(seconds.get(name) ?? []), took]);
    }
  }
  return [...seconds].map(([name, times]) => ({ name, seconds: times.sort((a, b) => a - b) }));
}

export function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints one line for each subject: its rate, and how that compares with the first subject, which is the limit. */
export function printTable(
  title: string,
  results: readonly Measured[],
  size: { readonly amount: number; readonly unit: string; readonly bytes?: number },
): void {
  const limit = median(results[0]?.seconds ?? []);
  const lines = results.map(({ name, seconds }) => {
    const typical = median(seconds);
    const rate = `${Math.round(size.amount / typical).toLocaleString('en')} ${size.unit}/s`;
    const bytes = size.bytes === undefined ? '' : `${Math.round(size.bytes / typical / 1e6)} MB/s`;
    const spread = `${seconds[0]?.toFixed(2)}-${seconds.at(-1)?.toFixed(2)} s`;
    return `  ${name.padEnd(24)}${rate.padStart(24)}${bytes.padStart(12)}${`${((100 * limit) / typical).toFixed(0)} %`.padStart(8)}   ${spread}`;
  });
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}
