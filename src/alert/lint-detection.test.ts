import { expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { lintDetections } from './lint-detection.ts';
import { noPlaces } from './lint-places.ts';

it.each<[string, object, readonly string[]]>([
  ['all of several values', { 'x|contains|all': ['one', 'two'] }, []],
  ['all of one value', { 'x|contains|all': 'one' }, ['single-all']],
  ['all of one value in a list', { 'x|contains|all': ['one'] }, ['single-all']],
  ['all of one keyword', { '|all': ['one'] }, ['single-all']],
  ['null alone', { x: null }, []],
  ['null beside a value', { x: ['', null] }, ['null-in-list']],
])('%s', (_, selection, codes) => {
  const rule = { title: 'T', logsource: { product: 'x' }, detection: { s: selection, condition: 's' } };
  const found = parseRules(JSON.stringify(rule), 'r.yml').rules.flatMap((one) =>
    lintDetections(one, noPlaces),
  );
  expect(found.map(({ code }) => code)).toEqual(codes);
});
