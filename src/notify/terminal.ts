import { styleText } from 'node:util';
import type { Alert } from '../alert/alert.ts';
import type { DiffLine } from '../facts/assets/diff.ts';
import type { Severity } from '../event/severity.ts';
import { line, lines } from './safe-text.ts';
import {
  actorDetail,
  attackWords,
  callWords,
  eventWords,
  evidencePlace,
  exceptionWords,
  groupWords,
  lookupWords,
  incidentWords,
  originWords,
  periodWords,
  personWords,
  placeWords,
  severityLook,
  shownEvents,
  titleOf,
  warningWords,
  utc,
} from './words.ts';

export interface TerminalOptions {
  /** Whether to colour with ANSI codes; the caller knows the stream and NO_COLOR. */
  readonly colour: boolean;
  /** Columns of the terminal. Lines are broken before them, but never into less than 40. */
  readonly width: number;
  /** Everything that the alert knows, the raw event included. */
  readonly verbose?: boolean | undefined;
}

type Style = Parameters<typeof styleText>[0];

const severityStyle: Readonly<Record<Severity, Style>> = {
  informational: 'gray',
  low: 'blue',
  medium: 'yellow',
  high: ['bold', 'red'],
  critical: ['bold', 'white', 'bgRed'],
};

const labelWidth = 8;
/** Units of one text in the long form, and in the short one. */
const longest = 600;
const shortest = 240;

/**
 * An alert as a few lines for a terminal, without a line break at the end. The only control characters in it are line
 * breaks and, when asked for, colour codes; whatever a log holds of them is shown as text such as `\x1b`.
 */
export function renderAlert(alert: Alert, options: TerminalOptions): string {
  const width = Math.max(40, Math.floor(options.width) || 40);
  const paint = (style: Style, text: string) =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const word = severityLook[alert.severity].word;
  const title = wrap(line(titleOf(alert), longest), width - labelWidth - 2);
  const margin = ' '.repeat(labelWidth + 2);
  const head = title.map((part, index) =>
    index === 0
      ? `${paint(severityStyle[alert.severity], word.padEnd(labelWidth))}  ${paint('bold', part)}`
      : margin + paint('bold', part),
  );
  const body = rows(alert, options.verbose ?? false).flatMap(({ label, text, indent = 0, style }) => {
    const moved = margin + ' '.repeat(indent);
    const first = label === '' ? moved : `${paint('dim', label.padStart(labelWidth))}  ${' '.repeat(indent)}`;
    return wrap(text, width - moved.length).map(
      (part, index) => (index === 0 ? first : moved) + (style === undefined ? part : paint(style, part)),
    );
  });
  return [...head, ...body].join('\n');
}

interface Row {
  readonly label: string;
  /** Already harmless. */
  readonly text: string;
  /** Columns to move in. */
  readonly indent?: number | undefined;
  readonly style?: Style | undefined;
}

function rows(alert: Alert, verbose: boolean): readonly Row[] {
  const { who, what, where, evidence } = alert;
  const row = (label: string, text: string): readonly Row[] =>
    text === '' ? [] : [{ label, text: line(text, verbose ? longest : shortest) }];
  const chain = who.chain.length === 0 ? '' : `, behind it ${who.chain.slice(0, 5).join(' → ')}`;
  const key = who.accessKeyId === undefined ? '' : `, key ${who.accessKeyId}`;
  const person = who.person === undefined ? '' : `${personWords(who.person)} as `;
  const names = what.targets.map(({ name }) => name);
  const few = names.slice(0, verbose ? 50 : 3);
  const more = names.length > few.length ? ` and ${names.length - few.length} more` : '';
  return [
    ...(isOwn(alert)
      ? [...row('who', who.name), ...row('when', utc(alert.time)), ...row('where', accountWords(where))]
      : [
          // The person first: whoever chose the name of a session may have chosen a long one.
          ...row('who', `${person}${who.name} (${actorDetail(who)}${key})${chain}`),
          ...row('from', `${originWords(where.origin, where.place)}, ${utc(alert.time)}`),
          ...row('where', placeWords(where)),
          ...row('call', callWords(what)),
        ]),
    ...row('on', few.length === 0 ? '' : few.join(', ') + more),
    ...correlationRows(alert, verbose),
    ...warningRows(alert, verbose),
    ...lookupRows(alert, verbose),
    ...factRows(alert, verbose),
    ...responseRows(alert, verbose),
    ...row('incident', incidentWords(alert) ?? ''),
    ...policyRows(alert, verbose ? longest : shortest),
    ...(verbose ? detailRows(alert) : []),
    ...(isOwn(alert)
      ? []
      : row(
          alert.correlation === undefined ? 'event' : 'last',
          `${evidence.eventId} in ${evidencePlace(evidence)}`,
        )),
    ...(verbose && alert.correlation === undefined ? rawRows(alert) : []),
  ];
}

/** Whether it tells of Tocsin itself, or of other alerts: there was no call, nobody called, and no record is behind it. */
function isOwn({ rule, what }: Alert): boolean {
  return what.kind === 'tocsin.health' || rule.id === 'incident';
}

function accountWords({ account, accountName }: Alert['where']): string {
  if (account === undefined) return '';
  return accountName === undefined ? `account ${account}` : `account ${account} (${accountName})`;
}

/** What several events have in common, and the newest of them. */
function correlationRows({ correlation }: Alert, verbose: boolean): readonly Row[] {
  if (correlation === undefined) return [];
  const length = verbose ? longest : shortest;
  const { before, events } = shownEvents(correlation, verbose ? 100 : 3);
  const group = groupWords(correlation);
  return [
    ...labelFirst('found', [
      line(correlation.summary, length),
      line(periodWords(correlation), length),
      ...(group === '' ? [] : [line(`where ${group}`, length)]),
    ]),
    ...labelFirst('events', [
      ...(before > 0 ? [`${before} before these`] : []),
      ...events.map((event) => line(eventWords(event), length)),
    ]),
  ];
}

