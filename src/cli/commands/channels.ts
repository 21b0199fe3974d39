import type { Command } from 'commander';

export function addChannels(program: Command, finish: (code: number) => void): void {
  const channels = program.command('channels').description('try the channels that alerts go to');
  channels
    .command('test')
    .description('send a sample alert and show the answer')
    .argument('[name...]', 'channels of the configuration (default: all)')
    .option('-c, --config <file>', 'the configuration file')
    .action(async (names: string[], flags: { config?: string }) =>
      finish(await (await import('../run/channels.ts')).testChannels(names, flags.config)),
    );
}
