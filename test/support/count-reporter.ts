import type { Reporter, TestModule, SerializedError } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of a test module that is counted; small so that a test can write one down. */
export interface CountedModule {
  readonly state: () => string;
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
}

/**
 * Counts what a run came to. What kept tests from being counted at all is a failure too: a module that did not
 * load, an error that no test caught.
 */
export function count(modules: readonly CountedModule[], unhandled: number): Counts {
  let passed = 0;
  let failed = unhandled;
  let skipped = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      switch (test.result().state) {
        case 'passed':
          passed += 1;
          break;
        case 'skipped':
          skipped += 1;
          break;
        // 'pending' as well: a test that never came to an end has not passed.
        default:
          failedHere += 1;
      }
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
    failed += failedHere;
  }
  return { passed, failed, skipped };
}

/**
 * Opens a run by telling its Node, and closes it with `N passed, N failed, N skipped` alone on a line, for
 * programs that read along.
 */
export default class CountReporter implements Reporter {
  onInit(): void {
    process.stdout.write(`suite runs on Node ${process.versions.node}\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, failed, skipped } = count(modules, unhandled.length);
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
