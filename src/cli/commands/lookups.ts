import type { Command } from 'commander';
import type { LookupFlags } from '../run/lookups.ts';

/** Those who are asked about addresses, domains and files. */
export function addLookups(program: Command, finish: (code: number) => void): void {
  program
    .command('lookups')
    .description('try the providers that are asked about addresses, domains and files')
    .command('test')
    .description('ask one provider about one thing now, and show what an alert would say')
    .argument('<name>', 'provider of the configuration, such as greynoise')
    .argument('<what>', 'an address, a domain, or the MD5, SHA-1 or SHA-256 of a file')
    .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Counts for nothing in the quota that a server keeps, but for the one of the provider itself.

Exit codes: 0 answered, 1 not answered, 2 it could not be asked.`,
    )
    .action(async (name: string, what: string, flags: LookupFlags) =>
      finish(await (await import('../run/lookups.ts')).testLookup(name, what, flags)),
    );
}
