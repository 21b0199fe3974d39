import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyEdits } from '../../alert/lint-fix.ts';
import { unifiedDiff } from './unified-diff.ts';

const lines = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1}\n`).join('');
const edit = (source: string, part: string, text: string) => {
  const start = source.indexOf(part);
  return { start, end: start + part.length, text };
};

it('shows three lines around a change', () => {
  const source = lines(9);
  expect(unifiedDiff('a.yml', source, [edit(source, 'line 5', 'LINE 5')])).toBe(`--- a.yml
+++ a.yml
@@ -2,7 +2,7 @@
 line 2
 line 3
 line 4
-line 5
+LINE 5
 line 6
 line 7
 line 8
`);
});

it('shows an added line, and a last line that ends now', () => {
  const source = 'a\nb';
  const edits = [
    { start: 2, end: 2, text: 'new\n' },
    { start: 3, end: 3, text: '\n' },
  ];
  expect(unifiedDiff('a.yml', source, edits)).toBe(`--- a.yml
+++ a.yml
@@ -1,2 +1,3 @@
 a
-b
\\ No newline at end of file
+new
+b
`);
});

it('is nothing where nothing changes', () => expect(unifiedDiff('a.yml', 'a\n', [])).toBe(''));

it('makes the new text of the old one', () => {
  const change = fc.record({ at: fc.nat(60), text: fc.constantFrom('X', 'new\nline\n', '') });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(change, { maxLength: 6 }),
      fc.boolean(),
      (n, changes, ends) => {
        const source = ends ? lines(n) : lines(n).trimEnd();
        const places = source.split('').flatMap((character, i) => (character === '\n' ? [] : [i]));
        const edits = [
          ...new Map(changes.map(({ at, text }) => [places[(at * 7) % places.length] ?? 0, text])),
        ]
          .map(([start, text]) => ({ start, end: start + 1, text }))
          .sort((a, b) => a.start - b.start);
        const now = applyEdits(source, edits);
        expect(patched(source, unifiedDiff('a.yml', source, edits))).toBe(now);
      },
    ),
  );
});

/** Applies a unified diff as plainly as can be. */
function patched(source: string, diff: string): string {
  const old = source.split(/(?<=\n)/);
  const out: string[] = [];
  let at = 0;
  const body = diff.split('\n').slice(2, -1);
  for (const [i, line] of body.entries()) {
    if (line.startsWith('\\')) continue;
    // The line after it says that this one has no line break.
    const text = line.slice(1) + (body[i + 1]?.startsWith('\\') ? '' : '\n');
    const hunk = /^@@ -(\d+),/.exec(line);
    if (hunk !== null) while (at < Number(hunk[1]) - 1) out.push(old[at++] ?? '');
    else if (line.startsWith('+')) out.push(text);
    else {
      if (old[at++] !== text) throw new Error(`the diff does not fit at '${text}'`);
      if (line.startsWith(' ')) out.push(text);
    }
  }
  return out.join('') + old.slice(at).join('');
}
