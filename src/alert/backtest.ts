import type { Severity } from '../event/severity.ts';
import type { Alert } from './alert.ts';
import { groupKeys, groupings, type Grouping } from './grouping.ts';

/** A part of the alerts that have something in common. */
export interface Share {
  readonly key: string;
  readonly alerts: number;
}

export type Tops = Readonly<Record<Grouping, readonly Share[]>>;

export interface Example {
  readonly time: number;
  readonly title: string;
  readonly actor: string;
  readonly eventId: string;
  /** The file that the record lies in. */
  readonly object: string;
}

/** What one rule would have raised. */
export interface RuleBacktest {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly alerts: number;
  readonly first: number;
  readonly last: number;
  /** The most alerts in one day (or hour, as `Backtest.size` says) and when it began. */
  readonly peak: { readonly time: number; readonly alerts: number };
  readonly tops: Tops;
  /** The newest of each of its most frequent actors. */
  readonly examples: readonly Example[];
}

/** What the rules would have raised in a range of time. */
export interface Backtest {
  /** The range that counts: first millisecond, and the last. */
  readonly from: number;
  readonly to: number;
  /** How many days the range is long, at least 1, so that an hour's alerts are not multiplied into a week's. */
  readonly days: number;
  readonly alerts: number;
  /** Alerts before or after the range, which only shows at the end where it is counted back from the newest event. */
  readonly outside: number;
  /** Alerts that are counted in the sums but in no day: there were too many different days. */
  readonly undated: number;
  /** `tops` are made of every alert (1), or of one in so many: an estimate. */
  readonly oneIn: number;
  readonly size: number;
  /** Days (or hours) with alerts, the oldest first. */
  readonly buckets: readonly { readonly time: number; readonly alerts: number }[];
  /** Rules that raised anything, the most frequent first. */
  readonly rules: readonly RuleBacktest[];
  readonly tops: Tops;
}

/** Where a range begins or ends: at a time, or so many milliseconds before the newest event. */
export type Bound =
  { readonly type: 'at'; readonly time: number } | { readonly type: 'before'; readonly ms: number };

export interface BacktestOptions {
  readonly since?: Bound | undefined;
  readonly until?: Bound | undefined;
  /** Examples that are kept of each rule. */
  readonly examples: number;
  readonly limits?: Partial<BacktestLimits>;
}

/** How much is kept at most, whatever comes in. */
export interface BacktestLimits {
  /** Alerts of which it is known who did it and where; past that, one in 2, 4, 8 ... */
  readonly sampled: number;
  /** Different names of each grouping. */
  readonly names: number;
  /** Days times rules. */
  readonly cells: number;
  /** Actors of each rule for which an example is kept. */
  readonly exampleActors: number;
}

const usualLimits: BacktestLimits = { sampled: 200_000, names: 50_000, cells: 200_000, exampleActors: 50 };

const hour = 3_600_000;
export const day = 24 * hour;
/** A range counted back by less than this is told by the hour. */
const fewDays = 2 * day;
const longestTop = 100;

export interface Backtester {
  readonly add: (alert: Alert) => void;
  /** Ends the counting. `span` is that of the events that were read; times later than `now` are errors and do not stretch the range. */
  readonly end: (span: { readonly first: number; readonly last: number }, now: number) => Backtest;
}

interface Cell {
  alerts: number;
  first: number;
  last: number;
}

interface RuleState {
  readonly id: string;
  readonly title: string;
  severity: Severity;
  /** By the beginning of the day or hour. */
  readonly cells: Map<number, Cell>;
  readonly undated: Cell;
  readonly examples: Map<string, Example>;
}

interface Kept {
  readonly time: number;
  /** The beginning of the alert's id, which is a hash: as good as drawn by lot, and the same in every run. */
  readonly chance: number;
  readonly rule: RuleState;
  readonly keys: Readonly<Record<Grouping, string>>;
}

const other = '(others)';
/** Past that no alert would be left. */
const mostThinned = 2 ** 24;

/**
 * Counts the alerts of a backtest in bounded memory. Sums, days and first and last times are exact; who and where is exact up to
 * `limits.sampled` alerts, and past that an estimate from one in so many, drawn by their ids.
 */
export function startBacktest(options: BacktestOptions): Backtester {
  const limits = { ...usualLimits, ...options.limits };
  const { since, until } = options;
  const size = since?.type === 'before' && since.ms < fewDays ? hour : day;
  const rules = new Map<string, RuleState>();
  const names = Object.fromEntries(groupings.map((grouping) => [grouping, new Map<string, string>()]));
  let kept: Kept[] = [];
  let oneIn = 1;
  let cells = 0;

  /** One text for each name, so that a million alerts of one actor hold its name once. */
  const named = (grouping: Grouping, key: string): string => {
    const of = names[grouping];
    const known = of?.get(key);
    if (known !== undefined) return known;
    if (of === undefined || of.size >= limits.names) return other;
    of.set(key, key);
    return key;
  };

  const cellAt = (rule: RuleState, time: number): Cell => {
    const start = Math.floor(time / size) * size;
    const there = rule.cells.get(start);
    if (there !== undefined) return there;
    if (cells >= limits.cells) return rule.undated;
    cells++;
    const cell = emptyCell();
    rule.cells.set(start, cell);
    return cell;
  };

  return {
    add: (alert) => {
      const rule = stateOf(rules, alert);
      count(cellAt(rule, alert.time), alert.time);
      const keys = groupKeys(alert);
      keepExample(rule, keys.actor, alert, options.examples, limits.exampleActors);
      const chance = Number.parseInt(alert.id.slice(0, 8), 16);
      if (chance % oneIn !== 0) return;
      kept.push({
        time: alert.time,
        chance,
        rule,
        keys: {
          actor: named('actor', keys.actor),
          account: named('account', keys.account),
          region: named('region', keys.region),
          address: named('address', keys.address),
        },
      });
      while (kept.length > limits.sampled && oneIn < mostThinned) {
        oneIn *= 2;
        kept = kept.filter((one) => one.chance % oneIn === 0);
      }
    },
    end: (span, now) => {
      const newest = Math.min(span.last, now);
      const edge = (bound: Bound, last: number) =>
        bound.type === 'at' ? bound.time : Math.floor((last - bound.ms) / size) * size;
      const to = until === undefined ? newest : Math.min(newest, edge(until, newest) - 1);
      const first = Math.min(span.first, newest);
      const from = since === undefined ? first : Math.max(first, edge(since, to));
      return summarise({ from, to, size, oneIn, rules: [...rules.values()], kept, options });
    },
  };
}

