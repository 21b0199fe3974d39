import { expect, it } from 'vitest';
import { inTurns } from './turns.ts';

it('lets whatever comes meanwhile in between, and keeps the order', async () => {
  const turn = inTurns();
  const seen: string[] = [];
  const callers = ['a', 'b', 'c'].map(async (name) => {
    await turn();
    seen.push(name);
    setImmediate(() => seen.push(`after ${name}`));
  });
  await Promise.all(callers);
  expect(seen.filter((name) => name.length === 1)).toEqual(['a', 'b', 'c']);
  expect(seen.indexOf('after a')).toBeLessThan(seen.indexOf('c'));
});

it('begins again after a rest', async () => {
  const turn = inTurns();
  await turn();
  await turn();
  await Promise.all([turn(), turn()]);
});
