import type { Terminal } from '../terminal.ts';

const eighths = '▁▂▃▄▅▆▇█';
/** For files and pipes, where not everybody has the others: darker is more. */
const plain = '.:-=+*#%@';

/** Values over time as one line, each drawn against the highest; 0 and what is not known are blank, and whatever is not 0 can be seen. */
export function sparkline(values: readonly (number | null)[], terminal: Terminal): string {
  const signs = terminal.interactive ? eighths : plain;
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  return values
    .map((value) =>
      value === null || !(value > 0)
        ? ' '
        : signs.charAt(Math.min(signs.length - 1, Math.floor((value / most) * signs.length))),
    )
    .join('');
}
