import { expect, it } from 'vitest';
import { suffixSet } from './suffixes.ts';

it.each([
  ['/a.css', true],
  ['/a.CSS', true],
  ['/a.b.css', true],
  ['.css', true],
  ['/a.woff2', true],
  ['/a.cs', false],
  ['/acss', false],
  ['/a.css/', false],
  ['/a.css/b', false],
  ['/a.', false],
  ['', false],
  ['/a.xcss', false],
  ['/.woff2css', false],
])('suffixSet: %s: %j', (path, expected) => {
  const bytes = Buffer.from(`.css${path}.css`);
  expect(suffixSet(['css', 'woff2'])(bytes, 4, bytes.length - 4)).toBe(expected);
});
