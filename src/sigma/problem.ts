/** Something wrong with a rule file: where, what, and what to do about it. An `error` keeps the rule out. */
export interface Problem {
  readonly level: 'error' | 'warning';
  readonly path: string;
  /** 1-based; 1 where the place is the whole file. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `rules/s3.yml:14:7: 'contain' is not a modifier` */
export function formatProblem(problem: Problem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}`;
}

/** Thrown inside the parser where a rule cannot be read; `at` is the path of keys to the culprit. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly at: readonly (string | number)[];

  constructor(message: string, at: readonly (string | number)[]) {
    super(message);
    this.at = at;
  }
}
