import type { Command } from 'commander';
import { statuses, type Status } from '../../alert/alert-life.ts';
import { exceptionChoices } from '../../store/store.ts';
import { CliFailure } from '../failure.ts';
import { severityOf, wholeNumber } from '../options.ts';
import type { BulkFlags } from '../run/bulk-alerts.ts';
import type { AlertFlags, AlertListFlags } from '../run/alerts.ts';

/** Commands that set a status, by their names. */
export const statusVerbs: readonly (readonly [name: string, status: Status, description: string])[] = [
  ['ack', 'acknowledged', 'say that somebody has seen it: no escalation, and no telling again'],
  ['progress', 'in-progress', 'say that somebody works on it'],
  ['resolve', 'resolved', 'say that it was what it said, and is dealt with'],
  ['false-positive', 'false-positive', 'say that it was not; --reason tells why, and helps the rule on'],
  ['reopen', 'open', 'have it looked at again'],
];

/** What people do with alerts: in the store of the configuration, or in a file. */
export function addAlerts(program: Command, finish: (code: number) => void): void {
  const alerts = program
    .command('alerts')
    .description('alerts in the store: find them, and say what became of them')
    .addHelpText(
      'after',
      `
Examples:
  $ tocsin alerts list --status open --severity high --since 2d
  $ tocsin alerts list --incident 5e01… --muted             what nobody was told, because its incident was
  $ tocsin alerts show 0f4c…                               one alert, its findings and its history
  $ tocsin alerts ack 0f4c… 77ab…                          somebody has seen these
  $ tocsin alerts false-positive 0f4c… --reason 'the nightly backup'
  $ tocsin alerts assign 0f4c… jane
  $ tocsin alerts snooze 0f4c… --for 4h
  $ tocsin alerts resolve --where text=AKIA… status=open                 how many that would be
  $ tocsin alerts resolve --where text=AKIA… status=open --yes --reason 'key deleted'

Exit code: 0 when all was done or was so already, 2 when some was not.
A server that runs on the same store shows the change at once, and tells the channels that were told of the alert.`,
    );
  const withStore = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the configuration file (default: tocsin.yaml here, where there is one)')
      .option('--store <file>', 'use this SQLite file instead of the store of the configuration')
      .option('--json', 'as JSON');
  const changing = (command: Command): Command =>
    withStore(command)
      .option('--by <name>', 'who decides (default: the user of this machine)')
      .option(
        '--revision <n>',
        "only if the alert's revision, as 'show' tells it, is still this one",
        wholeNumber,
      );
  const run = () => import('../run/alerts.ts');
  const change = () => import('../run/change-alerts.ts');

  const list = alerts.command('list');
  withStore(list)
    .description('list alerts, the newest first')
    .addOption(
      list.createOption('--status <status...>', 'only with one of these statuses').choices([...statuses]),
    )
    .addOption(severityOf(list, '--severity <level>', 'only this severity or worse'))
    .option('--assignee <name>', 'only those that this person takes care of')
    .option('--text <words>', 'only those in which each of these words stands')
    .option('--rule <id>', 'only of the rule with this id')
    .option('--account <id>', 'only of this account')
    .option('--incident <id>', 'only those that were stored as part of this incident, its own alert included')
    .addOption(
      list
        .createOption(
          '--muted [by]',
          'only those that were not told everywhere: because of their incident (where nothing is said), or because their rule had told too much in the hour',
        )
        .choices(['incident', 'hour'])
        .preset('incident'),
    )
    .addOption(
      list
        .createOption(
          '--exceptions <choice>',
          'whether to hide alerts that fall under an exception or a suppression (where nothing is said), to show them, or to show only them',
        )
        .choices([...exceptionChoices]),
    )
    .option(
      '--since <time>',
      'only those that were last seen then or later: 2d, 2026-11-21, 2026-11-21T07:00:00Z',
    )
    .option('--until <time>', 'only those that were first seen before then')
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--ids', 'only their ids, one a line')
    .action(async (flags: AlertListFlags) => finish(await (await run()).listAlerts(flags)));

  withStore(alerts.command('show'))
    .description('one alert: what it says, how it stands, its findings and what was done with it')
    .argument('<id>', 'the id of the alert, or of a finding that joined it')
    .action(async (id: string, flags: AlertFlags) => finish(await (await run()).showAlert(id, flags)));

  for (const [name, status, description] of statusVerbs)
    changing(alerts.command(name))
      .description(description)
      .argument('[id...]', 'ids of alerts')
      .option('--reason <text>', 'why, for the history')
      .option(
        '--where <name=value...>',
        'instead of ids: all that a search finds, with the parameters of GET /v1/alerts, such as rule=ID status=open since=2d',
      )
      .option('--yes', 'with --where: do it; without, they are only counted')
      .option('--most <n>', 'with --where: do nothing where there are more', wholeNumber, 1_000)
      .action(async (ids: string[], flags: BulkFlags) => {
        const isSearch = flags.where !== undefined;
        if (isSearch === ids.length > 0) throw new CliFailure('name alerts by their ids, or by --where');
        if (isSearch && flags.revision !== undefined)
          throw new CliFailure('--revision is that of one alert; name it by its id');
        finish(
          isSearch
            ? await (await import('../run/bulk-alerts.ts')).setStatusWhere(status, flags)
            : await (await change()).setStatus(ids, status, flags),
        );
      });

  changing(alerts.command('assign'))
    .description('say who takes care of an alert')
    .argument('<id>', 'the id of the alert')
    .argument('[name]', "who; nobody's, where left out")
    .action(async (id: string, name: string | undefined, flags: AlertFlags) =>
      finish(await (await change()).assign(id, name, flags)),
    );

  changing(alerts.command('comment'))
    .description('write down what you found out')
    .argument('<id>', 'the id of the alert')
    .argument('<text>', 'the comment')
    .action(async (id: string, text: string, flags: AlertFlags) =>
      finish(await (await change()).comment(id, text, flags)),
    );

  changing(alerts.command('snooze'))
    .description('tell nobody for a time; it is told again when that is over, or when it gets worse')
    .argument('<id...>', 'ids of alerts')
    .option('--for <time>', 'how long, such as 30m, 4h or 2d')
    .option('--until <time>', 'until when, such as 2026-11-23T08:00:00Z')
    .option('--wake', 'end a snooze instead')
    .option('--reason <text>', 'why, for the history')
    .action(async (ids: string[], flags: AlertFlags) => finish(await (await change()).snooze(ids, flags)));

  withStore(alerts.command('history'))
    .description('what was done with an alert, or with all, by whom and when, the newest first')
    .argument('[id]', 'only of this alert')
    .option('--limit <n>', 'at most so many lines', wholeNumber, 100)
    .action(async (id: string | undefined, flags: AlertFlags) =>
      finish(await (await run()).alertHistory(id, flags)),
    );
}
