import type { Problem } from '../sigma/problem.ts';
import { lintCodes, type LintCode } from './lint-codes.ts';
import type { Place } from './lint-places.ts';

/** Something to say about a rule file. */
export interface LintFinding extends Problem {
  readonly code: LintCode;
  /** What would mend it, where that is certain. */
  readonly fix?: Fix | undefined;
}

/** Changes of a text that belong together. */
export type Fix = readonly TextEdit[];

/** Puts `text` in the place of what stands from `start` to `end` (UTF-16 units, the end excluded). */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function lintFinding(
  code: LintCode,
  path: string,
  place: Place,
  message: string,
  fix?: Fix,
): LintFinding {
  const level = lintCodes[code].level === 'error' ? 'error' : 'warning';
  return { level, path, ...place, message, code, ...(fix === undefined ? {} : { fix }) };
}

/** What the reader of rules has said, under the codes for that. */
export function findingOf(problem: Problem): LintFinding {
  return { ...problem, code: problem.level === 'error' ? 'refused' : 'outdated-form' };
}
