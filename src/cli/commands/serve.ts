import type { Command } from 'commander';
import type { ServeFlags } from '../run/serve.ts';

export function addServe(program: Command, finish: (code: number) => void): void {
  program
    .command('serve')
    .description('take events over HTTP, from folders and from S3; keep alerts and send them to the channels')
    .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
    .option(
      '--listen <address:port>',
      'where to listen (default: 127.0.0.1:7117, or server.listen of the configuration)',
    )
    .option('-p, --port <port>', 'the port alone')
    .option(
      '--data <folder>',
      'where to keep what must be kept (default: .tocsin, or data of the configuration)',
    )
    .option(
      '--demo',
      'play a sample story, without the configuration and in a store of its own that is gone afterwards',
    )
    .option('-q, --quiet', 'do not print alerts')
    .addHelpText(
      'after',
      `
Send events with any HTTP client:
  $ curl --data-binary @CloudTrail.json.gz http://127.0.0.1:7117/v1/events

Stops on SIGTERM and Ctrl-C when everything that was taken has been stored.`,
    )
    .action(async (flags: ServeFlags) => finish(await (await import('../run/serve.ts')).runServe(flags)));
}
