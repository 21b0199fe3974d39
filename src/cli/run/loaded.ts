import { visible } from '../../notify/safe-text.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { builtinRules, loadRules, type LoadedRules } from '../../runtime/load-rules.ts';
import { formatProblem, type Problem } from '../../sigma/problem.ts';
import { exitCode } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';
import { paint, terminalOf } from '../terminal.ts';

/** The rules in the given files and folders; without any, those that come with Tocsin. */
export async function load(
  given: readonly string[],
  { pipeline = [] }: PipelineFlags = {},
): Promise<LoadedRules> {
  return loadRules(
    given.length > 0 ? given : [builtinRules],
    await loadPipelines(pipeline),
    keptRulesFolder(),
  );
}

/** Tells on standard error what is wrong with rules. */
export function report(problems: readonly Problem[]): void {
  const terminal = terminalOf(process.stderr);
  for (const problem of problems) {
    const word =
      problem.level === 'error' ? paint(terminal, 'red', 'error') : paint(terminal, 'yellow', 'advice');
    process.stderr.write(`${word} ${visible(formatProblem(problem))}\n`);
  }
}

/** For commands that only show rules: what was left out is a failure. */
export function codeOf(problems: readonly Problem[]): number {
  return problems.some((problem) => problem.level === 'error') ? exitCode.failure : exitCode.ok;
}
