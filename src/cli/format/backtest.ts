import { stringify } from 'yaml';
import { day, type Backtest, type RuleBacktest, type Share } from '../../alert/backtest.ts';
import { groupings, type Grouping } from '../../alert/grouping.ts';
import { rate, type Judgement, type RuleException } from '../../alert/judgement.ts';
import { line, visible } from '../../notify/safe-text.ts';
import { count, paint, type Terminal } from '../terminal.ts';
import { renderColumns } from './columns.ts';
import { renderHistogram } from './histogram.ts';
import { severityStyles } from './severity.ts';

/** What is said of one rule. */
export interface JudgedRule {
  readonly id: string;
  readonly title: string;
  readonly severity: RuleBacktest['severity'];
  readonly found: RuleBacktest | undefined;
  readonly judgement: Judgement;
  readonly falsePositives: readonly string[];
  /** One sentence about its tests. */
  readonly tests: string;
}

export interface BacktestText {
  readonly backtest: Backtest;
  /** How the range came about. */
  readonly range: string;
  readonly rules: readonly JudgedRule[];
  /** The one list that was asked for, in full; all of them, short, where none was. */
  readonly by: Grouping | undefined;
}

const heads: Readonly<Record<Grouping, string>> = {
  actor: 'who',
  account: 'account',
  region: 'region',
  address: 'from',
};
const shortList = 5;
const longList = 30;
/** Of a folder of rules, so many are judged in words; the table has them all. */
const mostJudged = 10;
const verdictStyles: Readonly<Record<Judgement['verdict'], Parameters<typeof paint>[1]>> = {
  silent: 'dim',
  fine: 'green',
  noisy: ['bold', 'yellow'],
};

export function renderBacktest({ backtest, range, rules, by }: BacktestText, terminal: Terminal): string {
  const { alerts, days, oneIn } = backtest;
  const fired = rules.filter(({ found }) => found !== undefined);
  const [only] = rules;
  const title = rules.length === 1 && only !== undefined ? only.title : count(rules.length, 'rule');
  const parts = [`${paint(terminal, 'bold', line(title, terminal.width))}\n${range}`];
  if (alerts > 0) {
    const unit = backtest.size === day ? 'day' : 'hour';
    const bars = backtest.buckets.map(({ time, alerts: value }) => ({ time, value }));
    parts.push(
      `${count(alerts, 'alert')}, ${rate((alerts / days) * 7)}\n\n${renderHistogram(bars, { ...backtest, unit }, terminal)}`,
    );
    if (fired.length > 1) parts.push(ruleTable(fired, days, terminal));
    parts.push(...topTables(backtest, by, terminal));
    if (oneIn > 1)
      parts.push(paint(terminal, 'dim', `who and where are estimates, from one alert in ${oneIn}`));
    const examples = rules.flatMap(({ found }) => found?.examples ?? []);
    if (examples.length > 0)
      parts.push(`${paint(terminal, 'bold', 'Examples')}\n${exampleLines(rules, terminal)}`);
  }
  const silent = rules.length - fired.length;
  const judged = (rules.length === 1 ? rules : fired).toSorted(byVerdict).slice(0, mostJudged);
  const notes = [
    ...(fired.length > judged.length
      ? [`${count(fired.length - judged.length, 'more rule')} in the table above`]
      : []),
    ...(rules.length > 1 && silent > 0 ? [`${count(silent, 'rule')} would have raised nothing`] : []),
  ];
  if (judged.length > 0)
    parts.push(
      `${paint(terminal, 'bold', 'Judgement')}\n${judged.map((rule) => judgementLines(rule, rules.length === 1, terminal)).join('\n')}`,
    );
  if (notes.length > 0) parts.push(notes.map((note) => paint(terminal, 'dim', note)).join('\n'));
  return `${parts.join('\n\n')}\n`;
}

function byVerdict(a: JudgedRule, b: JudgedRule): number {
  return (
    Number(b.judgement.verdict === 'noisy') - Number(a.judgement.verdict === 'noisy') ||
    (b.found?.alerts ?? 0) - (a.found?.alerts ?? 0)
  );
}

