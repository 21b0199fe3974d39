import { lifecycleOf } from '../../alert/lifecycle.ts';
import type { Status } from '../../alert/alert-life.ts';
import type { Alert, ExceptionNote } from '../../alert/alert.ts';
import type { Severity } from '../../event/severity.ts';
import { line, lines } from '../../notify/safe-text.ts';
import { originWords, titleOf, utc } from '../../notify/words.ts';
import type { StoredHistoryLine } from '../../store/life-store.ts';
import type { Exceptions, Store } from '../../store/store.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { severityStyles } from '../format/severity.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';
import { parseTime } from '../time.ts';
import { withStore } from './assets.ts';

export interface AlertFlags {
  readonly config?: string;
  readonly store?: string;
  readonly json?: boolean;
  readonly limit?: number;
  readonly reason?: string;
  readonly by?: string;
  readonly revision?: number;
  readonly for?: string;
  readonly until?: string;
  readonly wake?: boolean;
}

export interface AlertListFlags extends AlertFlags {
  readonly status?: readonly Status[];
  readonly severity?: Severity;
  readonly assignee?: string;
  readonly text?: string;
  readonly rule?: string;
  readonly account?: string;
  readonly incident?: string;
  readonly muted?: 'incident' | 'hour';
  readonly exceptions?: Exceptions;
  readonly since?: string;
  readonly ids?: boolean;
}

export function listAlerts(flags: AlertListFlags): Promise<number> {
  const now = Date.now();
  const query = {
    ...flags,
    ruleId: flags.rule,
    about: { incident: flags.incident, muted: flags.muted },
    since: flags.since === undefined ? undefined : parseTime(flags.since, '--since', now),
    until: flags.until === undefined ? undefined : parseTime(flags.until, '--until', now),
  };
  return withStore(flags, async (store) => {
    const most = flags.limit ?? 50;
    const found: Alert[] = [];
    let after: string | undefined;
    do {
      const limit = Math.min(500, most - found.length + 1);
      const page = await store.alerts({ ...query, after, limit });
      found.push(...page.alerts);
      after = page.next;
    } while (after !== undefined && found.length <= most);
    const shown = found.slice(0, most);
    const more = found.length > most;
    if (flags.ids === true) await writeOut(shown.map(({ id }) => `${id}\n`).join(''));
    else if (flags.json === true) await writeOut(jsonText({ alerts: shown.map(summary), more }));
    else await writeOut(table(shown, more));
    return exitCode.ok;
  });
}

/** The alert without its raw event, which `show --json` has. */
function summary(alert: Alert): unknown {
  return { ...alert, evidence: { ...alert.evidence, fields: undefined } };
}

function table(alerts: readonly Alert[], more: boolean): string {
  if (alerts.length === 0) return 'No alert fits.\n';
  const terminal = terminalOf(process.stdout);
  const rows = alerts.map((alert) => {
    const { status, assignee = '' } = lifecycleOf(alert);
    return [
      utc(alert.time),
      alert.severity,
      status,
      line(assignee, 40),
      String(alert.occurrences?.count ?? 1),
      line(titleOf(alert), 200),
      alert.id,
    ];
  });
  const columns = [
    { head: 'WHEN' },
    { head: 'SEVERITY' },
    { head: 'STATUS' },
    { head: 'ASSIGNEE', gives: true },
    { head: 'FINDINGS', right: true },
    { head: 'ALERT', gives: true },
    { head: 'ID' },
  ];
  const severity = (cell: string, column: number): string => {
    const of = alerts.find((alert) => alert.severity === cell)?.severity;
    return column === 1 && of !== undefined ? paint(terminal, severityStyles[of], cell) : cell;
  };
  return `${renderColumns(columns, rows, terminal, severity)}\n${more ? 'There are more; --limit and the filters choose.\n' : ''}`;
}

/** @throws {CliFailure} where there is none */
async function alertOf(store: Store, id: string): Promise<Alert> {
  const alert = await store.alert(id);
  if (alert === undefined) throw new CliFailure(`${line(id, 60)}: ${noSuchAlert}`);
  return alert;
}

export const noSuchAlert = "the store holds no such alert; 'tocsin alerts list' shows those that there are";

export function showAlert(id: string, flags: AlertFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const alert = await alertOf(store, id);
    const deliveries = await store.deliveries(alert.id);
    const history = await store.life.history({ alertId: alert.id, limit: 20 });
    await writeOut(
      flags.json === true
        ? jsonText({ alert, deliveries, history: history.lines })
        : shown(alert, history.lines, history.next !== undefined),
    );
    return exitCode.ok;
  });
}

