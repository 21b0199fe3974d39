import type { Command } from 'commander';
import { groupings } from '../../alert/grouping.ts';
import type { Severity } from '../../event/severity.ts';
import { pipelineOption, severityOf, type PipelineFlags, wholeNumber } from '../options.ts';
import type { BacktestFlags } from '../run/rules-backtest.ts';
import type { LintFlags } from '../run/rules-lint.ts';

type Finish = (code: number) => void;

const run = () => import('../run/rules.ts');

const explainHelp = `
Example:
  $ tocsin rules explain 'bucket deleted' record.json

Exit codes: 0 the rule matches a record, 1 it matches none, 2 it could not be tried.`;

const backtestHelp = `
Example:
  $ tocsin rules backtest my-rules/bucket-deleted.yml AWSLogs/ --since 90d

A time such as 90d is counted back from the newest event of the archive, and the range begins with that day (UTC).

Exit codes: 0 done, 1 a rule raised more than --at-most, 2 the work could not be done.`;

const schemaHelp = `
Example:
  $ tocsin rules schema > rule.schema.json

Exit codes: 0 done.`;

const testHelp = `
Example:
  $ tocsin rules test my-rules --junit results.xml

Exit codes: 0 all passed, 1 one failed, 2 a rule is broken or there is no test.`;

const lintHelp = `
Example:
  $ tocsin rules lint my-rules --fix --dry-run

Exit codes: 0 nothing but advice, 1 an error (with --strict advice too), 2 the work could not be done.`;

const newHelp = `
Example:
  $ tocsin rules new my-rules/bucket-deleted.yml --title 'Bucket deleted' --level high

Exit codes: 0 written, 2 not written.`;

const coverageHelp = `
Example:
  $ tocsin rules coverage --navigator my-rules > layer.json

Exit codes: 0 done, 2 a rule could not be read.`;

const fieldsHelp = `
Example:
  $ tocsin rules fields actor

Exit codes: 0 done, 2 a rule could not be read.`;

