import type { Command } from 'commander';
import type { HealthFlags } from '../run/health.ts';

/** What the server knows of its own health, from its store. */
export function addHealth(program: Command, finish: (code: number) => void): void {
  program
    .command('health')
    .description('what is wrong, what has gone silent, and which rules never fire')
    .addHelpText(
      'after',
      `
Reads what the server has written into its store, at most five minutes ago. Exits with 1 where something is wrong, or
where no server has run for ten minutes.`,
    )
    .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
    .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
    .option('--json', 'as JSON')
    .action(async (flags: HealthFlags) => finish(await (await import('../run/health.ts')).showHealth(flags)));
}
