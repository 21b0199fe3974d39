import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseRules } from '../src/sigma/parse.ts';
import type { Rule } from '../src/sigma/rule.ts';
import { readRuleFiles } from '../test/support/published-rules.ts';

/** SigmaHQ's rules, from where the user says or where test data lies; undefined where there are none. */
export function loadPublished(): readonly Rule[] | undefined {
  const at = process.argv.indexOf('--sigma-rules');
  const named = at >= 0 ? process.argv[at + 1] : process.env['TOCSIN_SIGMA_RULES'];
  const path = named ?? resolve(import.meta.dirname, '../../shared/data/sigma-rules');
  if (named === undefined && !existsSync(path)) return undefined;
  const files = readRuleFiles(path);
  return files.flatMap((file) => parseRules(file.text, file.path).rules);
}
