import type { Command } from 'commander';
import { statusVerbs } from './alerts.ts';
import { wholeNumber } from '../options.ts';
import type { IncidentFlags } from '../run/incidents.ts';

/** Incidents: alerts that belong together, in the store of the configuration or in a file. */
export function addIncidents(program: Command, finish: (code: number) => void): void {
  const incidents = program
    .command('incidents')
    .description('alerts that belong together: list them, show one with its timeline, say what became of it')
    .addHelpText(
      'after',
      `
Examples:
  $ tocsin incidents list --min-score 50       what is bad enough that people were told
  $ tocsin incidents show 5f0c                 timeline and risk; also by the id of an alert in it
  $ tocsin incidents ack 5f0c                  somebody looks at it, and at all alerts in it
  $ tocsin incidents resolve 5f0c --reason 'key deleted'`,
    );
  const chosen = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
      .option('--json', 'as JSON');
  const run = () => import('../run/incidents.ts');

  chosen(incidents.command('list'))
    .description('list the incidents of the last seven days, the latest first')
    .option('--min-score <n>', 'only those whose score is so high or higher', wholeNumber)
    .option('--limit <n>', 'at most so many', wholeNumber, 100)
    .action(async (flags: IncidentFlags) => finish(await (await run()).listIncidents(flags)));

  chosen(incidents.command('show'))
    .description('show one incident: its alerts in the order of time, and what they have in common')
    .argument('<id>', 'its id, that of an alert in it, or the beginning of one')
    .action(async (id: string, flags: IncidentFlags) => finish(await (await run()).showIncident(id, flags)));

  for (const [name, status, description] of statusVerbs)
    chosen(incidents.command(name))
      .description(`${description}: of the incident and of the alerts in it`)
      .argument('<id>', 'its id, that of an alert in it, or the beginning of one')
      .option('--by <name>', 'who decides (default: the user of this machine)')
      .option('--reason <text>', 'why, for the history')
      .action(async (id: string, flags: IncidentFlags) =>
        finish(await (await run()).setIncidentStatus(id, status, flags)),
      );
}
