import { statSync } from 'node:fs';
import { visible } from '../../notify/safe-text.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { builtinRules, loadRules } from '../../runtime/load-rules.ts';
import { formatProblem } from '../../sigma/problem.ts';
import type { Rule } from '../../sigma/rule.ts';
import { CliFailure } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';

/**
 * The one rule that the user means: by its id, its file, or a part of its title or path. Without paths it is looked for among the rules
 * that come with Tocsin, and a file that is there is read.
 */
export async function findRule(
  wanted: string,
  given: readonly string[],
  { pipeline = [] }: PipelineFlags = {},
): Promise<Rule> {
  const named = given.length === 0 && statSync(wanted, { throwIfNoEntry: false })?.isFile() === true;
  const { rules, problems } = await loadRules(
    named ? [wanted] : given.length > 0 ? given : [builtinRules],
    await loadPipelines(pipeline),
  );
  const needle = wanted.toLowerCase();
  const exact = rules.filter(
    (rule) => rule.id === wanted || rule.path === wanted || rule.path.endsWith(`/${wanted}`),
  );
  const matching =
    exact.length > 0
      ? exact
      : rules.filter((rule) => rule.title.toLowerCase().includes(needle) || rule.path.includes(needle));
  const [rule] = matching;
  if (rule === undefined) {
    const reasons = problems
      .filter(({ level }) => level === 'error')
      .slice(0, 10)
      .map((problem) => `\n  ${visible(formatProblem(problem))}`);
    throw new CliFailure(
      `no rule is called '${visible(wanted)}'; 'tocsin rules list' shows them all${reasons.length > 0 ? `. Left out:${reasons.join('')}` : ''}`,
    );
  }
  if (matching.length > 1)
    throw new CliFailure(
      `'${visible(wanted)}' fits ${matching.length} rules; name one of them:\n${matching.map((one) => `  ${visible(`${one.id}  ${one.title}`)}`).join('\n')}`,
    );
  return rule;
}
