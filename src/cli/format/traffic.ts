import { severities, type Severity } from '../../event/severity.ts';
import { line } from '../../notify/safe-text.ts';
import type { AccessTally } from '../../runtime/access-files.ts';
import type { BoardView, ClientRow, Ranking, TextRow, UrlRow } from '../../web/board-view.ts';
import type { Offence } from '../../web/offence.ts';
import type { WouldBlock } from '../../web/would-block.ts';
import { count, formatBytes, formatDuration, paint, type Terminal } from '../terminal.ts';
import { renderColumns, type Column } from './columns.ts';
import { offendersOf, renderOffenders } from './offenders.ts';
import { sparkline } from './sparkline.ts';
import { renderWouldBlock } from './would-block.ts';

/** Everything that `tocsin traffic` found. */
export interface TrafficReport {
  readonly board: BoardView;
  readonly offences: readonly Offence[];
  /** The reputation lists that offenders are on, by client; who is on none is not here. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly wouldBlock: WouldBlock;
  readonly totals: AccessTally & {
    /** Requests that were not judged for offences, because they came too late or have no usable time. */
    readonly unjudged: number;
    /** Offences that were not held, because only so many can be. */
    readonly offencesNotHeld: number;
  };
}

/** How many points of the time line have room. */
export function pointsOf(terminal: Terminal): number {
  return Math.max(10, Math.min(100, terminal.width) - 40);
}

