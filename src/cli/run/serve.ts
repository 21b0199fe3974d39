import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../../alert/alert.ts';
import { renderAlert } from '../../notify/terminal.ts';
import { loadConfig } from '../../runtime/config.ts';
import { configSchema, type Config } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { storyEstate } from '../../runtime/story.ts';
import { serve, type RunningServer } from '../../runtime/serve.ts';
import { inTurns } from '../../runtime/turns.ts';
import { playStory } from './demo.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';

/** What may be said of the place and not in the configuration. */
export interface ListenFlags {
  listen?: string;
  port?: string;
  data?: string;
}

export interface ServeFlags extends ListenFlags {
  config?: string;
  demo?: boolean;
  quiet?: boolean;
}

export async function runServe(flags: ServeFlags): Promise<number> {
  return flags.demo
    ? runDemo(flags)
    : run(applyFlags(loadConfig(flags.config, systemSecrets()), flags), flags);
}

/** The story runs in a place of its own that is gone afterwards, and whatever the configuration says it tells nobody outside. */
async function runDemo(flags: ServeFlags): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 'tocsin-demo-'));
  try {
    const config = applyFlags(configSchema.parse({ estate: storyEstate }), { ...flags, data });
    return await run({ ...config, log: { level: 'warn' } }, flags);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function run(config: Config, flags: ServeFlags): Promise<number> {
  const terminal = terminalOf(process.stdout);
  // Who is told over the network waits for nobody who reads along here.
  const turn = inTurns();
  const server = await serve({
    config,
    logForTerminal: terminalOf(process.stderr).interactive,
    onAlert: flags.quiet
      ? undefined
      : (alert: Alert) =>
          void turn().then(() =>
            writeOut(`\n${renderAlert(alert, { colour: terminal.colour, width: terminal.width })}\n`),
          ),
  });
  const stopping = new AbortController();
  const stopped = untilSignal(server, stopping);
  const address = browsable(server.address);
  await writeOut(
    `\nTocsin watches with ${count(server.rules, 'rule')}: ${paint(terminal, ['bold', 'underline'], address)}\n` +
      (flags.demo
        ? 'A sample story is being told; its alerts appear here and on that page.\n'
        : `Send CloudTrail there: curl --data-binary @FILE ${address}/v1/events\n`),
  );
  if (flags.demo) {
    const sent = await playStory(address, stopping.signal).catch(async (error: unknown) => {
      if (stopping.signal.aborted) return undefined;
      await server.stop();
      throw error;
    });
    if (sent !== undefined && !stopping.signal.aborted)
      await writeOut(`\n${afterStory(sent, address, terminal)}`);
  }
  await stopped;
  return exitCode.ok;
}

function afterStory(sent: number, address: string, terminal: ReturnType<typeof terminalOf>): string {
  const next: readonly (readonly [string, string])[] = [
    [`${spokenCommand()} scan PATH`, 'files or folders of CloudTrail, as .json or .json.gz'],
    [`curl --data-binary @FILE ${address}/v1/events`, 'into the running server'],
    [`${spokenCommand()} serve --help`, 'without the story; docs/configuration.md has folders and S3'],
  ];
  const width = Math.max(...next.map(([command]) => command.length));
  return (
    `${paint(terminal, 'bold', 'That was the story')}: ${count(sent, 'record')}, most of them ordinary. ` +
    `The alerts stay at ${address} until you stop this (Ctrl-C).\n\nNow your own logs, in another terminal:\n` +
    next.map(([command, what]) => `  ${command.padEnd(width)}   ${what}\n`).join('')
  );
}

/** How a person types it: in a source checkout the command is a script of npm. */
function spokenCommand(): string {
  return process.argv[1]?.includes('node_modules') ? 'npx tocsin' : 'npm run tocsin --';
}

export function applyFlags(config: Config, flags: ListenFlags): Config {
  const listen =
    flags.listen ??
    (flags.port === undefined ? config.server.listen : config.server.listen.replace(/\d+$/, flags.port));
  if (!/^.+:\d{1,5}$/.test(listen))
    throw new CliFailure(`'${listen}' is not an address and a port; write something like 127.0.0.1:7117`);
  return {
    ...config,
    data: flags.data ?? config.data,
    server: { ...config.server, listen },
  };
}

/** An address that means "every interface" cannot be opened in a browser. */
function browsable(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Resolves when a signal has come and the server has stopped; a second Ctrl-C ends the process at once. */
export function untilSignal(server: Pick<RunningServer, 'stop'>, stopping: AbortController): Promise<void> {
  return new Promise((resolve, reject) => {
    let stoppingSince = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      if (stopping.signal.aborted) {
        // A signal to a whole process group can come more than once; a person's second Ctrl-C comes later.
        if (signal === 'SIGINT' && Date.now() - stoppingSince > 1_000) process.exit(exitCode.failure);
        return;
      }
      stoppingSince = Date.now();
      stopping.abort();
      server.stop().then(resolve, reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
