import { existsSync } from 'node:fs';
import { visible } from '../../notify/safe-text.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { builtinRules, loadRules, type LoadedRules } from '../../runtime/load-rules.ts';
import { formatProblem } from '../../sigma/problem.ts';
import { CliFailure } from '../failure.ts';
import type { RuleOptions } from '../options.ts';
import { paint, terminalOf } from '../terminal.ts';

/** Loads the rules that the flags ask for. Broken ones are told on standard error and left out; warnings are told. */
export async function rulesOf(options: RuleOptions): Promise<Pick<LoadedRules, 'rules' | 'correlations'>> {
  const paths = [...(options.builtinRules ? [builtinRules] : []), ...(options.rules ?? [])];
  if (paths.length === 0)
    throw new CliFailure(
      'there are no rules to run: leave --no-builtin-rules out, or name some with --rules',
    );
  for (const path of options.rules ?? []) {
    // A scan without the rules that were asked for would look like a scan that found nothing.
    if (!existsSync(path)) throw new CliFailure(`--rules: ${path}: there is no such file or folder`);
  }
  const { rules, correlations, problems } = await loadRules(
    paths,
    await loadPipelines(options.pipeline ?? []),
  );
  const terminal = terminalOf(process.stderr);
  for (const problem of problems) {
    const word = problem.level === 'error' ? 'rule left out' : 'advice';
    process.stderr.write(`${paint(terminal, 'yellow', word)} ${visible(formatProblem(problem))}\n`);
  }
  if (rules.length === 0) throw new CliFailure(`no rule could be loaded from ${paths.join(', ')}`);
  return { rules, correlations };
}
