import Table from 'cli-table3';
import { paint, type Terminal } from '../terminal.ts';

export interface Column {
  readonly head: string;
  readonly right?: boolean;
  /** The column that gives way where the terminal is narrow. */
  readonly gives?: boolean;
  /** Its long texts go on in the next line instead of being cut. */
  readonly wraps?: boolean;
}

const borders =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'.split(
    ' ',
  );

/**
 * A table without lines, no wider than the terminal: the columns that give way share what room the others leave, the last of them gets
 * the rest. Cells are plain texts that are safe to print; `style` colours a cell after it was cut.
 */
export function renderColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
  style: (cell: string, column: number) => string = (cell) => cell,
): string {
  const natural = columns.map(({ head }, i) =>
    Math.max(head.length, ...rows.map((row) => Array.from(row[i] ?? '').length)),
  );
  const widths = fit(columns, natural, terminal.width - columns.length * 3);
  const table = new Table({
    head: columns.map(({ head }) => paint(terminal, 'dim', head)),
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: { ...Object.fromEntries(borders.map((name) => [name, ''])), middle: ' ' },
  });
  for (const row of rows)
    table.push(
      row.map((cell, i) => style((columns[i]?.wraps === true ? wrap : cut)(cell, widths[i] ?? 1), i)),
    );
  return table.toString().replace(/[^\S\n]+$/gm, '');
}

function fit(columns: readonly Column[], natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  const giving = columns.flatMap(({ gives }, i) => (gives === true ? [i] : []));
  const over = () => widths.reduce((sum, width) => sum + width, 0) - room;
  // From the widest, until it fits or nothing is left to give.
  while (over() > 0) {
    const [widest] = giving.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined || (widths[widest] ?? 0) <= 12) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  const points = Array.from(text);
  return points.length > width ? `${points.slice(0, width - 1).join('')}…` : text;
}

function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && Array.from(longer).length > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  return [...lines, current].map((line) => cut(line, width)).join('\n');
}
