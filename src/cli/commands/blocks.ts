import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import type { BlockFlags } from '../run/blocks.ts';

/** Who is blocked and why, and what people can do about it: in the store of the configuration, or in a file. */
export function addBlocks(program: Command, finish: (code: number) => void): void {
  const blocks = program
    .command('blocks')
    .description('who is blocked, why and for how long; block, unblock and approve')
    .addHelpText(
      'after',
      `
Examples:
  $ tocsin blocks list                                     who is blocked now
  $ tocsin blocks add 198.51.100.7 --reason 'tries passwords' --for 2h
  $ tocsin blocks remove 198.51.100.7 --reason 'a customer'
  $ tocsin blocks approve 203.0.113.0/24 --reason 'our office'
  $ tocsin blocks history 198.51.100.7                     its blocks and what was done
  $ tocsin blocks sync                                     make IP sets and files agree with the ledger

Nothing is blocked anywhere while blocking.mode is dry-run, which it is by default; 'sync' prints what would be.`,
    );
  const withStore = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
      .option('--json', 'as JSON');
  const changes = (command: Command): Command =>
    withStore(command)
      .requiredOption('--reason <text>', 'why, for those who read the audit log')
      .option('--by <name>', 'who decides (default: the user of this machine)')
      .option('--no-sync', 'do not enforce it now; a running server does it within half a minute');
  const run = () => import('../run/blocks.ts');

  withStore(blocks.command('list'))
    .description('list blocks, the newest first')
    .option('--state <state>', 'active, expired, removed, approved or any', 'active')
    .option('--limit <n>', 'at most so many', wholeNumber, 100)
    .action(async (flags: BlockFlags) => finish(await (await run()).listBlocks(flags)));

  changes(blocks.command('add'))
    .description('block an address or a network; an IPv6 address without a prefix means its whole network')
    .argument('<address>', 'such as 198.51.100.7, 198.51.100.0/28 or 2001:db8:1:2::9')
    .option('--for <time>', 'how long, such as 30m, 4h or 2d (default: as configured)')
    .action(async (address: string, flags: BlockFlags) =>
      finish(await (await run()).addBlock(address, flags)),
    );

  changes(blocks.command('remove'))
    .description('end a block before its time')
    .argument('<address>', 'exactly as the list has it')
    .action(async (address: string, flags: BlockFlags) =>
      finish(await (await run()).removeBlock(address, flags)),
    );

  changes(blocks.command('approve'))
    .description('never block an address or a network, and end at once what blocks any address in it')
    .argument('<address>', 'an address or a network')
    .option('--undo', 'take an approval back')
    .action(async (address: string, flags: BlockFlags) =>
      finish(await (await run()).approveAddress(address, flags)),
    );

  withStore(blocks.command('history'))
    .description('what was blocked and unblocked, by whom and why, and what was changed outside')
    .argument('[address]', 'only of this address or network')
    .option('--limit <n>', 'at most so many lines', wholeNumber, 100)
    .action(async (address: string | undefined, flags: BlockFlags) =>
      finish(await (await run()).blockHistory(address, flags)),
    );

  withStore(blocks.command('sync'))
    .description('make IP sets and files agree with the ledger, or in a dry run say what would be done')
    .option('--dry-run', 'only say what would be done, whatever the configuration says')
    .action(async (flags: BlockFlags) => finish(await (await run()).syncBlocks(flags)));
}
