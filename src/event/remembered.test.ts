import { expect, it } from 'vitest';
import { remembered } from './remembered.ts';

function counting(most?: number) {
  const asked: string[] = [];
  const ask = remembered((text) => {
    asked.push(text);
    return text.toUpperCase();
  }, most);
  return { asked, ask };
}

it('works out what is asked again only once', () => {
  const { asked, ask } = counting();
  expect(['a', 'b', 'a', '', 'a', ''].map(ask)).toEqual(['A', 'B', 'A', '', 'A', '']);
  expect(asked).toEqual(['a', 'b', '']);
});

it('forgets all when there are more texts than it may hold', () => {
  const { asked, ask } = counting(2);
  for (const text of ['a', 'b', 'c', 'a', 'c']) expect(ask(text)).toBe(text.toUpperCase());
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

it('does not hold long texts', () => {
  const { asked, ask } = counting();
  const long = 'x'.repeat(301);
  expect([ask(long), ask(long)]).toEqual([long.toUpperCase(), long.toUpperCase()]);
  expect(asked).toHaveLength(2);
});
