import { userInfo } from 'node:os';
import type { Status } from '../../alert/alert-life.ts';
import { findIncident, type Incident } from '../../alert/incident/incident.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import { loadConfig } from '../../runtime/config.ts';
import { gatheringOf } from '../../runtime/config-incidents.ts';
import { configSchema, type Config } from '../../runtime/config-schema.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { changeIncident } from '../../store/incident-life.ts';
import { storedIncidents } from '../../store/incidents.ts';
import type { Store } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { openStoreOf } from './store-of.ts';

export interface IncidentFlags {
  readonly config?: string;
  readonly store?: string;
  readonly json?: boolean;
  readonly minScore?: number;
  readonly limit?: number;
  readonly reason?: string;
  readonly by?: string;
}

function configOf(flags: IncidentFlags): Config {
  const isAlone = flags.store !== undefined && flags.config === undefined;
  return isAlone ? configSchema.parse({}) : loadConfig(flags.config, systemSecrets());
}

async function withIncidents<T>(
  flags: IncidentFlags,
  work: (incidents: readonly Incident[], store: Store) => T | Promise<T>,
): Promise<T> {
  const config = configOf(flags);
  const store = await openStoreOf(config, flags.store);
  try {
    return await work(await storedIncidents(store, gatheringOf(config.incidents)), store);
  } finally {
    await store.close();
  }
}

function readIncidents(flags: IncidentFlags): Promise<readonly Incident[]> {
  return withIncidents(flags, (incidents) => incidents);
}

export async function listIncidents(flags: IncidentFlags): Promise<number> {
  const found = (await readIncidents(flags)).filter(({ risk }) => risk.score >= (flags.minScore ?? 0));
  const shown = found.slice(0, flags.limit ?? 100);
  await writeOut(flags.json === true ? jsonText(shown) : table(shown, found.length - shown.length));
  return exitCode.ok;
}

function table(incidents: readonly Incident[], left: number): string {
  if (incidents.length === 0)
    return 'No incidents: no two alerts of the last seven days that are close in time have an actor, address or resource in common.\n';
  const rows = incidents.map(({ id, last, risk, severity, alerts, told }) => [
    utc(last),
    line(risk.explanation, 200),
    severity,
    String(alerts.length),
    String(alerts.filter(({ muted }) => muted === true).length || ''),
    line([...new Set(alerts.map(({ who }) => who))].slice(0, 3).join(', '), 100),
    told === undefined ? '' : told.severity,
    id,
  ]);
  const columns = [
    { head: 'last' },
    { head: 'risk', gives: true, wraps: true },
    { head: 'worst' },
    { head: 'alerts', right: true },
    { head: 'muted', right: true },
    { head: 'who', gives: true },
    { head: 'told as' },
    { head: 'incident' },
  ];
  const more = left > 0 ? `and ${left} more; --limit shows them\n` : '';
  return `${renderColumns(columns, rows, terminalOf(process.stdout))}\n${more}`;
}

/** @throws {CliFailure} where no incident, or more than one, goes by the id */
export async function showIncident(id: string, flags: IncidentFlags): Promise<number> {
  const incident = chosen(await readIncidents(flags), id);
  await writeOut(flags.json === true ? jsonText(incident) : pageOf(incident));
  return exitCode.ok;
}

/** @throws {CliFailure} where no incident, or more than one, goes by the id */
export function setIncidentStatus(id: string, status: Status, flags: IncidentFlags): Promise<number> {
  return withIncidents(flags, async (incidents, store) => {
    const incident = chosen(incidents, id);
    const result = await changeIncident(store, incident, {
      status,
      reason: flags.reason,
      by: flags.by ?? userInfo().username,
      via: 'cli',
      now: Date.now(),
    });
    if (flags.json === true) await writeOut(jsonText({ incident: incident.id, ...result }));
    else if (result.type === 'changed')
      await writeOut(
        `${incident.id}  ${status}: ${count(result.changed.length, 'alert')} changed, ${result.unchanged} in it ${result.unchanged === 1 ? 'was' : 'were'} so already or further\n`,
      );
    else
      await writeOut(
        `not done: ${result.type === 'refused' ? line(result.reason, 400) : 'it has changed meanwhile'}\n`,
      );
    return result.type === 'changed' ? exitCode.ok : exitCode.failure;
  });
}

function chosen(incidents: readonly Incident[], id: string): Incident {
  const exact = findIncident(incidents, id);
  if (exact !== undefined) return exact;
  const [found, other] = incidents.filter(
    ({ alerts, told }) =>
      id !== '' && (alerts.some((one) => one.id.startsWith(id)) || told?.alertId.startsWith(id) === true),
  );
  if (found === undefined)
    throw new CliFailure(
      `no incident of the last seven days goes by '${id}'; 'tocsin incidents list' shows those that there are`,
    );
  if (other !== undefined)
    throw new CliFailure(`more than one incident goes by '${id}'; give more of the id`);
  return found;
}

function pageOf({ id, risk, told, alerts, entities }: Incident): string {
  const terminal = terminalOf(process.stdout);
  const timeline = alerts.map((one) => [
    utc(one.time),
    one.severity,
    line(one.title, 200),
    line(one.who, 100),
    one.id,
  ]);
  const about = entities.map((one) => [
    String(one.risk.score),
    one.kind,
    line(one.key, 200),
    String(one.alerts),
    one.joins ? 'yes' : '',
  ]);
  return [
    `Incident ${id}`,
    `Risk ${line(risk.explanation, 400)}`,
    told === undefined ? 'Nobody was told of it.' : `Told as ${told.severity}, by alert ${told.alertId}.`,
    '',
    renderColumns(
      [
        { head: 'time' },
        { head: 'severity' },
        { head: 'alert', gives: true, wraps: true },
        { head: 'who', gives: true },
        { head: 'id' },
      ],
      timeline,
      terminal,
    ),
    '',
    renderColumns(
      [
        { head: 'score', right: true },
        { head: 'kind' },
        { head: 'what they have in common', gives: true, wraps: true },
        { head: 'alerts', right: true },
        { head: 'joins' },
      ],
      about,
      terminal,
    ),
    '',
  ].join('\n');
}
