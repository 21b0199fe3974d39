/** The exit codes of `tocsin`. */
export const exitCode = { ok: 0, findings: 1, failure: 2 } as const;

/** The work could not be done: the message goes to standard error as it is, and the process exits with 2. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
}
