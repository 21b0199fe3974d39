import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { disposable, disposableWhole, disposeOf, lent } from './disposable.ts';

it('gives back the memory of what is marked, and of nothing else', () => {
  const marked = disposable(Buffer.alloc(1 << 20));
  const unmarked = Buffer.alloc(1 << 20);
  disposeOf(marked);
  disposeOf(unmarked);
  expect([marked.byteLength, unmarked.byteLength]).toEqual([0, 1 << 20]);
});

it('gives back a large piece of memory of which little is in use, as where a small file was unpacked', () => {
  const few = disposable(Buffer.alloc(1 << 20).subarray(0, 100));
  disposeOf(few);
  expect([few.byteLength, few.buffer.byteLength]).toEqual([0, 0]);
});

it.each([1, 100, 4_000, 13_000, 70_000])(
  'leaves alone what shares its memory: a file of %i bytes',
  (size) => {
    const file = join(tmpdir(), `tocsin-disposable-${process.pid}-${size}`);
    writeFileSync(file, 'x'.repeat(size));
    try {
      const [first, second] = [disposable(readFileSync(file)), disposable(readFileSync(file))];
      disposeOf(first);
      expect(Buffer.from(second).toString()).toBe('x'.repeat(size));
    } finally {
      rmSync(file);
    }
  },
);

it('leaves alone what is part of a larger piece of memory', () => {
  const memory = Buffer.allocUnsafeSlow(1 << 20).fill('x');
  const [part, other] = [memory.subarray(0, 1 << 19), memory.subarray(1 << 19)];
  disposeOf(disposableWhole(part));
  expect([part.byteLength, other.toString('latin1', 0, 3)]).toEqual([1 << 19, 'xxx']);
  disposeOf(disposableWhole(memory));
  expect(memory.byteLength).toBe(0);
});

it('gives what is lent back to its owner, once, however often it is disposed of', () => {
  let taken = 0;
  const bytes = lent(new Uint8Array(4), () => taken++);
  disposeOf(bytes.subarray(1));
  expect(taken).toBe(0);
  disposeOf(bytes);
  disposeOf(bytes);
  expect([taken, bytes.byteLength]).toEqual([1, 4]);
});
