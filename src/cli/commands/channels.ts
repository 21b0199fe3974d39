import type { Command } from 'commander';
import type { ChannelFlags } from '../run/channels.ts';

export function addChannels(program: Command, finish: (code: number) => void): void {
  const channels = program.command('channels').description('try the channels that alerts go to');
  channels
    .command('list')
    .description('list the channels of the configuration')
    .option('-c, --config <file>', 'the configuration file')
    .option('--json', 'as JSON')
    .action(async (flags: ChannelFlags) =>
      finish(await (await import('../run/channels.ts')).listChannels(flags)),
    );
  channels
    .command('test')
    .description('send a sample alert and show the answer, what it means and what to do')
    .argument('[name...]', 'channels of the configuration (default: all)')
    .option('-c, --config <file>', 'the configuration file')
    .option(
      '--alert <alert>',
      'send this instead: id of an alert in the store, or a file of alerts, of which the first',
    )
    .option('--store <file>', 'look for it in this SQLite file instead of the store of the configuration')
    .option('--dry-run', 'send nothing, and print what would be sent')
    .option('-v, --verbose', 'print the whole request, without secrets, and the whole answer')
    .action(async (names: string[], flags: ChannelFlags) =>
      finish(await (await import('../run/channels.ts')).testChannels(names, flags)),
    );
}
