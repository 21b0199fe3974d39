import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import type { DeliveryFlags } from '../run/deliveries.ts';

/** Deliveries that were given up: in the store of the configuration, or in a file. */
export function addDeliveries(program: Command, finish: (code: number) => void): void {
  const deliveries = program
    .command('deliveries')
    .description('deliveries that were given up: look at them, try them again, drop them')
    .addHelpText(
      'after',
      `
Examples:
  $ tocsin deliveries list                                     what could not be delivered, and why
  $ tocsin deliveries replay --channel team --since 2d         try it again, now that the channel is mended
  $ tocsin deliveries drop --reason 'HTTP 413'                 nobody will be told of these

A running server takes up what is replayed within seconds.`,
    );
  const chosen = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
      .option('--channel <name>', 'only of this channel')
      .option('--since <time>', 'only given up since then: 2d, 2026-11-21, 2026-11-21T07:00:00Z')
      .option('--until <time>', 'only given up before then')
      .option('--reason <text>', 'only those in whose reason this stands, letter by letter')
      .option('--json', 'as JSON');
  const run = () => import('../run/deliveries.ts');

  chosen(deliveries.command('list'))
    .description('list deliveries that were given up, the last first')
    .option('--limit <n>', 'at most so many', wholeNumber, 100)
    .action(async (flags: DeliveryFlags) => finish(await (await run()).listDead(flags)));

  for (const [name, description, action] of [
    ['replay', 'try deliveries again, from the beginning and with their old idempotency keys', 'replayed'],
    ['drop', 'drop deliveries for good: nobody will be told', 'dropped'],
  ] as const)
    chosen(deliveries.command(name))
      .description(description)
      .argument('[id...]', 'ids of deliveries; otherwise the options say which')
      .option('--all', 'all that were given up')
      .option('--by <name>', 'who decides (default: the user of this machine)')
      .action(async (ids: string[], flags: DeliveryFlags) =>
        finish(await (await run()).handleDead(ids, action, flags)),
      );
}
