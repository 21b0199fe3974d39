import type { Command } from 'commander';
import type { WorkerFlags } from '../run/worker.ts';

export function addWorker(program: Command, finish: (code: number) => void): void {
  program
    .command('worker')
    .description('take events as serve does, and send what is found in them to a controller')
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
    .option('--raw', 'send every record and judge none here')
    .addHelpText(
      'after',
      `
Needs a controller in the configuration, where this worker's name and key are known too (docs/workers.md):
  controller: { url: 'https://tocsin.example.com', name: eu-production, key: env:TOCSIN_WORKER_KEY }

What is found waits on the disk while the controller is away. Stops on SIGTERM and Ctrl-C.`,
    )
    .action(async (flags: WorkerFlags) => finish(await (await import('../run/worker.ts')).runWorker(flags)));
}
