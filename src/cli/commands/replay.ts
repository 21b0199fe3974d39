import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import type { ReplayFlags } from '../run/replay.ts';

export function addReplay(program: Command, finish: (code: number) => void): void {
  program
    .command('replay')
    .description('list what was rejected, and try it again with the present rules')
    .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
    .option('--store <file>', 'this SQLite file instead of the store of the configuration')
    .option(
      '--from <place>',
      "read dead letters from a folder or from s3://BUCKET/PREFIX/ instead of the store ('config' for deadLetters of the configuration)",
    )
    .option('--region <region>', 'the region of that bucket')
    .option('--list', 'only list what there is')
    .option('--dry-run', 'only tell what would become of it')
    .option('--reason <text>', 'only what was rejected for a reason with this text in it')
    .option('--source <name>', 'only what came this way: file, s3, http, lambda ...')
    .option('--object <text>', 'only what came from a file, object or request with this text in its name')
    .option('--worker <name>', 'only what this worker sent')
    .option('--since <time>', 'only what was received since then (2026-11-21, 24h)')
    .option('--until <time>', 'only what was received before then')
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
What succeeds is taken out of the store, or marked beside the file that it is in; what fails again stays, with the new reason.
While 'tocsin serve' runs on the same store, it is asked to replay: at server.listen, with a key of scope 'all' where there are keys.

Exits with 0 where nothing is left that could not be replayed, 1 where something is, 2 where the work could not be done.`,
    )
    .action(async (flags: ReplayFlags) => finish(await (await import('../run/replay.ts')).runReplay(flags)));
}
