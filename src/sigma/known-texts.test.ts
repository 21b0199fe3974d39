import { expect, it } from 'vitest';
import { rememberTexts } from './known-texts.ts';

it('the same text is the same entry, and others are others', () => {
  const recall = rememberTexts();
  const known = recall('a');
  expect(known).toEqual({ folded: undefined, known: 0, holds: 0, candidates: undefined });
  expect(recall('a')).toBe(known);
  expect(recall('A')).not.toBe(known);
});

it('a long text is not remembered', () => {
  expect(rememberTexts()('a'.repeat(301))).toBeUndefined();
});

it('texts that do not come again are no longer remembered, until it is tried anew', () => {
  const recall = rememberTexts();
  const remembered = Array.from({ length: 36_000 }, (_, i) => recall(`text ${i}`) !== undefined);
  expect(remembered.filter(Boolean).length).toBeLessThan(8_000);
  expect(remembered.at(-1)).toBe(true);
});

it('texts that come again are remembered on and on', () => {
  const recall = rememberTexts();
  for (let i = 0; i < 40_000; i++) expect(recall(`text ${i % 400}`)).toBeDefined();
});
