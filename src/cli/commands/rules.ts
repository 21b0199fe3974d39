import type { Command } from 'commander';
import type { Severity } from '../../event/severity.ts';
import { severityOf } from '../options.ts';

type Finish = (code: number) => void;
type PathOnly = [string[], { json?: boolean }];

const run = () => import('../run/rules.ts');

export function addRules(program: Command, finish: Finish): void {
  const rules = program.command('rules').description('list, show, test and check detection rules');
  const paths = '[path...]';
  const pathsHelp = 'files or folders of Sigma YAML (default: the rules that come with Tocsin)';

  rules
    .command('list')
    .description('list rules, the worst first')
    .argument(paths, pathsHelp)
    .addOption(severityOf(program, '--severity <level>', 'only rules of this level and over'))
    .option('--json', 'print as JSON')
    .action(async (given: string[], flags: { severity?: Severity; json?: boolean }) =>
      finish(await (await run()).listRules(given, flags)),
    );
  rules
    .command('show')
    .description('show one rule')
    .argument('<rule>', 'its id, its file, or a part of its title')
    .argument(paths, pathsHelp)
    .option('--json', 'print the parsed rule as JSON')
    .action(async (wanted: string, given: string[], flags: { json?: boolean }) =>
      finish(await (await run()).showRules(wanted, given, flags)),
    );
  rules
    .command('test')
    .description('run the tests that lie beside the rules (RULE.test.yml)')
    .argument(paths, pathsHelp)
    .option('--json', 'print as JSON')
    .action(async (...[given, flags]: PathOnly) => finish(await (await run()).testRules(given, flags)));
  rules
    .command('lint')
    .description('check rules for errors and for what is missing')
    .argument(paths, pathsHelp)
    .option('--json', 'print as JSON')
    .action(async (...[given, flags]: PathOnly) => finish(await (await run()).lintRules(given, flags)));
}
