import type { Command } from 'commander';
import type { ExplainFlags } from '../run/routes.ts';

export function addRoutes(program: Command, finish: (code: number) => void): void {
  const routes = program.command('routes').description('which alerts go to which channels');
  routes
    .command('explain')
    .description('show where an alert goes and why, without sending anything')
    .argument('<alert>', "id of an alert in the store, or a file of alerts ('tocsin scan --format json')")
    .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
    .option('--store <file>', 'look into this SQLite file instead of the store of the configuration')
    .option('--json', 'as JSON')
    .action(async (alert: string, flags: ExplainFlags) =>
      finish(await (await import('../run/routes.ts')).explainRoutes(alert, flags)),
    );
}