/** One line of most terminals. */
const longestLookup = 90;
const mostLookups = 3;

/** What feeds of indicators warn of. */
function warningRows({ context }: Alert, verbose: boolean): readonly Row[] {
  return labelFirst(
    'warning',
    (context?.warnings ?? [])
      .slice(0, verbose ? 10 : 2)
      .map((warning) => line(warningWords(warning), verbose ? longest : longestLookup)),
  );
}

/** What others said of what it names. */
function lookupRows({ context }: Alert, verbose: boolean): readonly Row[] {
  const most = verbose ? 24 : mostLookups;
  return labelFirst(
    'lookup',
    (context?.lookups ?? [])
      .slice(0, most)
      .map((lookup) => line(lookupWords(lookup), verbose ? longest : longestLookup)),
  );
}

function factRows({ facts, context }: Alert, verbose: boolean): readonly Row[] {
  const most = verbose
    ? { facts: 50, unknowns: 10, lines: 100, length: longest }
    : { facts: 4, unknowns: 2, lines: 7, length: shortest };
  // Of all facts together: what is below must not be pushed off the screen.
  let left = most.lines - (verbose ? 0 : Math.min(context?.lookups?.length ?? 0, mostLookups));
  return facts.slice(0, most.facts).flatMap(({ explanation, unknowns, diff = [] }, index) => {
    const shown = diffRows(diff, { lines: left, length: most.length });
    left = Math.max(0, left - diff.length);
    return [
      ...labelFirst(index === 0 ? 'means' : '', [
        line(explanation, most.length),
        ...unknowns.slice(0, most.unknowns).map((unknown) => `Unknown: ${line(unknown, most.length)}`),
      ]),
      ...shown,
    ];
  });
}

const longestDiffLine = 160;

const diffStyle: Readonly<Record<DiffLine['sign'], Style | undefined>> = {
  '+': 'green',
  '-': 'red',
  ' ': undefined,
};

function diffRows(
  diff: readonly DiffLine[],
  most: { readonly lines: number; readonly length: number },
): readonly Row[] {
  const rows = diff.slice(0, most.lines).map(({ sign, text }): Row => ({
    label: '',
    text: `${sign === ' ' ? '' : `${sign} `}${line(text, Math.min(most.length, longestDiffLine))}`,
    indent: sign === ' ' ? 4 : 2,
    style: diffStyle[sign],
  }));
  const more = diff.length - rows.length;
  return more > 0 ? [...rows, { label: '', text: `and ${more} more lines`, indent: 4 }] : rows;
}

/** What the configuration made of the alert. */
function policyRows({ severityChanges = [], exception }: Alert, length: number): readonly Row[] {
  return labelFirst('policy', [
    ...severityChanges.slice(0, 5).map((text) => line(`severity ${text}`, length)),
    ...(exception === undefined ? [] : [line(exceptionWords(exception), length)]),
  ]);
}

function responseRows({ response }: Alert, verbose: boolean): readonly Row[] {
  return labelFirst(
    'first',
    lines(response, verbose ? { lines: 50, length: longest } : { lines: 3, length: shortest }),
  );
}

function detailRows(alert: Alert): readonly Row[] {
  const { who, where } = alert;
  const one = (label: string, text: string | undefined) =>
    labelFirst(label, text === undefined ? [] : [line(text, longest)]);
  return [
    ...labelFirst('why', lines(alert.description, { lines: 20, length: longest })),
    ...one('arn', who.arn),
    ...one('agent', where.userAgent),
    ...one('rule', `${alert.rule.title} (${alert.rule.id})`),
    ...one('tactics', alert.tactics.map(({ name }) => name).join(', ')),
    ...one('mitre', attackWords(alert)),
    ...labelFirst(
      'maybe',
      alert.falsePositives.map((text) => line(text, longest)),
    ),
    ...labelFirst(
      'see',
      alert.references.map((text) => line(text, longest)),
    ),
    ...one('alert', alert.id),
  ];
}

const rawLines = 2000;

function rawRows({ evidence }: Alert): readonly Row[] {
  const all = JSON.stringify(evidence.fields, undefined, 2).split('\n');
  const shown = all.length > rawLines ? [...all.slice(0, rawLines), '…'] : all;
  return shown.map((text, index) => ({
    label: index === 0 ? 'raw' : '',
    text: line(text, longest),
    indent: Math.min(text.search(/\S/), 20),
  }));
}

function labelFirst(label: string, texts: readonly string[]): readonly Row[] {
  return texts
    .filter((text) => text !== '')
    .map((text, index) => ({ label: index === 0 ? label : '', text }));
}

/** Scripts and pictures that take two columns; near enough for breaking lines. https://www.unicode.org/reports/tr11/ */
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const mark = /[\p{Mn}\p{Me}]/u;

function columns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let sum = 0;
  for (const character of text) sum += mark.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return sum;
}

/** Breaks at spaces, and inside a word only where it is longer than a whole line. */
function wrap(text: string, width: number): readonly string[] {
  const broken: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const joined = current === '' ? word : `${current} ${word}`;
    if (columns(joined) <= width) {
      current = joined;
      continue;
    }
    if (current !== '') broken.push(current);
    const pieces = splitWord(word, width);
    broken.push(...pieces.slice(0, -1));
    current = pieces.at(-1) ?? '';
  }
  return [...broken, current];
}

function splitWord(word: string, width: number): readonly string[] {
  if (columns(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const character of word) {
    const size = columns(character);
    if (used + size > width) {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += character;
    used += size;
  }
  return [...pieces, piece];
}