export function addRules(program: Command, finish: Finish): void {
  const rules = program.command('rules').description('list, show, test and check detection rules');
  const paths = '[path...]';
  const pathsHelp = 'files or folders of Sigma YAML (default: the rules that come with Tocsin)';

  rules
    .command('list')
    .description('list rules, the worst first')
    .argument(paths, pathsHelp)
    .addOption(severityOf(program, '--severity <level>', 'only rules of this level and over'))
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .action(async (given: string[], flags: PipelineFlags & { severity?: Severity; json?: boolean }) =>
      finish(await (await run()).listRules(given, flags)),
    );
  rules
    .command('show')
    .description('show one rule')
    .argument('<rule>', 'its id, its file, its title or a part of it')
    .argument(paths, pathsHelp)
    .addOption(pipelineOption(program))
    .option('--json', 'print the parsed rule as JSON')
    .action(async (wanted: string, given: string[], flags: PipelineFlags & { json?: boolean }) =>
      finish(await (await run()).showRules(wanted, given, flags)),
    );
  rules
    .command('explain')
    .description(
      'say why a rule matches a record or does not: each part of it, and what the record has there',
    )
    .argument('<rule>', 'its id, its file, its title or a part of it')
    .argument(
      '<event>',
      "a file with CloudTrail records in any form that scan reads, or '-' for standard input",
    )
    .argument(paths, pathsHelp)
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .addHelpText('after', explainHelp)
    .action(
      async (wanted: string, event: string, given: string[], flags: PipelineFlags & { json?: boolean }) => {
        const { explainRuleOn } = await import('../run/rules-explain.ts');
        finish(await explainRuleOn(wanted, event, given, flags));
      },
    );
  rules
    .command('test')
    .description('run the tests that lie beside the rules (RULE.test.yml)')
    .argument(paths, pathsHelp)
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .option('--junit <file>', 'write the results as JUnit XML too, for CI systems')
    .addHelpText('after', testHelp)
    .action(async (given: string[], flags: PipelineFlags & { json?: boolean; junit?: string }) =>
      finish(await (await run()).testRules(given, flags)),
    );
  rules
    .command('backtest')
    .description(
      'say how often rules would have raised an alert over an archive, and for whom: before they are enabled',
    )
    .argument('<rule>', "a file or folder of rules, or a rule's id, its title or a part of it")
    .argument('<archive...>', "files, folders, glob patterns, or '-' for standard input: all that scan reads")
    .option('--rules <path...>', 'where the rule is looked for (default: the rules that come with Tocsin)')
    .option(
      '--since <time>',
      "only events from this time on (2026-11-21), or 90d before the archive's newest event",
    )
    .option('--until <time>', 'only events before this time')
    .addOption(
      program.createOption('--by <what>', 'show one list in full: who, or where').choices([...groupings]),
    )
    .addOption(
      program.createOption('--examples <n>', 'examples of each rule').argParser(wholeNumber).default(3),
    )
    .addOption(
      program
        .createOption('--at-most <n>', 'exit with 1 where a rule would have raised more alerts than this')
        .argParser(wholeNumber),
    )
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .option('-v, --verbose', 'print every rejected record')
    .option('-q, --quiet', 'no progress and no totals')
    .addHelpText('after', backtestHelp)
    .action(async (wanted: string, archive: string[], flags: BacktestFlags) => {
      const { backtestRules } = await import('../run/rules-backtest.ts');
      finish(await backtestRules(wanted, archive, flags));
    });
  rules
    .command('lint')
    .description('check rules for errors and for what is missing, and mend what can be mended safely')
    .argument(paths, pathsHelp)
    .addOption(pipelineOption(program))
    .option('--fix', 'mend what cannot change what a rule matches, and keep the rest of the file as it is')
    .option('--dry-run', 'with --fix: print what would change as a diff, and change nothing')
    .option('--strict', 'exit with 1 on advice too')
    .option('--ignore <codes...>', 'leave out advice with these codes')
    .addOption(
      program
        .createOption('--format <format>', 'how to print')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .addOption(program.createOption('--json', 'the same as --format json').conflicts('sarif'))
    .option('--sarif', 'the same as --format sarif')
    .addHelpText('after', lintHelp)
    .action(async (given: string[], flags: LintFlags) => {
      const { lintRules } = await import('../run/rules-lint.ts');
      finish(await lintRules(given, flags));
    });
  rules
    .command('new')
    .description('write a new rule with a test beside it, to be changed; nothing is written over')
    .argument('<path>', 'the file of the rule, such as my-rules/bucket-deleted.yml')
    .option('--title <text>', 'its title (default: made of the file name)')
    .addOption(severityOf(program, '--level <level>', 'its level').default('medium'))
    .addHelpText('after', newHelp)
    .action(async (path: string, flags: { title?: string; level: Severity }) => {
      const { newRule } = await import('../run/rules-new.ts');
      finish(await newRule(path, flags));
    });
  rules
    .command('coverage')
    .description('show which ATT&CK tactics and techniques the rules name, and which have no rule')
    .argument(paths, pathsHelp)
    .addOption(
      program
        .createOption('--navigator', 'print a layer for the ATT&CK Navigator (JSON, layer format 4.5)')
        .conflicts('json'),
    )
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .addHelpText('after', coverageHelp)
    .action(async (given: string[], flags: PipelineFlags & { json?: boolean; navigator?: boolean }) => {
      const { showCoverage } = await import('../run/rules-coverage.ts');
      finish(await showCoverage(given, flags));
    });
  rules
    .command('fields')
    .description('list the fields that rules can read, and how many rules read each')
    .argument('[text]', 'only fields with this in their name or description')
    .option('--rules <path...>', pathsHelp)
    .addOption(pipelineOption(program))
    .option('--json', 'print as JSON')
    .addHelpText('after', fieldsHelp)
    .action(
      async (filter: string | undefined, flags: PipelineFlags & { rules?: string[]; json?: boolean }) => {
        const { showFields } = await import('../run/rules-fields.ts');
        finish(await showFields(filter, flags));
      },
    );
  rules
    .command('schema')
    .description('print the JSON schema of rule files or of their tests, for editors')
    .addArgument(program.createArgument('[kind]', 'of what').choices(['rule', 'test']).default('rule'))
    .addHelpText('after', schemaHelp)
    .action(async (kind: 'rule' | 'test') => {
      const { printSchema } = await import('../run/rules-schema.ts');
      finish(await printSchema(kind));
    });
}
