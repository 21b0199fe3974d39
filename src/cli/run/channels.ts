import { randomUUID } from 'node:crypto';
import type { Alert } from '../../alert/alert.ts';
import { scheduleWords } from '../../alert/schedule.ts';
import { line, lines } from '../../notify/safe-text.ts';
import { sampleAlert } from '../../notify/sample.ts';
import { overKeptConnections } from '../../notify/kept-connections.ts';
import { answerMeaning, tryChannel, type ShownExchange, type Trial } from '../../notify/trial.ts';
import { rateOf } from '../../runtime/channel-states.ts';
import { loadConfig, secretsIn } from '../../runtime/config.ts';
import type { Config } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { formatBytes, paint, terminalOf, writeOut, type Terminal } from '../terminal.ts';
import { alertsOf } from './routes.ts';

const timeoutMs = 15_000;

export interface ChannelFlags {
  readonly config?: string;
  readonly store?: string;
  readonly alert?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const none = 'no channels are configured; add one under `channels:` in tocsin.yaml (docs/configuration.md)';

export async function listChannels(flags: ChannelFlags): Promise<number> {
  const { channels } = loadConfig(flags.config, systemSecrets());
  const rows = Object.entries(channels).map(([name, settings]) => ({
    name,
    type: settings.type,
    minSeverity: settings.minSeverity,
    messagesPerMinute: rateOf(settings),
    digest: settings.digest === undefined ? undefined : scheduleWords(settings.digest),
  }));
  if (flags.json === true) await writeOut(jsonText(rows));
  else if (rows.length === 0) await writeOut(`${none}\n`);
  else {
    const columns = [
      { head: 'channel' },
      { head: 'type' },
      { head: 'from' },
      { head: 'messages a minute', right: true },
      { head: 'digest', gives: true },
    ];
    const cells = rows.map(({ name, type, minSeverity, messagesPerMinute, digest }) => [
      name,
      type,
      minSeverity,
      messagesPerMinute === undefined ? '' : String(messagesPerMinute),
      digest ?? '',
    ]);
    await writeOut(`${renderColumns(columns, cells, terminalOf(process.stdout))}\n`);
  }
  return exitCode.ok;
}

export async function testChannels(names: readonly string[], flags: ChannelFlags): Promise<number> {
  const config = loadConfig(flags.config, systemSecrets());
  const known = Object.keys(config.channels);
  if (known.length === 0) throw new CliFailure(none);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new CliFailure(`there is no channel ${unknown.join(', ')}; configured are ${known.join(', ')}`);
  const alert = flags.alert === undefined ? undefined : await alertTo(flags.alert, config, flags.store);
  const terminal = terminalOf(process.stdout);
  const dryRun = flags.dryRun ?? false;
  let allTaken = true;
  for (const name of names.length > 0 ? names : known) {
    const settings = config.channels[name];
    if (settings === undefined) continue;
    const now = Date.now();
    const link = linkOf(alert, config.server.publicUrl);
    const trial = await tryChannel(
      settings,
      alert ?? sampleAlert(now),
      { idempotencyKey: `test-${randomUUID()}`, link, now },
      {
        fetch: overKeptConnections,
        timeoutMs,
        now: Date.now,
        dryRun,
        secrets: secretsIn({ channels: { [name]: settings } }),
      },
    );
    allTaken &&= trial.answer === undefined || trial.answer.type === 'accepted';
    const isWhole = dryRun || flags.verbose === true;
    await writeOut(`${name} (${settings.type}): ${verdict(trial, terminal)}\n${details(trial, isWhole)}`);
  }
  return allTaken ? exitCode.ok : exitCode.findings;
}

async function alertTo(what: string, config: Config, store: string | undefined): Promise<Alert> {
  const [alert] = await alertsOf(what, config, store);
  if (alert === undefined) throw new CliFailure(`${what}: holds no alert`);
  return alert;
}

/** To the page of a stored alert; a sample has none. */
function linkOf(alert: Alert | undefined, publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined || alert === undefined) return publicUrl;
  return `${publicUrl.replace(/\/+$/, '')}/alerts/${alert.id}`;
}

function verdict({ answer }: Trial, terminal: Terminal): string {
  if (answer === undefined) return 'nothing was sent';
  return answer.type === 'accepted'
    ? paint(terminal, 'green', 'accepted')
    : `${paint(terminal, 'red', 'not taken')}: ${answer.reason}`;
}

function details({ answer, exchanges, message }: Trial, isWhole: boolean): string {
  return [
    ...exchanges.flatMap((exchange) => exchangeLines(exchange, isWhole)),
    ...(message === undefined || !isWhole ? [] : indented(jsonText(message).trimEnd())),
    ...(answer === undefined ? [] : [`  ${answerMeaning(answer)}`]),
  ]
    .map((one) => `${one}\n`)
    .join('');
}

function exchangeLines(exchange: ShownExchange, isWhole: boolean): readonly string[] {
  const { method, url, headers, body, answer } = exchange;
  return [
    `  ${method} ${line(url, 300)} (${formatBytes(Buffer.byteLength(body))})`,
    ...(isWhole
      ? [
          ...Object.entries(headers).map(([name, value]) => `    ${name}: ${line(value, 300)}`),
          ...indented(pretty(body)),
        ]
      : []),
    ...(answer === undefined ? [] : [`  answer: HTTP ${answer.status}`]),
    ...(answer === undefined
      ? []
      : lines(answer.body, { lines: isWhole ? 60 : 3, length: 300 }).map((one) => `    ${one}`)),
  ];
}

/** JSON with line breaks, and everything else as it is. */
function pretty(body: string): string {
  try {
    return jsonText(JSON.parse(body)).trimEnd();
  } catch {
    return lines(body, { lines: 200, length: 1_000 }).join('\n');
  }
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((one) => `    ${one}`);
}
