import type { Terminal } from '../terminal.ts';

export interface Bar {
  /** When it begins, in milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

const rows = 6;
/** A column is filled by eighths on a terminal; anywhere else, by plain characters. */
const eighths = ' ▁▂▃▄▅▆▇█';

/**
 * Counts over time as columns, from `from` to `to`, no wider than the terminal: where there is more time than room, a column stands for
 * several steps. `size` is the length of a step in milliseconds, `unit` its name.
 */
export function renderHistogram(
  bars: readonly Bar[],
  range: { readonly from: number; readonly to: number; readonly size: number; readonly unit: string },
  terminal: Terminal,
): string {
  const { size, unit } = range;
  const start = Math.floor(range.from / size);
  const steps = Math.floor(range.to / size) - start + 1;
  const room = Math.max(10, Math.min(100, terminal.width) - margin - 3);
  const each = Math.max(1, Math.ceil(steps / room));
  const columns = Array.from({ length: Math.max(1, Math.ceil(steps / each)) }, () => 0);
  for (const { time, value } of bars) {
    const column = Math.floor((Math.floor(time / size) - start) / each);
    if (column >= 0 && column < columns.length) columns[column] = (columns[column] ?? 0) + value;
  }
  const most = Math.max(1, ...columns);
  const axis = terminal.interactive
    ? { side: '│', corner: '└', floor: '─' }
    : { side: '|', corner: '+', floor: '-' };
  const drawn = Array.from({ length: rows }, (_, i) => {
    const label = i === 0 ? most.toLocaleString('en') : '';
    const cells = columns.map((value) => cellAt(value / most, rows - 1 - i, terminal.interactive));
    return `${label.padStart(margin - 1)} ${axis.side}${cells.join('')}`.trimEnd();
  });
  const first = utc(start * size, size);
  const last = utc((start + (columns.length - 1) * each) * size, size);
  const gap = columns.length - first.length - last.length;
  const dates = gap > 0 ? first + ' '.repeat(gap) + last : `${first} to ${last}`;
  return [
    ...drawn,
    `${'0'.padStart(margin - 1)} ${axis.corner}${axis.floor.repeat(columns.length)}`,
    `${' '.repeat(margin + 1)}${first === last ? first : dates}`,
    `${' '.repeat(margin + 1)}each column is ${each === 1 ? `one ${unit}` : `${each} ${unit}s`} (UTC)`,
  ].join('\n');
}

/** For the numbers beside the columns. */
const margin = 9;

/** How the part of a column at this height looks. Whatever is not nothing can be seen. */
function cellAt(share: number, height: number, fine: boolean): string {
  const filled = Math.min(1, Math.max(0, share * rows - height));
  if (!fine) return filled >= 0.5 || (height === 0 && share > 0) ? '#' : ' ';
  const eighth = height === 0 && share > 0 ? Math.max(1, Math.round(filled * 8)) : Math.round(filled * 8);
  return eighths.charAt(eighth);
}

function utc(time: number, size: number): string {
  const iso = new Date(time).toISOString();
  return size < 86_400_000 ? iso.slice(0, 16).replace('T', ' ') : iso.slice(0, 10);
}
