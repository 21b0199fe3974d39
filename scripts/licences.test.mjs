import { describe, expect, it } from 'vitest';
import { isAllowed, licenceProblems, versionProblems } from './licences.mjs';

describe('a licence', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['GPL-3.0-only OR MIT', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-2.0-only', false],
    ['(MIT OR GPL-2.0-only) AND Apache-2.0', true],
    ['MIT OR GPL-2.0-only AND GPL-3.0-only', true],
    ['AGPL-3.0-only', false],
    ['MPL-2.0', false],
    ['SEE LICENSE IN LICENSE', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['UNLICENSED', false],
    ['mit', false],
    ['(MIT', false],
    ['MIT ISC', false],
    ['', false],
  ])('%j is allowed: %s', (expression, expected) => {
    expect(isAllowed(expression)).toBe(expected);
  });
});

describe('a lock file', () => {
  /** @param {Record<string, unknown>} entry */
  const problems = (entry, name = 'a') =>
    licenceProblems({ packages: { '': {}, [`node_modules/${name}`]: { version: '1.0.0', ...entry } } });
  it('passes with a licence of the list', () => expect(problems({ license: 'ISC' })).toEqual([]));
  it('fails where a package names none', () => expect(problems({})).toEqual(['a@1.0.0: names no licence']));
  it('fails with copyleft in the product', () => {
    expect(problems({ license: 'GPL-3.0-only' })).toEqual([
      'a@1.0.0: licence GPL-3.0-only is not on the list for the product',
    ]);
  });
  it('fails with copyleft in development too', () => {
    expect(problems({ license: 'AGPL-3.0-only', dev: true })).toHaveLength(1);
  });
  it('passes a named tool in development', () => {
    expect(problems({ license: 'MPL-2.0', dev: true }, 'axe-core')).toEqual([]);
    expect(problems({ license: 'MPL-2.0', dev: true }, 'lightningcss-linux-x64-gnu')).toEqual([]);
  });
  it('fails where that tool comes into the product', () =>
    expect(problems({ license: 'MPL-2.0' }, 'axe-core')).toHaveLength(1));
  it('fails where that tool changes its licence', () => {
    expect(problems({ license: 'GPL-3.0-only', dev: true }, 'axe-core')).toHaveLength(1);
  });
  it('names a nested package by its own name', () => {
    expect(
      licenceProblems({ packages: { 'node_modules/a/node_modules/@s/b': { version: '2.0.0' } } }),
    ).toEqual(['@s/b@2.0.0: names no licence']);
  });
});

describe('versions in package.json', () => {
  it.each(['^1.0.0', '~1.0.0', '1.x', '*', 'latest', '>=1.0.0', 'github:a/b', 'file:../a', '1.0', ''])(
    'refuse %j',
    (version) => {
      expect(versionProblems({ devDependencies: { a: version } })).toHaveLength(1);
    },
  );
  it.each(['1.0.0', '7.0.0-rc.1'])('take %j', (version) => {
    expect(versionProblems({ dependencies: { a: version } })).toEqual([]);
  });
});
