import { lintCodes } from '../../src/alert/lint-codes.ts';
import { code, table } from './markdown.ts';

/** Every code of `rules lint`. */
export function lintCodeTable(): string {
  const rows = Object.entries(lintCodes).map(([name, { level, fix, says }]) => [
    code(name),
    level,
    fix ? 'yes' : '',
    says,
  ]);
  return table(['code', 'level', '--fix', 'what it says'], rows);
}
