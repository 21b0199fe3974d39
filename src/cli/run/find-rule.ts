import { statSync } from 'node:fs';
import { visible } from '../../notify/safe-text.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { builtinRules, loadRules, type LoadedRules } from '../../runtime/load-rules.ts';
import { formatProblem } from '../../sigma/problem.ts';
import type { Correlation } from '../../sigma/correlation/correlation.ts';
import type { Rule } from '../../sigma/rule.ts';
import { CliFailure } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';

/** The same for what works on the events of one detection rule. */
export async function findRule(
  wanted: string,
  given: readonly string[],
  flags: PipelineFlags = {},
): Promise<Rule> {
  const { rule } = await findAnyRule(wanted, given, flags);
  if (!isCorrelation(rule)) return rule;
  const names = rule.rules.map(({ name }) => visible(name)).join(', ');
  throw new CliFailure(
    `'${visible(rule.title)}' is a correlation over several events; name one of its rules: ${names}`,
  );
}

export function isCorrelation(rule: Rule | Correlation): rule is Correlation {
  return 'timespan' in rule;
}

/**
 * The one rule or correlation that the user means, with all that was loaded: by its id, its file, its title, or a part of its title or path.
 * Without paths it is looked for among the rules that come with Tocsin, and a file that is there is read.
 */
export async function findAnyRule(
  wanted: string,
  given: readonly string[],
  { pipeline = [] }: PipelineFlags = {},
): Promise<{ readonly rule: Rule | Correlation; readonly loaded: LoadedRules }> {
  const named = given.length === 0 && statSync(wanted, { throwIfNoEntry: false })?.isFile() === true;
  const loaded = await loadRules(
    named ? [wanted] : given.length > 0 ? given : [builtinRules],
    await loadPipelines(pipeline),
    keptRulesFolder(),
  );
  const { problems } = loaded;
  // Correlations first: a file with one is about it, and its rules only serve it.
  const rules = [...loaded.correlations, ...loaded.rules];
  const needle = wanted.toLowerCase();
  const exact = rules.filter(
    (rule) => rule.id === wanted || rule.path === wanted || rule.path.endsWith(`/${wanted}`),
  );
  const titled = rules.filter((rule) => rule.title.toLowerCase() === needle);
  const matching =
    exact.length > 0
      ? exact
      : titled.length > 0
        ? titled
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
  const [first, second] = matching;
  const isFileOfFirst = first?.path === wanted || first?.path.endsWith(`/${wanted}`) === true;
  if (isFileOfFirst && isCorrelation(rule) && (second === undefined || !isCorrelation(second)))
    return { rule, loaded };
  if (matching.length > 1)
    throw new CliFailure(
      `'${visible(wanted)}' fits ${matching.length} rules; name one of them:\n${matching.map((one) => `  ${visible(`${one.id}  ${one.title}`)}`).join('\n')}`,
    );
  return { rule, loaded };
}
