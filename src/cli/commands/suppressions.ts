import type { Command } from 'commander';
import type { SuppressionFlags } from '../run/suppressions.ts';

/** What is kept quiet for a time: in the store of the configuration, or in a file. */
export function addSuppressions(program: Command, finish: (code: number) => void): void {
  const suppressions = program
    .command('suppressions')
    .description('keep alerts quiet that fit a search, for a time; list and end what keeps some quiet')
    .addHelpText(
      'after',
      `
Examples:
  $ tocsin suppressions list
  $ tocsin suppressions add 'pen test' --when 'tocsin.actor.name: red-team/*' --owner jane --reason 'agreed until Friday' --for 4d
  $ tocsin suppressions end 6f1e2c1a-…

What falls under one is kept, counted and listed apart (exceptions=only), and told to nobody. A running server takes it up within seconds.`,
    );
  const withStore = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
      .option('--json', 'as JSON');
  const run = () => import('../run/suppressions.ts');

  withStore(suppressions.command('list'))
    .description('list suppressions, the newest first')
    .option('--all', 'also those that have ended')
    .action(async (flags: SuppressionFlags) => finish(await (await run()).listSuppressions(flags)));

  withStore(suppressions.command('add'))
    .description('make one; it holds for events from now on')
    .argument('<name>', 'what it is called in lists and in the alerts that fall under it')
    .requiredOption(
      '--when <search>',
      'a Sigma search in YAML or JSON, such as `tocsin.actor.name: deploy/*`, as in alerts.exceptions',
    )
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--owner <name>', 'who answers for it')
    .option('--for <time>', 'how long, such as 30m, 4h or 2d')
    .option('--until <time>', 'until when, such as 2026-11-23T08:00:00Z')
    .option('--by <name>', 'who makes it (default: the user of this machine)')
    .action(async (name: string, flags: SuppressionFlags) =>
      finish(await (await run()).addSuppression(name, flags)),
    );

  withStore(suppressions.command('end'))
    .description('end one now: it holds for nothing that happens from here on')
    .argument('<id>', "the id, as 'list' shows it")
    .option('--by <name>', 'who ends it (default: the user of this machine)')
    .action(async (id: string, flags: SuppressionFlags) =>
      finish(await (await run()).endSuppression(id, flags)),
    );
}
