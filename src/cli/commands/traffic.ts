import type { Command } from 'commander';
import { keepHeapSmall } from '../../runtime/small-heap.ts';
import { severityOf, wholeNumber } from '../options.ts';
import type { TrafficFlags } from '../run/traffic.ts';
import { knownListNames } from '../../web/reputation/known-lists.ts';

export function addTraffic(program: Command, finish: (code: number) => void): void {
  program
    .command('traffic')
    .description('read access logs and show who asks for what, and who attacks')
    .argument('<path...>', "files, folders, glob patterns, or '-' for standard input")
    .option('--since <time>', 'only requests from this time on (2026-11-21, 2026-11-21T07:30:00Z, 90d)')
    .option('--until <time>', 'only requests before this time')
    .option('--sites <host...>', 'only requests to these hosts')
    .addOption(
      program
        .createOption('--top <number>', 'how many lines each list has')
        .argParser(wholeNumber)
        .default(5),
    )
    .option(
      '--format <name>',
      "the format of the logs, by its name or a part of it, such as 'cloudfront' (told by the content)",
      'auto',
    )
    .option(
      '--config <file>',
      "decide as the server with this configuration does: its 'traffic' and 'blocking'",
    )
    .option('--proxies <network...>', 'own proxies and load balancers, whose X-Forwarded-For is believed')
    .option(
      '--app-agents <pattern...>',
      "user agents of one's own app, such as 'MyApp/*'; others are then listed",
    )
    .option(
      '--reputation <list...>',
      `lists of known attackers: files, URLs, or ${knownListNames.join(', ')}; 'alert=' or 'context=' before one makes less of it`,
    )
    .option(
      '--crawlers [list...]',
      "check who says that it is Googlebot or the like: by what the owners publish, or 'googlebot=FILE_OR_URL'",
    )
    .option('--json', 'everything as one JSON document')
    .addOption(
      severityOf(program, '--fail-on <level>', 'exit with 1 where an offence is of this severity or over'),
    )
    .option('-v, --verbose', 'print every rejected line')
    .option('-q, --quiet', 'no progress and no sums')
    .addHelpText('after', examples)
    .action(async (paths: string[], flags: TrafficFlags) => {
      // Before anything is loaded, as for a scan.
      keepHeapSmall();
      finish(await (await import('../run/traffic.ts')).runTraffic(paths, flags));
    });
}

const examples = `
Examples:
  $ tocsin traffic examples/access-logs                     a small made-up log with a scanner in it
  $ tocsin traffic AWSLogs/ --since 24h --top 20            a folder as CloudFront, a load balancer or S3 fills it
  $ tocsin traffic '/var/log/nginx/access.log*' --proxies 10.0.0.0/8
  $ zcat access.log.gz | tocsin traffic - --json
  $ tocsin traffic logs/ --config tocsin.yaml               with the thresholds of the server, and whom it would block
  $ tocsin traffic logs/ --app-agents 'MyApp/*'             with the user agents outside the app
  $ tocsin traffic logs/ --reputation spamhaus-drop drop.txt context=hosting-networks --crawlers

Exit codes: 0 done, 1 an offence at or over --fail-on, 2 the work could not be done.`;
