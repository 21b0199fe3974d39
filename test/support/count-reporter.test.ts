import { describe, expect, it } from 'vitest';
import type { CountedModule, NamedModule } from './count-reporter.ts';
import { count, failureLines } from './count-reporter.ts';

function module(state: string, ...tests: readonly string[]): CountedModule {
  return {
    state: () => state,
    children: { allTests: () => tests.map((each) => ({ result: () => ({ state: each }) })) },
  };
}

describe('the counts of a run', () => {
  it.each([
    [
      'add up over modules',
      [module('passed', 'passed', 'skipped'), module('failed', 'failed', 'passed')],
      0,
      [2, 1, 1],
    ],
    ['are nothing for no module', [], 0, [0, 0, 0]],
    ['tell a module that did not load as a failure', [module('failed')], 0, [0, 1, 0]],
    ['tell a module that broke after its tests as a failure', [module('failed', 'passed')], 0, [1, 1, 0]],
    ['do not tell a failed test twice', [module('failed', 'failed')], 0, [0, 1, 0]],
    ['tell a test that never ended as a failure', [module('failed', 'pending')], 0, [0, 1, 0]],
    ['tell an error that no test caught as a failure', [module('passed', 'passed')], 2, [1, 2, 0]],
  ] as const)('%s', (_name, modules, unhandled, [passed, failed, skipped]) => {
    expect(count(modules, unhandled)).toEqual({ passed, failed, skipped });
  });
});

describe('the failures of a run', () => {
  function named(
    state: string,
    ...tests: readonly (readonly [name: string, state: string, message?: string])[]
  ): NamedModule {
    return {
      moduleId: '/repo/src/a.test.ts',
      state: () => state,
      children: {
        allTests: () =>
          tests.map(([fullName, result, message]) => ({
            fullName,
            result: () => ({ state: result, ...(message === undefined ? {} : { errors: [{ message }] }) }),
          })),
      },
    };
  }

  it.each([
    [
      'name file, test and the first line of the reason',
      [named('failed', ['sums > adds', 'failed', 'expected 2\nto be 3'])],
      [],
      ['failed: src/a.test.ts > sums > adds: expected 2'],
    ],
    ['pass over what passed or was skipped', [named('passed', ['a', 'passed'], ['b', 'skipped'])], [], []],
    [
      'name a test that never ended',
      [named('failed', ['a', 'pending'])],
      [],
      ['failed: src/a.test.ts > a: pending'],
    ],
    ['name a file that did not load', [named('failed')], [], ['failed: src/a.test.ts: the file itself']],
    [
      'name an error that no test caught',
      [],
      [{ message: 'boom\nat x' }],
      ['failed: outside of a test: boom'],
    ],
  ] as const)('%s', (_name, modules, unhandled, lines) => {
    expect(failureLines(modules, unhandled, '/repo')).toEqual(lines);
  });
});
