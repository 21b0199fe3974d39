import { fileURLToPath } from 'node:url';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import type { Pipeline } from '../sigma/pipeline/pipeline.ts';
import type { Problem } from '../sigma/problem.ts';
import type { ParsedRules } from '../sigma/parse.ts';
import type { Rule } from '../sigma/rule.ts';
import { keepRules, keptRules } from './rule-cache.ts';
import { readRuleFiles, type RuleFile } from './rule-files.ts';
import { ruleSetKey } from './rule-set-key.ts';

export interface LoadedRules {
  readonly rules: readonly Rule[];
  /** Those alone that can be resolved among the rules. */
  readonly correlations: readonly Correlation[];
  readonly problems: readonly Problem[];
}

/** The rules that come with Tocsin. */
export const builtinRules: string = fileURLToPath(new URL('../../rules', import.meta.url));

/** Fewer bytes are read as fast as what was kept of them. */
const worthKeeping = 30_000;

/**
 * Loads every Sigma rule, correlation, and filter for them, under the given files and folders (`readRuleFiles` tells which). One broken
 * rule is a problem and is left out; so is a file or folder that cannot be read, and a second rule with an id that is taken. A problem that
 * is a warning keeps no rule out.
 *
 * @param keptIn a folder of the user's own, in which what was read is kept for the next time. Without it everything is read from the files.
 */
export async function loadRules(
  paths: readonly string[],
  pipelines: readonly Pipeline[] = [],
  keptIn?: string,
): Promise<LoadedRules> {
  const { files, problems } = readRuleFiles(paths);
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const key = keptIn === undefined || bytes < worthKeeping ? undefined : ruleSetKey(files, pipelines);
  const kept = key === undefined || keptIn === undefined ? undefined : keptRules(key, keptIn);
  const loaded = kept ?? (await parsed(files, pipelines, key, keptIn));
  return problems.length === 0 ? loaded : { ...loaded, problems: [...problems, ...loaded.problems] };
}

async function parsed(
  files: readonly RuleFile[],
  pipelines: readonly Pipeline[],
  key: string | undefined,
  keptIn: string | undefined,
): Promise<ParsedRules> {
  const keeps = key !== undefined && keptIn !== undefined;
  // Where there are pipelines, what reads YAML is here already.
  if (keeps && pipelines.length === 0) {
    const { parseRulesApart } = await import('./parse-rules-apart.ts');
    const apart = await parseRulesApart({ files, folder: keptIn, key });
    if (apart !== undefined) return apart;
  }
  // Loaded on demand: what reads YAML is large, and mostly has no work.
  const { parseRules } = await import('./parse-rules.ts');
  const rules = parseRules(files, pipelines);
  if (keeps) keepRules(key, rules, keptIn);
  return rules;
}
