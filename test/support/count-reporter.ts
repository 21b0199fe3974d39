import { relative } from 'node:path';
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

/** The part of a test module whose failures are named. */
export interface NamedModule {
  readonly moduleId: string;
  readonly state: () => string;
  readonly children: {
    allTests(): Iterable<{
      readonly fullName: string;
      result(): {
        readonly state: string;
        readonly errors?: readonly { readonly message: string }[] | undefined;
      };
    }>;
  };
}

const firstLine = (message: string | undefined): string =>
  (message ?? 'no reason given').split('\n', 1)[0] ?? '';

/** A line for each failure: file, test and the first line of its reason. Of a long log often nothing but the end is kept. */
export function failureLines(
  modules: readonly NamedModule[],
  unhandled: readonly { readonly message: string }[],
  folder: string,
): string[] {
  const lines: string[] = [];
  for (const module of modules) {
    const file = relative(folder, module.moduleId);
    const before = lines.length;
    for (const test of module.children.allTests()) {
      const { state, errors } = test.result();
      if (state === 'passed' || state === 'skipped') continue;
      lines.push(
        `failed: ${file} > ${test.fullName}: ${state === 'failed' ? firstLine(errors?.[0]?.message) : state}`,
      );
    }
    if (lines.length === before && module.state() === 'failed')
      lines.push(`failed: ${file}: the file itself`);
  }
  for (const { message } of unhandled) lines.push(`failed: outside of a test: ${firstLine(message)}`);
  return lines;
}

/**
 * Opens a run by telling its Node, and closes it with what failed and with `N passed, N failed, N skipped` alone on a line, for
 * programs that read along.
 */
export default class CountReporter implements Reporter {
  onInit(): void {
    process.stdout.write(`suite runs on Node ${process.versions.node}\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, failed, skipped } = count(modules, unhandled.length);
    const lines = failureLines(modules, unhandled, process.cwd());
    if (lines.length > 0) process.stdout.write(`\n${lines.join('\n')}\n`);
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
