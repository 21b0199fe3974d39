import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseRules } from '../src/sigma/parse.ts';
import type { Rule } from '../src/sigma/rule.ts';
import { readRuleFiles } from '../test/support/published-rules.ts';

/** Where SigmaHQ's rules are: where the user says, or where test data lies; undefined where there are none. */
export function publishedPath(): string | undefined {
  const at = process.argv.indexOf('--sigma-rules');
  const named = at >= 0 ? process.argv[at + 1] : process.env['TOCSIN_SIGMA_RULES'];
  const path = named ?? resolve(import.meta.dirname, '../../shared/data/sigma-rules');
  return named === undefined && !existsSync(path) ? undefined : path;
}

export function loadPublished(): readonly Rule[] | undefined {
  const path = publishedPath();
  return path === undefined
    ? undefined
    : readRuleFiles(path).flatMap((file) => parseRules(file.text, file.path).rules);
}

/**
 * "AWS STS AssumeRole Misuse" asks for `userIdentity.type: AssumedRole` and a session issued by a role, which is every call of every
 * role: each is a finding, and none can be passed over.
 */
export const matchesEveryCallOfRoles = '905d389b-b853-46d0-9d3d-dea0d3a3cd49';
