import type { Alert } from '../../alert/alert.ts';
import { severities, type Severity } from '../../event/severity.ts';
import { visible } from '../../notify/safe-text.ts';
import type { Further } from '../../runtime/alert-limit.ts';
import type { ScanResult } from '../../runtime/scan.ts';
import { severityStyles } from './severity.ts';
import { count, formatBytes, formatDuration, paint, type Terminal } from '../terminal.ts';

/** What is kept of the alerts for the table at the end: bounded by the number of rules, not of alerts. */
export interface RuleSummary {
  readonly severity: Severity;
  readonly title: string;
  alerts: number;
  first: number;
  last: number;
  /** Alerts by who, up to a bound. */
  readonly actors: Map<string, number>;
}

export type Summary = Map<string, RuleSummary>;

const mostActors = 1000;

export function addToSummary(summary: Summary, alert: Alert): void {
  let entry = summary.get(alert.rule.id);
  if (entry === undefined) {
    entry = {
      severity: alert.severity,
      title: alert.rule.title,
      alerts: 0,
      first: alert.time,
      last: alert.time,
      actors: new Map(),
    };
    summary.set(alert.rule.id, entry);
  }
  entry.alerts++;
  entry.first = Math.min(entry.first, alert.time);
  entry.last = Math.max(entry.last, alert.time);
  const { name } = alert.who;
  if (entry.actors.has(name) || entry.actors.size < mostActors)
    entry.actors.set(name, (entry.actors.get(name) ?? 0) + 1);
}

/** Adds matches that were counted and not shown. */
export function addFurther(summary: Summary, further: Further): void {
  const { rule, severity, matches, first, last } = further;
  const entry = summary.get(rule.id);
  if (entry === undefined) {
    summary.set(rule.id, { severity, title: rule.title, alerts: matches, first, last, actors: new Map() });
    return;
  }
  entry.alerts += matches;
  entry.first = Math.min(entry.first, first);
  entry.last = Math.max(entry.last, last);
}

/** The table at the end of a scan: the worst first, then the most frequent. */
export async function renderSummary(summary: Summary, terminal: Terminal): Promise<string> {
  if (summary.size === 0) return '';
  const { default: Table } = await import('cli-table3');
  const rows = [...summary.values()].sort(
    (a, b) =>
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      b.alerts - a.alerts ||
      a.title.localeCompare(b.title),
  );
  // A narrow terminal keeps what happened and who, and leaves the time to the alerts above.
  const withTime = terminal.width >= 44 + fixedColumns + timeColumn;
  const room = Math.max(24, terminal.width - fixedColumns - (withTime ? timeColumn : 0));
  const actors = rows.map(who);
  const actorWidth = Math.min(Math.floor(room * 0.45), Math.max(...actors.map((actor) => actor.length)));
  const table = new Table({
    head: ['severity', 'alerts', 'rule', 'who', ...(withTime ? ['when (UTC)'] : [])].map((name) =>
      paint(terminal, 'dim', name),
    ),
    colAligns: ['left', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
    chars: borderless,
  });
  for (const [i, row] of rows.entries()) {
    table.push([
      paint(terminal, severityStyles[row.severity], row.severity),
      row.alerts.toLocaleString('en'),
      cut(row.title, room - actorWidth),
      cut(actors[i] ?? '', actorWidth),
      ...(withTime ? [period(row.first, row.last)] : []),
    ]);
  }
  return `${table.toString()}\n`;
}

/** What severity, count and the spaces of four columns take, and what the time and its spaces take. */
const fixedColumns = 13 + 6 + 11;
const timeColumn = 25 + 3;

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

function who(row: RuleSummary): string {
  const names = [...row.actors].sort((a, b) => b[1] - a[1]).map(([name]) => visible(name));
  const more = names.length - 2;
  return more > 0 ? `${names.slice(0, 2).join(', ')} and ${more} more` : names.join(', ');
}

function cut(text: string, width: number): string {
  const points = Array.from(text);
  return points.length > width ? `${points.slice(0, width - 1).join('')}…` : text;
}

/** `2026-11-20 10:00`, with the end where there is one: `2026-11-20 10:00 to 12:30`, `2026-11-20 to 2026-11-22`. */
function period(first: number, last: number): string {
  const [from, to] = [first, last].map((time) => new Date(time).toISOString());
  if (from === undefined || to === undefined) return '';
  const [day, minute] = [from.slice(0, 10), from.slice(11, 16)];
  if (to.slice(0, 10) !== day) return `${day} to ${to.slice(0, 10)}`;
  return to.slice(11, 16) === minute ? `${day} ${minute}` : `${day} ${minute} to ${to.slice(11, 16)}`;
}

/** The sums that show that nothing was lost. */
export function renderTotals(
  result: ScanResult,
  elapsedMs: number,
  terminal: Terminal,
  excepted = 0,
): string {
  const { tally } = result;
  // Beyond the limit of a rule's alerts, what it matches may be counted without being decoded.
  const why =
    result.further.length === 0 ? 'that no rule can match' : 'that no rule can match, or only counted';
  const passedOver = tally.passedOver === 0 ? '' : `${tally.passedOver.toLocaleString('en')} ${why} + `;
  const lines = [
    `${count(tally.records, 'record')} = ${count(tally.events, 'event')} + ${passedOver}${tally.rejected.toLocaleString('en')} rejected` +
      `   in ${count(result.filesRead, 'file')}, ${formatBytes(result.bytesRead)}, ${formatDuration(elapsedMs)}`,
  ];
  if (tally.outside > 0) lines.push(`${count(tally.outside, 'event')} outside the time range`);
  if (tally.deadLettered > 0)
    lines.push(`${count(tally.deadLettered, 'event')} on which the rules could not be run`);
  if (tally.skipped > 0)
    lines.push(`${count(tally.skipped, 'document')} without records skipped (digests and the like)`);
  if (result.repeated > 0)
    lines.push(`${count(result.repeated, 'alert')} found again in copies of records, shown once`);
  if (excepted > 0)
    lines.push(`${count(excepted, 'alert')} under an exception of the configuration (--exceptions show)`);
  for (const { rule, matches, first, last } of result.further)
    lines.push(
      `${count(matches, 'further match')} of '${visible(rule.title)}' counted and not shown, ${period(first, last)} (--alerts-per-rule)`,
    );
  if (result.forgotten > 0)
    lines.push(
      `${count(result.forgotten, 'alert')} not held against later ones, because only so many can be; copies of their records would be shown again`,
    );
  if (result.forgottenAssets > 0)
    lines.push(
      `${count(result.forgottenAssets, 'asset')} not heard of for longest forgotten, because only so many are remembered; what an event changed in them is not told`,
    );
  const { early, late, future, evictedEntries } = result.correlations;
  if (early > 0)
    lines.push(
      `${count(early, 'event')} judged by correlations before everything was read, because only so many can wait; ${late.toLocaleString('en')} came too late for them`,
    );
  if (future > 0) lines.push(`${count(future, 'event')} from the future left out of correlations`);
  if (evictedEntries > 0)
    lines.push(`${count(evictedEntries, 'event')} left out of correlations, because only so many are held`);
  if (result.stored !== undefined) {
    const joined =
      result.joined === 0 ? '' : `, and ${count(result.joined, 'finding')} joined to alerts there`;
    lines.push(`${count(result.stored, 'new alert')} kept in the store${joined}`);
  }
  return `${lines.map((line) => paint(terminal, 'dim', line)).join('\n')}\n`;
}
