import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../runtime/config-error.ts';
import { version } from '../runtime/version.ts';
import { StoreError } from '../store/error.ts';
import { addAlerts } from './commands/alerts.ts';
import { addAssets } from './commands/assets.ts';
import { addBlocks } from './commands/blocks.ts';
import { addChannels } from './commands/channels.ts';
import { addConfig } from './commands/config.ts';
import { addHealth } from './commands/health.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addIncidents } from './commands/incidents.ts';
import { addLists } from './commands/lists.ts';
import { addLookups } from './commands/lookups.ts';
import { addRoutes } from './commands/routes.ts';
import { addRules } from './commands/rules.ts';
import { addScan } from './commands/scan.ts';
import { addServe } from './commands/serve.ts';
import { addReplay } from './commands/replay.ts';
import { addSuppressions } from './commands/suppressions.ts';
import { addTraffic } from './commands/traffic.ts';
import { addWorker } from './commands/worker.ts';
import { CliFailure, exitCode } from './failure.ts';
import { paint, terminalOf } from './terminal.ts';

const help = `
Examples:
  $ tocsin scan AWSLogs/          what is dangerous in a folder of CloudTrail files
  $ tocsin traffic logs/          who asks for what, and who attacks, in a folder of access logs
  $ tocsin serve                  take events over HTTP, from folders and from S3, and send alerts
  $ tocsin serve --demo           a story with real alerts, to look around in

'tocsin COMMAND --help' tells more. Shell completion: tocsin complete bash|zsh|fish|powershell.`;

/** Runs the command line and returns the exit code: 0 done, 1 findings (or failed tests), 2 the work could not be done. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.ok;
  const finish = (result: number) => {
    code = result;
  };
  const program = createProgram(finish);
  // A reader that goes away in the middle (`tocsin scan … | head`) is no failure; a server goes on without one.
  const outlivesReader = argv[0] === 'serve' || argv[0] === 'worker';
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!outlivesReader) process.exit(code);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.failure;
    if (error instanceof CliFailure || error instanceof ConfigError || error instanceof StoreError) {
      process.stderr.write(`${paint(terminalOf(process.stderr), 'red', 'tocsin:')} ${error.message}\n`);
      return exitCode.failure;
    }
    process.stderr.write(
      `${paint(terminalOf(process.stderr), 'red', 'tocsin:')} this is a fault in Tocsin; please report it with what follows\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return exitCode.failure;
  }
}

/** Every command with its arguments and options; docs/cli.md is made from it. `finish` is told the exit code of what ran. */
export function createProgram(finish: (code: number) => void): Command {
  const program = new Command('tocsin')
    .description(
      'Cloud detection and response for AWS: who did what, when and from where, and which of it is dangerous.',
    )
    .version(version)
    .addHelpText('after', help)
    .showHelpAfterError("('tocsin --help' shows what there is)")
    .exitOverride();
  addScan(program, finish);
  addTraffic(program, finish);
  addServe(program, finish);
  addWorker(program, finish);
  addRules(program, finish);
  addAlerts(program, finish);
  addSuppressions(program, finish);
  addAssets(program, finish);
  addBlocks(program, finish);
  addIncidents(program, finish);
  addLists(program, finish);
  addLookups(program, finish);
  addConfig(program, finish);
  addChannels(program, finish);
  addReplay(program, finish);
  addRoutes(program, finish);
  addDeliveries(program, finish);
  addHealth(program, finish);
  tab(program);
  for (const command of allCommands(program)) command.exitOverride();
  return program;
}

function allCommands(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}