function shown(alert: Alert, history: readonly StoredHistoryLine[], more: boolean): string {
  const { status, revision, assignee, snoozedUntil, reason } = lifecycleOf(alert);
  const { occurrences } = alert;
  const entries: readonly (readonly [string, string | undefined])[] = [
    ['id', alert.id],
    ['severity', [alert.severity, ...(alert.severityChanges ?? [])].join('; ')],
    ['status', `${status}${reason === undefined ? '' : `: ${reason}`} (revision ${revision})`],
    ['assignee', assignee],
    ['snoozed until', snoozedUntil === undefined ? undefined : utc(snoozedUntil)],
    ['exception', alert.exception && exceptionWords(alert.exception)],
    ['rule', `${alert.rule.title} (${alert.rule.id})`],
    [
      'when',
      occurrences === undefined
        ? utc(alert.time)
        : `${count(occurrences.count, 'finding')} from ${utc(occurrences.firstSeen)} to ${utc(occurrences.lastSeen)}`,
    ],
    ['who', alert.who.name],
    ['from', originWords(alert.where.origin, alert.where.place)],
    ['what', `${alert.what.action}, ${alert.what.service}`],
    ['account', alert.where.account],
    ['region', alert.where.region],
  ];
  return [
    line(titleOf(alert), 500),
    ...entries.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [`  ${name.padEnd(14)}${line(value, 1_000)}`],
    ),
    ...(occurrences === undefined
      ? []
      : [
          '',
          'Findings, the first and the latest:',
          ...occurrences.samples.map(
            ({ time, severity, result, who, origin, title }) =>
              `  ${utc(time)}  ${severity}  ${result}  ${line(`${who} from ${originWords(origin)}: ${title}`, 300)}`,
          ),
        ]),
    ...(history.length === 0 ? [] : ['', 'History, the newest first:', ...history.flatMap(historyText)]),
    ...(more ? [`  'tocsin alerts history ${alert.id}' has the rest`] : []),
    '',
  ].join('\n');
}

function exceptionWords({ name, reason, owner, until }: ExceptionNote): string {
  return `${name}: ${reason}; ${owner} answers for it, until ${utc(until)}`;
}

function historyText({ time, action, by, via, detail }: StoredHistoryLine): readonly string[] {
  const [first = '', ...rest] = lines(detail, { lines: 20, length: 1_000 });
  return [
    `  ${utc(time)}  ${action}  ${line(by, 100)} (${line(via, 20)})  ${first}`,
    ...rest.map((one) => `      ${one}`),
  ];
}

export function alertHistory(id: string | undefined, flags: AlertFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const most = flags.limit ?? 100;
    const alertId = id === undefined ? undefined : await knownId(store, id);
    const found: StoredHistoryLine[] = [];
    let after: string | undefined;
    do {
      const limit = Math.min(500, Math.max(1, most - found.length));
      const page = await store.life.history({ alertId, after, limit });
      found.push(...page.lines);
      after = page.next;
    } while (after !== undefined && found.length < most);
    const kept = found.slice(0, most);
    if (flags.json === true) await writeOut(jsonText({ lines: kept, more: after !== undefined }));
    else if (kept.length === 0) await writeOut('Nothing was done.\n');
    else {
      const rows = kept.map(({ time, alertId: of, action, by, via, detail }) => [
        utc(time),
        ...(id === undefined ? [of] : []),
        action,
        `${line(by, 60)} (${line(via, 20)})`,
        line(detail, 4_000),
      ]);
      const columns = [
        { head: 'WHEN' },
        ...(id === undefined ? [{ head: 'ALERT' }] : []),
        { head: 'WHAT' },
        { head: 'BY' },
        { head: 'MORE', gives: true, wraps: true },
      ];
      const more = after === undefined ? '' : 'There are more; --limit shows them.\n';
      await writeOut(`${renderColumns(columns, rows, terminalOf(process.stdout))}\n${more}`);
    }
    return exitCode.ok;
  });
}

/** The history outlives its alert, so that an id which finds none is asked for as it is. */
async function knownId(store: Store, id: string): Promise<string> {
  const alert = await store.alert(id);
  if (alert !== undefined) return alert.id;
  const { lines: some } = await store.life.history({ alertId: id, limit: 1 });
  if (some.length === 0) throw new CliFailure(`${line(id, 60)}: ${noSuchAlert}`);
  return id;
}
