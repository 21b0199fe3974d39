import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Correlation } from '../sigma/correlation/correlation.ts';
import { linkCorrelations } from '../sigma/correlation/link.ts';
import { joinRules, readRules, type ReadFile } from '../sigma/parse.ts';
import type { Pipeline } from '../sigma/pipeline/pipeline.ts';
import type { Problem } from '../sigma/problem.ts';
import type { Rule, RuleHeader } from '../sigma/rule.ts';

export interface LoadedRules {
  readonly rules: readonly Rule[];
  /** Those alone that can be resolved among the rules. */
  readonly correlations: readonly Correlation[];
  readonly problems: readonly Problem[];
}

/** The rules that come with Tocsin. */
export const builtinRules: string = fileURLToPath(new URL('../../rules', import.meta.url));

/**
 * Loads every Sigma rule, correlation, and filter for them, under the given files and folders (`.yml`, `.yaml`; `.test.yml` files are tests; links are followed and no
 * file is read twice). One broken rule is a problem and is left out; so is a file or folder that cannot be read, and a
 * second rule with an id that is taken. A problem that is a warning keeps no rule out.
 */
export async function loadRules(
  paths: readonly string[],
  pipelines: readonly Pipeline[] = [],
): Promise<LoadedRules> {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const files: ReadFile[] = [];
  for (const path of paths) {
    for (const file of (await filesAt(path, 'named', seen, problems)).sort()) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        problems.push(unreadable(file, error));
      });
      if (text === undefined) continue;
      files.push(readRules(text, file));
    }
  }
  const joined = joinRules(files, pipelines);
  problems.push(...joined.problems);
  const taken = new Map<string, string>();
  const isFree = ({ id, path }: RuleHeader): boolean => {
    const by = taken.get(id);
    if (by === undefined) taken.set(id, path);
    else problems.push(wholeFile(path, `the id ${id} is taken by ${by}; give this rule an id of its own`));
    return by === undefined;
  };
  const rules = joined.rules.filter(isFree);
  const linked = linkCorrelations(rules, joined.correlations.filter(isFree));
  problems.push(...linked.problems);
  return { rules, correlations: linked.correlations.map(({ correlation }) => correlation), problems };
}

/**
 * The rule files at a path and below it. What the user named is taken whatever it is called; below it, only what is called like a rule.
 * `seen` holds the real places of what was found already, so that links cannot lead in circles.
 */
async function filesAt(
  path: string,
  how: 'named' | 'found',
  seen: Set<string>,
  problems: Problem[],
): Promise<string[]> {
  try {
    const kind = await stat(path);
    if (!kind.isDirectory() && how === 'found' && !isRuleFile(path)) return [];
    const place = await realpath(path);
    if (seen.has(place)) return [];
    seen.add(place);
    if (kind.isFile()) return [path];
    if (!kind.isDirectory()) {
      problems.push(wholeFile(path, 'is neither a file nor a folder; leave it out'));
      return [];
    }
    const below: string[] = [];
    for (const name of (await readdir(path)).sort())
      for (const file of await filesAt(join(path, name), 'found', seen, problems)) below.push(file);
    return below;
  } catch (error) {
    if (how === 'named' || isRuleFile(path) || codeOf(error) !== 'ENOENT')
      problems.push(unreadable(path, error));
    return [];
  }
}

function isRuleFile(path: string): boolean {
  return /\.ya?ml$/.test(path) && !/\.test\.ya?ml$/.test(path);
}

function unreadable(path: string, error: unknown): Problem {
  if (codeOf(error) === 'ENOENT')
    return wholeFile(path, 'there is no such file or folder; check the path, or the link');
  return wholeFile(
    path,
    `cannot be read (${error instanceof Error ? error.message : String(error)}); check its permissions`,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function wholeFile(path: string, message: string): Problem {
  return { level: 'error', path, line: 1, column: 1, message };
}
