import type { Command } from 'commander';
import { knownLists } from '../../web/reputation/known-lists.ts';
import type { ListsFlags } from '../run/lists.ts';

/** The lists of known attackers and of crawlers' addresses. */
export function addLists(program: Command, finish: (code: number) => void): void {
  const lists = program
    .command('lists')
    .description(
      'lists of known attackers and crawlers, feeds of indicators, and the addresses of providers: what they hold, how old they are, who is on them',
    )
    .addHelpText('after', examples);
  const withLists = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--reputation <list...>', 'these lists instead of those of the configuration')
      .option('--crawlers [list...]', "crawlers' addresses instead of those of the configuration")
      .option('--json', 'as JSON');
  const run = () => import('../run/lists.ts');

  withLists(lists.command('list'))
    .description('the state of every list; fetches only those that are due')
    .action(async (flags: ListsFlags) => finish(await (await run()).listLists(flags)));

  withLists(lists.command('refresh'))
    .description('ask for every list now, whether it is due or not; publishers want that seldom')
    .action(async (flags: ListsFlags) => finish(await (await run()).refreshLists(flags)));

  withLists(lists.command('find'))
    .description('the lists that have an address, and the provider that it belongs to')
    .argument('<address...>', 'such as 198.51.100.7 or 2001:db8::1')
    .action(async (addresses: string[], flags: ListsFlags) =>
      finish(await (await run()).findInLists(addresses, flags)),
    );
}

const examples = `
Examples:
  $ tocsin lists list                              what the configuration names, under traffic.reputation, intel and context.places.providers
  $ tocsin lists list --reputation tor-exits drop.txt
  $ tocsin lists find 198.51.100.7 --reputation spamhaus-drop emerging-threats
  $ tocsin lists refresh

Known by name:
${Object.entries(knownLists)
  .map(([name, { trust, what }]) => `  ${name.padEnd(18)}${trust.padEnd(9)}${what}`)
  .join('\n')}

Exit codes: 0 done, 2 a list could not be had as its source has it.`;
