import type { Command } from 'commander';
import { packNames } from '../../runtime/packs.ts';
import { exceptionChoices } from '../../store/store.ts';
import { formats, numberOrAll, pipelineOption, severityOf, wholeNumber } from '../options.ts';
import { keepHeapSmall } from '../../runtime/small-heap.ts';
import type { ScanFlags } from '../run/scan.ts';

export function addScan(program: Command, finish: (code: number) => void): void {
  program
    .command('scan')
    .description('read CloudTrail from files and show what is dangerous in it')
    .argument('<path...>', "files, folders, glob patterns, or '-' for standard input")
    .option('--rules <path...>', 'more rules: files or folders of Sigma YAML')
    .option('--no-builtin-rules', 'leave out the rules that come with Tocsin')
    .addOption(
      program
        .createOption('--pack <name...>', 'rules that come with Tocsin and run only where they are asked for')
        .choices([...packNames]),
    )
    .addOption(pipelineOption(program))
    .option('--since <time>', 'only events from this time on (2026-11-21, 2026-11-21T07:30:00Z, 90d)')
    .option('--until <time>', 'only events before this time')
    .addOption(
      severityOf(program, '--severity <level>', 'show alerts of this severity and over').default(
        'informational',
      ),
    )
    .addOption(
      program
        .createOption('--format <format>', 'how to print')
        .choices([...formats])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .addOption(
      severityOf(program, '--fail-on <level>', 'exit with 1 where an alert is of this severity or over'),
    )
    .option(
      '--config <file>',
      "decide as the server with this configuration does: its 'rules', 'estate', 'context' and 'alerts'",
    )
    .addOption(
      program
        .createOption(
          '--exceptions <choice>',
          'what becomes of alerts under an exception of the configuration',
        )
        .choices([...exceptionChoices])
        .default('hide'),
    )
    .addOption(
      program
        .createOption(
          '--alerts-per-rule <number>',
          "how many alerts of one rule are shown and kept, or 'all'; further matches are counted and told at the end",
        )
        .argParser(numberOrAll)
        .default(10_000),
    )
    .option('--store <file>', 'also keep the alerts in this SQLite file (made where it is missing)')
    .option(
      '--parse-all',
      'decode also the records that no rule can match, so that what is wrong inside them is told (slower)',
    )
    .addOption(
      program
        .createOption(
          '--threads <number>',
          'how many files are read at the same time (one for each core, 8 at most)',
        )
        .argParser(wholeNumber),
    )
    .option('-v, --verbose', 'print more of each alert, and every rejected record')
    .option('-q, --quiet', 'no progress and no summary')
    .addHelpText('after', examples)
    .action(async (paths: string[], flags: ScanFlags) => {
      // Before anything is loaded: what is loaded makes the heap grow, and it does not shrink again.
      keepHeapSmall();
      finish(await (await import('../run/scan.ts')).runScan(paths, flags));
    });
}

const examples = `
Examples:
  $ tocsin scan AWSLogs/                                    a folder as CloudTrail delivers it
  $ tocsin scan 'logs/**/*.json.gz' --since 7d --severity medium
  $ aws cloudtrail lookup-events --output json | tocsin scan -
  $ tocsin scan AWSLogs/ --format sarif --fail-on high > tocsin.sarif

Exit codes: 0 done, 1 an alert at or over --fail-on, 2 the work could not be done.`;
