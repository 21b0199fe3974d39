import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPositions } from './positions.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-positions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('remembers the last word on each source, through crashes and half a line at the end', async () => {
  const path = join(folder, 'deep', 'positions.log');
  const first = await openPositions(path);
  expect(first.get('folder:a')).toBeUndefined();
  await first.set('folder:a', '1');
  await Promise.all([first.set('folder:b', 'x'), first.set('folder:a', '2')]);
  appendFileSync(path, 'deadbeef ["folder:a","9');
  const second = await openPositions(path);
  expect([second.get('folder:a'), second.get('folder:b')]).toEqual(['2', 'x']);
  await second.set('folder:b', 'y');
  const third = await openPositions(path);
  expect([third.get('folder:a'), third.get('folder:b')]).toEqual(['2', 'y']);
  await Promise.all([first, second, third].map((each) => each.close()));
});
