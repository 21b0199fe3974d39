import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeLines } from './whole-lines.ts';

async function piecesOf(
  content: Buffer,
  sizes: readonly number[],
): Promise<{ readonly pieces: [number, string][]; readonly tooLong: [number, number][] }> {
  const chunks = (async function* () {
    for (let at = 0, i = 0; at < content.length; i++) {
      const size = sizes[i % sizes.length] ?? content.length;
      yield await Promise.resolve(content.subarray(at, at + size));
      at += size;
    }
  })();
  const tooLong: [number, number][] = [];
  const pieces: [number, string][] = [];
  for await (const { bytes, at } of wholeLines(chunks, 7, (start, _beginning, length) =>
    tooLong.push([start, length]),
  ))
    pieces.push([at, Buffer.from(bytes).toString('latin1')]);
  return { pieces, tooLong };
}

it('gives all lines, each whole and where it stands, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, 'x'))),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      async (lines, sizes) => {
        const text = lines.join('\n');
        const { pieces, tooLong } = await piecesOf(Buffer.from(text, 'latin1'), sizes);
        expect(pieces.map(([, piece]) => piece).join('')).toBe(text);
        for (const [at, piece] of pieces) expect(text.slice(at - 7, at - 7 + piece.length)).toBe(piece);
        for (const [, piece] of pieces.slice(0, -1)) expect(piece.endsWith('\n')).toBe(true);
        expect(tooLong).toEqual([]);
      },
    ),
  );
});

it('gives all lines of a chunk that is longer than a piece, and of pieces that are longer than a chunk', async () => {
  const lines = Array.from({ length: 9_000 }, (_, i) => `${i}${'x'.repeat((i * 7_919) % 150)}`);
  lines[4_000] = 'y'.repeat(400_000);
  const text = lines.join('\n');
  for (const sizes of [[text.length], [300_000], [700_000, 1]]) {
    const { pieces, tooLong } = await piecesOf(Buffer.from(text), sizes);
    expect(pieces.map(([, piece]) => piece).join('')).toBe(text);
    expect(pieces.map(([at, piece]) => text.slice(at - 7, at - 7 + piece.length) === piece)).not.toContain(
      false,
    );
    expect(pieces.slice(0, -1).map(([, piece]) => piece.endsWith('\n'))).not.toContain(false);
    expect(tooLong).toEqual([]);
  }
});

it.each([
  ['in many chunks', [70_000]],
  ['in one', [10_000_000]],
])('passes over lines that are too long, %s', async (_name, sizes) => {
  const long = 'x'.repeat(3_000_000);
  const { pieces, tooLong } = await piecesOf(Buffer.from(`one\n${long}\ntwo\n${long}`), sizes);
  expect(pieces.map(([, piece]) => piece).join('')).toBe('one\ntwo\n');
  expect(pieces.at(-1)?.[0]).toBe(7 + 4 + 3_000_001);
  expect(tooLong).toEqual([
    [7 + 4, 3_000_001],
    [7 + 4 + 3_000_001 + 4, 3_000_000],
  ]);
});