function stateOf(rules: Map<string, RuleState>, alert: Alert): RuleState {
  const known = rules.get(alert.rule.id);
  if (known !== undefined) return known;
  const state = {
    ...alert.rule,
    severity: alert.severity,
    cells: new Map<number, Cell>(),
    undated: emptyCell(),
    examples: new Map<string, Example>(),
  };
  rules.set(alert.rule.id, state);
  return state;
}

function emptyCell(): Cell {
  return { alerts: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
}

function count(cell: Cell, time: number): void {
  cell.alerts++;
  cell.first = Math.min(cell.first, time);
  cell.last = Math.max(cell.last, time);
}

/** Keeps the newest of each actor, because ten examples of one actor say no more than one. */
function keepExample(
  rule: RuleState,
  actor: string,
  { time, title, evidence }: Alert,
  wanted: number,
  most: number,
): void {
  if (wanted === 0) return;
  const there = rule.examples.get(actor);
  if (there === undefined ? rule.examples.size >= most : there.time > time) return;
  const { eventId, provenance } = evidence;
  rule.examples.set(actor, { time, title, actor, eventId, object: provenance.object });
}

interface Counted {
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly oneIn: number;
  readonly rules: readonly RuleState[];
  readonly kept: readonly Kept[];
  readonly options: BacktestOptions;
}

function summarise({ from, to, size, oneIn, rules, kept, options }: Counted): Backtest {
  // By whole days or hours: a range in other units was cut by the reader already.
  const inRange = (time: number) => time <= to && time + size > from;
  const within = kept.filter(({ time }) => inRange(Math.floor(time / size) * size));
  const byRule = Map.groupBy(within, ({ rule }) => rule);
  const buckets = new Map<number, number>();
  let alerts = 0;
  let all = 0;
  let undated = 0;
  const summaries: RuleBacktest[] = [];
  for (const rule of rules) {
    const sum = emptyCell();
    const peak = { time: from, alerts: 0 };
    for (const [time, cell] of rule.cells) {
      all += cell.alerts;
      if (!inRange(time)) continue;
      addTo(sum, cell);
      buckets.set(time, (buckets.get(time) ?? 0) + cell.alerts);
      if (cell.alerts > peak.alerts) Object.assign(peak, { time, alerts: cell.alerts });
    }
    all += rule.undated.alerts;
    undated += rule.undated.alerts;
    addTo(sum, rule.undated);
    if (sum.alerts === 0) continue;
    alerts += sum.alerts;
    const tops = topsOf(byRule.get(rule) ?? [], sum.alerts);
    const { id, title, severity } = rule;
    const examples = examplesOf(
      [...rule.examples.values()].filter(({ time }) => inRange(Math.floor(time / size) * size)),
      tops.actor,
      options.examples,
    );
    summaries.push({ id, title, severity, ...sum, peak, tops, examples });
  }
  return {
    from,
    to,
    days: Math.max(1, (to - from) / day),
    alerts,
    outside: all - alerts,
    undated,
    oneIn,
    size,
    buckets: [...buckets].map(([time, n]) => ({ time, alerts: n })).sort((a, b) => a.time - b.time),
    rules: summaries.sort((a, b) => b.alerts - a.alerts || (a.title < b.title ? -1 : 1)),
    tops: topsOf(within, alerts),
  };
}

function addTo(sum: Cell, cell: Cell): void {
  sum.alerts += cell.alerts;
  sum.first = Math.min(sum.first, cell.first);
  sum.last = Math.max(sum.last, cell.last);
}

/** `alerts` is what the sample stands for. */
function topsOf(sample: readonly Kept[], alerts: number): Tops {
  const topOf = (grouping: Grouping): readonly Share[] => {
    const counts = new Map<string, number>();
    for (const { keys } of sample) counts.set(keys[grouping], (counts.get(keys[grouping]) ?? 0) + 1);
    return [...counts]
      .map(([key, n]) => ({ key, alerts: Math.round((n * alerts) / sample.length) }))
      .sort((a, b) => b.alerts - a.alerts || (a.key < b.key ? -1 : 1))
      .slice(0, longestTop);
  };
  return {
    actor: topOf('actor'),
    account: topOf('account'),
    region: topOf('region'),
    address: topOf('address'),
  };
}

function examplesOf(
  examples: readonly Example[],
  actors: readonly Share[],
  wanted: number,
): readonly Example[] {
  const rank = new Map(actors.map(({ key }, i) => [key, i]));
  const rankOf = ({ actor }: Example) => rank.get(actor) ?? longestTop;
  return examples.toSorted((a, b) => rankOf(a) - rankOf(b) || b.time - a.time).slice(0, wanted);
}
