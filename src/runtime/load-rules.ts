import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRules } from '../sigma/parse.ts';
import type { Problem } from '../sigma/problem.ts';
import type { Rule } from '../sigma/rule.ts';

export interface LoadedRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
}

/** The rules that come with Tocsin. */
export const builtinRules: string = fileURLToPath(new URL('../../rules', import.meta.url));

/**
 * Loads every Sigma rule under the given files and folders (`.yml`, `.yaml`; `.test.yml` files are tests). One broken rule is a
 * problem and is left out; so is a second rule with an id that is taken.
 */
export async function loadRules(paths: readonly string[]): Promise<LoadedRules> {
  const rules = new Map<string, Rule>();
  const problems: Problem[] = [];
  for (const path of paths) {
    for (const file of await ruleFiles(path, problems)) {
      const parsed = parseRules(await readFile(file, 'utf8'), file);
      problems.push(...parsed.problems);
      for (const rule of parsed.rules) {
        const taken = rules.get(rule.id);
        if (taken === undefined) rules.set(rule.id, rule);
        else
          problems.push(
            wholeFile(file, `the id ${rule.id} is taken by ${taken.path}; give this rule an id of its own`),
          );
      }
    }
  }
  return { rules: [...rules.values()], problems };
}

/** Rule files under a path, sorted, so that every machine loads them in the same order. */
async function ruleFiles(path: string, problems: Problem[] = []): Promise<readonly string[]> {
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) {
    problems.push(wholeFile(path, 'there is no such file or folder; check the path'));
    return [];
  }
  if (!kind.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && !isTestFile(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isTestFile(name: string): boolean {
  return /\.test\.ya?ml$/.test(name);
}

function wholeFile(path: string, message: string): Problem {
  return { level: 'error', path, line: 1, column: 1, message };
}