/** The board for a person, no wider than the terminal. Texts out of the logs are made visible and cut. */
export function renderTraffic(
  { board, offences, lists, wouldBlock }: TrafficReport,
  top: number,
  terminal: Terminal,
): string {
  if (board.requests === 0) return 'No requests.\n';
  const sections = [
    heading(board, terminal),
    renderOffenders(offendersOf(offences), lists, top, terminal),
    offences.length === 0 ? '' : renderWouldBlock(wouldBlock, top, terminal),
    ...clientTables(board, top, terminal),
    ...urlTables(board, top, terminal),
    ...textTables(board, top, terminal),
    footnote(board, terminal),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(board: BoardView, terminal: Terminal): string {
  const { series, requests, clients, sent, received, statuses } = board;
  const { points } = series;
  const [firstPoint] = points;
  const lines: string[] = [];
  const period =
    board.first === null || board.last === null
      ? ''
      : ` from ${minute(board.first)} to ${minute(board.last)} UTC`;
  lines.push(paint(terminal, 'bold', `${count(requests, 'request')}${period}`), '');
  const row = (name: string, value: string, values: readonly (number | null)[], most: string): void => {
    lines.push(`${name.padEnd(12)}${value.padStart(9)}  ${sparkline(values, terminal)}  ${most}`.trimEnd());
  };
  const each = formatStep(series.step);
  const peak = (values: readonly number[]): string => {
    const most = Math.max(0, ...values);
    return most === 0 ? '' : `<= ${short(most)}/${each}`;
  };
  const column = (name: 'requests' | 'clientErrors' | 'serverErrors') => points.map((point) => point[name]);
  row('requests', short(requests), column('requests'), peak(column('requests')));
  row('4xx', short(statuses['4xx']), column('clientErrors'), peak(column('clientErrors')));
  row('5xx', short(statuses['5xx']), column('serverErrors'), peak(column('serverErrors')));
  if (sent.mean !== null)
    row(
      'bytes each',
      formatBytes(sent.mean),
      points.map(({ meanSent }) => meanSent),
      '',
    );
  lines.push('');
  if (firstPoint !== undefined)
    lines.push(paint(terminal, 'dim', `one sign is ${each}, from ${minute(firstPoint.time)} on`));
  if (series.outside > 0)
    lines.push(
      paint(terminal, 'dim', `${count(series.outside, 'request')} at times far from these not drawn`),
    );
  lines.push(`clients     about ${clients.distinct.toLocaleString('en')} different`);
  const shares = Object.entries(statuses)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${name === 'none' ? 'no status' : name} ${percent(value, requests)}`);
  lines.push(`answers     ${shares.join(', ')}`);
  for (const [name, { count: known, total, mean, median, p99 }] of [
    ['served', sent],
    ['received', received],
  ] as const)
    if (known > 0 && mean !== null && median !== null && p99 !== null)
      lines.push(
        `${name.padEnd(11)} ${formatBytes(total)}: mean ${formatBytes(mean)}, median ${formatBytes(median)}, 99 of 100 at most ${formatBytes(p99)}`,
      );
  return lines.join('\n');
}

function clientTables(
  { clients, sent, received }: BoardView,
  top: number,
  terminal: Terminal,
): readonly string[] {
  const [saysSent, saysReceived] = [sent.count > 0, received.count > 0];
  const listed = [clients.byRequests, clients.byErrors, clients.byBytes].some((rows) =>
    rows.slice(0, top).some(({ lists }) => lists.length > 0),
  );
  const columns: readonly Column[] = [
    { head: 'client', gives: true },
    { head: 'requests', right: true },
    { head: '4xx', right: true },
    { head: '5xx', right: true },
    ...(saysSent ? [{ head: 'served', right: true }] : []),
    ...(saysReceived ? [{ head: 'received', right: true }] : []),
    ...(listed ? [{ head: 'on lists', gives: true }] : []),
  ];
  const cells = (row: ClientRow): readonly string[] => [
    row.client,
    about(row),
    number(row.clientErrors),
    number(row.serverErrors),
    ...(saysSent ? [formatBytes(row.sent)] : []),
    ...(saysReceived ? [formatBytes(row.received)] : []),
    ...(listed ? [safe(row.lists.join(', '))] : []),
  ];
  const table = (title: string, rows: readonly ClientRow[]) =>
    section(title, columns, rows.map(cells), top, terminal);
  return [
    table('Clients with the most requests', clients.byRequests),
    table('Clients with the most errors', clients.byErrors),
    table('Clients with the most bytes', clients.byBytes),
  ];
}

function urlTables({ urls, sent }: BoardView, top: number, terminal: Terminal): readonly string[] {
  const columns: readonly Column[] = [
    { head: 'URL', gives: true },
    { head: 'requests', right: true },
    { head: '3xx', right: true },
    { head: '4xx', right: true },
    { head: '5xx', right: true },
    ...(sent.count > 0 ? [{ head: 'bytes each', right: true }] : []),
  ];
  const cells = (row: UrlRow): readonly string[] => [
    safe(row.url),
    about(row),
    number(row.redirects),
    number(row.clientErrors),
    number(row.serverErrors),
    ...(sent.count > 0 ? [formatBytes(row.sent / Math.max(1, row.requests - row.error))] : []),
  ];
  const table = (title: string, rows: readonly UrlRow[]) =>
    section(title, columns, rows.map(cells), top, terminal);
  const ranking = (words: string, { most, least }: Ranking): readonly string[] => {
    // Where the list of the most holds them all, the other would only turn it round.
    const isWhole = most.length < top || least.every(({ url }) => most.some((row) => row.url === url));
    return [
      table(`URLs with the most ${words}`, most),
      isWhole ? '' : table(`URLs with the fewest ${words}`, least),
    ];
  };
  const { limit, window } = urls.overRate;
  return [
    table('URLs with the most requests', urls.byRequests),
    ...ranking('3xx', urls.redirects),
    ...ranking('4xx', urls.clientErrors),
    ...ranking('5xx', urls.serverErrors),
    section(
      `URLs that one client asked for more than ${limit} times in ${formatStep(window)}`,
      [
        { head: 'URL', gives: true },
        { head: 'requests', right: true },
        { head: 'times over', right: true },
        { head: 'most at once', right: true },
      ],
      urls.overRate.top.map((row) => [
        safe(row.url),
        about(row),
        number(row.overRate),
        number(row.mostOfOneClient),
      ]),
      top,
      terminal,
    ),
  ];
}

function textTables(board: BoardView, top: number, terminal: Terminal): readonly string[] {
  const table = (title: string, head: string, rows: readonly TextRow[], none: string) =>
    section(
      title,
      [
        { head, gives: true },
        { head: 'requests', right: true },
        { head: '4xx', right: true },
        { head: '5xx', right: true },
      ],
      rows.map((row) => [
        row.text === '' ? none : safe(row.text),
        about(row),
        number(row.clientErrors),
        number(row.serverErrors),
      ]),
      top,
      terminal,
    );
  const odd = board.methods.filter(({ ordinary }) => !ordinary);
  const outside = board.outsideApp;
  return [
    table('Methods out of the ordinary', 'method', odd, '(none)'),
    table('User agents', 'agent', board.agents, '(none sent)'),
    outside === null
      ? ''
      : table(
          `User agents outside the app (${count(outside.requests, 'request')})`,
          'agent',
          outside.agents,
          '(none sent)',
        ),
    table('Hosts', 'host', board.hosts, '(none)'),
    table('Countries', 'country', board.countries, '(none)'),
  ];
}

function footnote({ errors }: BoardView, terminal: Terminal): string {
  const inexact = Object.entries(errors).filter(([, most]) => most > 0);
  if (inexact.length === 0) return '';
  const words = inexact.map(([name, most]) => `${name} ${number(most)}`).join(', ');
  return paint(
    terminal,
    'dim',
    `~ more different ones came than are held: such a count is too high, and what is not listed has, by at most: ${words}`,
  );
}

/** The sums that show that nothing was lost. */
export function renderTrafficTotals(
  { totals }: TrafficReport,
  elapsedMs: number,
  terminal: Terminal,
): string {
  const lines = [
    `${count(totals.records, 'record')} = ${count(totals.requests, 'request')} + ${number(totals.rejected)} rejected` +
      `   in ${count(totals.files, 'file')}, ${formatBytes(totals.bytesRead)}, ${formatDuration(elapsedMs)}`,
  ];
  if (totals.outside > 0)
    lines.push(`${count(totals.outside, 'request')} outside the time range or of other sites`);
  if (totals.unjudged > 0)
    lines.push(
      `${count(totals.unjudged, 'request')} not judged for offences, because they came too late or with no usable time`,
    );
  if (totals.offencesNotHeld > 0)
    lines.push(`${count(totals.offencesNotHeld, 'offence')} not shown, because only so many are held`);
  return `${lines.map((one) => paint(terminal, 'dim', one)).join('\n')}\n`;
}

function section(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  top: number,
  terminal: Terminal,
): string {
  if (rows.length === 0) return '';
  return `${paint(terminal, 'bold', title)}\n${renderColumns(columns, rows.slice(0, top), terminal)}`;
}

/** More is cut by the table. */
const longestText = 200;
const safe = (text: string): string => line(text, longestText);
const number = (value: number): string => Math.round(value).toLocaleString('en');
const about = ({ requests, error }: { readonly requests: number; readonly error: number }): string =>
  `${error > 0 ? '~' : ''}${number(requests)}`;

function short(value: number): string {
  if (value < 100_000) return number(value);
  return value < 10_000_000
    ? `${Math.round(value / 1_000).toLocaleString('en')}k`
    : `${Math.round(value / 1_000_000).toLocaleString('en')}M`;
}

function percent(part: number, whole: number): string {
  const share = (part / whole) * 100;
  return share > 0 && share < 0.1 ? '<0.1 %' : `${share.toFixed(1)} %`;
}

function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

function formatStep(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  for (const [size, name] of units) if (ms >= size && ms % size === 0) return `${ms / size} ${name}`;
  return `${ms} ms`;
}

/** Whether something is at least as bad as this. */
export function hasOffence(offences: readonly Offence[], least: Severity): boolean {
  return offences.some(({ severity }) => severities.indexOf(severity) >= severities.indexOf(least));
}
