import type { TextEdit } from '../../alert/lint-finding.ts';

const context = 3;
const noNewline = '\\ No newline at end of file';

interface Line {
  readonly old: string;
  readonly now: readonly string[];
}

/**
 * The changes of a file as a unified diff (https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html).
 * `edits` are in the order of their places and none of them takes a line break away.
 */
export function unifiedDiff(path: string, source: string, edits: readonly TextEdit[]): string {
  if (edits.length === 0) return '';
  const lines = changedLines(source, edits);
  const changed = lines.flatMap(({ old, now }, i) => (now.length === 1 && now[0] === old ? [] : [i]));
  const hunks: string[] = [];
  let shift = 0;
  for (let at = 0; at < changed.length;) {
    const start = Math.max(0, (changed[at] ?? 0) - context);
    let last = changed[at] ?? 0;
    while (++at < changed.length && (changed[at] ?? 0) - last <= 2 * context) last = changed[at] ?? 0;
    const body = lines.slice(start, last + 1 + context);
    const olds = body.length;
    const news = body.reduce((sum, { now }) => sum + now.length, 0);
    hunks.push(`@@ -${start + 1},${olds} +${start + shift + 1},${news} @@`, ...body.flatMap(hunkLines));
    shift += news - olds;
  }
  return `${[`--- ${path}`, `+++ ${path}`, ...hunks].join('\n')}\n`;
}

/** Each line of the source with its line break, and the lines that stand there afterwards. */
function changedLines(source: string, edits: readonly TextEdit[]): readonly Line[] {
  const lines: Line[] = [];
  let next = 0;
  const pieces = source.split(/(?<=\n)/);
  let at = 0;
  for (const [i, old] of pieces.entries()) {
    const end = at + old.length;
    let now = '';
    let from = at;
    // Behind the last line there is a place too.
    const before = i === pieces.length - 1 ? end + 1 : end;
    for (let edit = edits[next]; edit !== undefined && edit.start < before; edit = edits[++next]) {
      now += source.slice(from, edit.start) + edit.text;
      from = edit.end;
    }
    now += source.slice(from, end);
    lines.push({ old, now: now.split(/(?<=\n)/) });
    at = end;
  }
  return lines;
}

function hunkLines({ old, now }: Line): readonly string[] {
  if (now.length === 1 && now[0] === old) return written(' ', old);
  return [...written('-', old), ...now.flatMap((line) => written('+', line))];
}

function written(mark: string, line: string): readonly string[] {
  return line.endsWith('\n') ? [mark + line.slice(0, -1)] : [mark + line, noNewline];
}