function ruleTable(rules: readonly JudgedRule[], days: number, terminal: Terminal): string {
  const columns = [
    { head: 'level' },
    { head: 'alerts', right: true },
    { head: 'a week', right: true },
    { head: 'rule', gives: true },
    { head: 'who most', gives: true },
    { head: 'first' },
    { head: 'last' },
  ];
  const rows = rules.flatMap(({ found, severity, title }) => {
    if (found === undefined) return [];
    const [actor] = found.tops.actor;
    return [
      [
        severity,
        found.alerts.toLocaleString('en'),
        ((found.alerts / days) * 7).toLocaleString('en', { maximumFractionDigits: 1 }),
        visible(title),
        actor === undefined ? '' : `${shareOf(actor, found.alerts)} ${visible(actor.key)}`,
        date(found.first),
        date(found.last),
      ],
    ];
  });
  return renderColumns(columns, rows, terminal, (cell, column) =>
    column === 0 ? paint(terminal, severityStyles[cell as keyof typeof severityStyles], cell) : cell,
  );
}

function topTables(
  { tops, alerts }: Backtest,
  by: Grouping | undefined,
  terminal: Terminal,
): readonly string[] {
  const wanted =
    by === undefined
      ? groupings.filter((grouping) => tops[grouping].length > 1 || grouping !== 'region')
      : [by];
  return wanted.map((grouping) => {
    const all = tops[grouping];
    const shown = all.slice(0, by === undefined ? shortList : longList);
    const table = renderColumns(
      [
        { head: 'alerts', right: true },
        { head: 'share', right: true },
        { head: heads[grouping], gives: true },
      ],
      shown.map((share) => [share.alerts.toLocaleString('en'), shareOf(share, alerts), visible(share.key)]),
      terminal,
    );
    return all.length > shown.length
      ? `${table}\n${paint(terminal, 'dim', `   and more; --by ${grouping} shows them`)}`
      : table;
  });
}

function exampleLines(rules: readonly JudgedRule[], terminal: Terminal): string {
  const several = rules.length > 1;
  return rules
    .flatMap(({ found }) => (found?.examples ?? []).slice(0, several ? 1 : undefined))
    .slice(0, several ? mostJudged : undefined)
    .map(
      ({ time, title, eventId, object }) =>
        `  ${utc(time)}  ${line(title, Math.max(40, terminal.width - 24))}\n${paint(terminal, 'dim', `    event ${line(eventId, 60)} in ${line(object, 200)}`)}`,
    )
    .join('\n');
}

function judgementLines(rule: JudgedRule, alone: boolean, terminal: Terminal): string {
  const { judgement, falsePositives, tests, title } = rule;
  const { verdict, sentences, exception } = judgement;
  const margin = '  ';
  const lines = [
    `${margin}${paint(terminal, verdictStyles[verdict], verdict)}${alone ? '' : `  ${line(title, terminal.width - 10)}`}`,
    ...sentences.flatMap((sentence) =>
      wrap(visible(sentence), terminal.width - 4).map((text) => `${margin}${margin}${text}`),
    ),
    ...(exception === undefined ? [] : exceptionLines(exception).map((text) => `${margin.repeat(4)}${text}`)),
    ...(verdict !== 'silent' && falsePositives.length > 0
      ? wrap(
          `The rule expects this of: ${falsePositives.map((one) => line(one, 200)).join('; ')}`,
          terminal.width - 4,
        ).map((text) => `${margin}${margin}${text}`)
      : []),
    ...(tests === '' ? [] : [`${margin}${margin}${tests}`]),
  ];
  return lines.join('\n');
}

/** What to add to the rule, where it can be written down: a name with what nobody sees in it is for a person to look at first. */
function exceptionLines({ field, modifier, value }: RuleException): readonly string[] {
  if (value !== visible(value)) return [];
  const key = modifier === 'equals' ? field : `${field}|${modifier}`;
  const known = stringify({ known: { [key]: value.replace(/[\\*?]/g, '\\$&') } }, { lineWidth: 0 }).trimEnd();
  return [...known.split('\n'), 'condition: ... and not known'];
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

function shareOf({ alerts }: Share, all: number): string {
  const percent = (alerts / all) * 100;
  return alerts < all ? `${Math.min(99, Math.round(percent))} %` : '100 %';
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function utc(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
