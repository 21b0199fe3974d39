import { describe, expect, it } from 'vitest';
import type { CountedModule } from './count-reporter.ts';
import { count } from './count-reporter.ts';

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
