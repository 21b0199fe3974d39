import { statSync } from 'node:fs';
import { day, startBacktest, type Backtest } from '../../alert/backtest.ts';
import type { Grouping } from '../../alert/grouping.ts';
import { judge } from '../../alert/judgement.ts';
import { createAssetMemory } from '../../facts/assets/memory.ts';
import { createEngine } from '../../runtime/engine.ts';
import type { LoadedRules } from '../../runtime/load-rules.ts';
import { runCorrelationTests, runRuleTests } from '../../runtime/rule-tests.ts';
import { assetsOfScan, scan, type ScanResult } from '../../runtime/scan.ts';
import { whyNotRun } from '../../runtime/why-not-run.ts';
import type { Correlation } from '../../sigma/correlation/correlation.ts';
import { withMembers } from '../../sigma/correlation/link.ts';
import type { Rule } from '../../sigma/rule.ts';
import { locateIn } from '../../source/place-files.ts';
import { visible } from '../../notify/safe-text.ts';
import { CliFailure, exitCode } from '../failure.ts';
import type { PipelineFlags } from '../options.ts';
import { renderBacktest, utc, type JudgedRule } from '../format/backtest.ts';
import { jsonText } from '../format/json.ts';
import { renderTotals } from '../format/summary.ts';
import { count, paint, terminalOf, writeOut } from '../terminal.ts';
import { readTime } from '../time.ts';
import { findAnyRule, isCorrelation } from './find-rule.ts';
import { load, report } from './loaded.ts';
import { warnOfPlaces } from './rules-of.ts';
import { inputFiles, rejectionPrinter, startFileProgress } from './reading.ts';

export interface BacktestFlags extends PipelineFlags {
  rules?: string[];
  since?: string;
  until?: string;
  by?: Grouping;
  examples: number;
  atMost?: number;
  json?: boolean;
  verbose?: boolean;
  quiet?: boolean;
}

/** Runs rules over an archive and tells how often each would have raised an alert, and for whom. Nothing is kept or sent. */
export async function backtestRules(
  wanted: string,
  archive: readonly string[],
  flags: BacktestFlags,
): Promise<number> {
  const clock = () => Date.now();
  const started = clock();
  const since = flags.since === undefined ? undefined : readTime(flags.since, '--since');
  const until = flags.until === undefined ? undefined : readTime(flags.until, '--until');
  const { rules, correlations } = await rulesFor(wanted, flags.rules ?? [], flags);
  const places = { files: [], builtin: true };
  const engine = createEngine(rules, correlations, undefined, undefined, locateIn(places, warnOfPlaces));
  const files = await inputFiles(archive);
  const progress = await startFileProgress(
    files,
    terminalOf(process.stderr).interactive && flags.quiet !== true,
    clock,
  );
  const rejections = rejectionPrinter(flags.verbose ?? false, progress.clear);
  const counter = startBacktest({ since, until, examples: flags.examples });
  let result: ScanResult;
  try {
    result = await scan({
      files,
      engine,
      // What is counted back from the newest event is cut at the end, when that is known.
      range: {
        since: since?.type === 'at' ? since.time : undefined,
        until: until?.type === 'at' ? until.time : undefined,
      },
      clock,
      memory: createAssetMemory(assetsOfScan),
      places,
      onAlert: counter.add,
      onRejection: rejections.add,
      onProgress: progress.onProgress,
    });
  } finally {
    progress.stop();
  }
  rejections.end();
  const { tally, span } = result;
  if (span === undefined)
    throw new CliFailure(
      tally.records === 0
        ? `${archive.map(visible).join(', ')}: holds no records`
        : `nothing could be read: ${count(tally.records, 'record')}, all rejected`,
    );
  const backtest = counter.end(span, clock());
  if (backtest.from > backtest.to)
    throw new CliFailure(
      `no event lies in the range: the archive has events from ${utc(span.first)} to ${utc(span.last)} (UTC); change --since and --until`,
    );
  const judged = await judgeAll(
    [...engine.standalone, ...engine.correlations.map(({ correlation }) => correlation)],
    { rules, correlations },
    backtest,
  );
  if (flags.json) await writeOut(jsonText(asJson(judged, backtest, result)));
  else {
    const text = renderBacktest(
      { backtest, range: rangeText(backtest, flags), rules: judged, by: flags.by },
      terminalOf(process.stdout),
    );
    const notes = leftOut(backtest);
    const totals = flags.quiet
      ? ''
      : `\n${notes}${renderTotals(result, clock() - started, terminalOf(process.stdout))}`;
    await writeOut(text + totals);
  }
  return flags.atMost !== undefined && judged.some(({ found }) => (found?.alerts ?? 0) > (flags.atMost ?? 0))
    ? exitCode.findings
    : exitCode.ok;
}

/** Files and folders with all that is in them; else the one rule of that id or title. Filters of all paths are added. */
async function rulesFor(wanted: string, paths: readonly string[], flags: PipelineFlags): Promise<RulesToRun> {
  const isPath = statSync(wanted, { throwIfNoEntry: false }) !== undefined;
  if (!isPath) {
    const { rule, loaded } = await findAnyRule(wanted, paths, flags);
    if (!isCorrelation(rule)) return { rules: active([rule]), correlations: [] };
    const needed = withMembers([rule.id], loaded);
    return { ...needed, rules: active(needed.rules) };
  }
  const alone = await load([wanted], flags);
  const named = new Set([...alone.rules, ...alone.correlations].map(({ path }) => path));
  const all = await load([wanted, ...paths], flags);
  report(all.problems);
  // From the other paths come filters, what correlations refer to, and rules that nobody asked for.
  const asked = [...all.rules, ...all.correlations].filter(({ path }) => named.has(path));
  if (asked.length === 0) throw new CliFailure(`${visible(wanted)}: there is no rule in it that can be run`);
  const needed = withMembers(
    asked.map(({ id }) => id),
    all,
  );
  return { ...needed, rules: active(needed.rules) };
}

type RulesToRun = Pick<LoadedRules, 'rules' | 'correlations'>;

function active(rules: readonly Rule[]): readonly Rule[] {
  const running = new Set(createEngine(rules).active);
  const waiting = rules.filter((rule) => !running.has(rule));
  const [first] = waiting;
  if (first === undefined) return rules;
  const reason =
    waiting.length === 1
      ? `'${visible(first.title)}' ${visible(whyNotRun(first))}`
      : `${count(waiting.length, 'rule')} are for log sources of which Tocsin reads no logs yet, or are marked unsupported`;
  if (running.size === 0) throw new CliFailure(reason);
  process.stderr.write(`${paint(terminalOf(process.stderr), 'yellow', 'left out')} ${reason}\n`);
  return rules;
}

async function judgeAll(
  rules: readonly (Rule | Correlation)[],
  all: RulesToRun,
  backtest: Backtest,
): Promise<readonly JudgedRule[]> {
  const found = new Map(backtest.rules.map((rule) => [rule.id, rule]));
  const judged: JudgedRule[] = [];
  for (const rule of rules) {
    const one = found.get(rule.id);
    judged.push({
      id: rule.id,
      title: rule.title,
      severity: rule.level,
      found: one,
      judgement: judge(one, backtest.days, backtest.size),
      falsePositives: rule.falsePositives,
      tests: await testsText(rule, all),
    });
  }
  return judged.sort(
    (a, b) => (b.found?.alerts ?? 0) - (a.found?.alerts ?? 0) || (a.title < b.title ? -1 : 1),
  );
}

async function testsText(rule: Rule | Correlation, all: RulesToRun): Promise<string> {
  const results = isCorrelation(rule) ? await runCorrelationTests(rule, all) : await runRuleTests(rule);
  if (results === undefined) return 'It has no tests.';
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  if (failed > 0) return `${failed} of its ${count(results.length, 'test')} fail.`;
  return `Its ${count(results.length, 'test')} pass${results.length === 1 ? 'es' : ''}.`;
}

function rangeText(backtest: Backtest, flags: BacktestFlags): string {
  const { from, to, days } = backtest;
  const back = [flags.since, flags.until].some((time) => time !== undefined && /^\d+[smhdw]$/.test(time));
  const how =
    flags.since === undefined && flags.until === undefined
      ? 'all that the archive has'
      : back
        ? 'counted back from its newest event'
        : 'as far as the archive has events';
  return `${utc(from)} to ${utc(to)} (UTC), ${to - from < day ? 'less than a day' : count(Math.round(days), 'day')}: ${how}`;
}

function leftOut({ outside, undated }: Backtest): string {
  return [
    ...(outside > 0 ? [`${count(outside, 'alert')} outside the range, not counted`] : []),
    ...(undated > 0
      ? [`${count(undated, 'alert')} counted without their day: there are too many different days`]
      : []),
  ]
    .map((note) => `${paint(terminalOf(process.stdout), 'dim', note)}\n`)
    .join('');
}

function asJson(judged: readonly JudgedRule[], backtest: Backtest, result: ScanResult): object {
  const { from, to, days, alerts, outside, undated, oneIn, buckets, size, tops } = backtest;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    range: { from: iso(from), to: iso(to), days },
    alerts,
    perDay: alerts / days,
    perWeek: (alerts / days) * 7,
    alertsOutsideRange: outside,
    alertsWithoutDay: undated,
    topsEstimatedFromOneIn: oneIn,
    bucketMs: size,
    buckets: buckets.map(({ time, alerts: n }) => ({ from: iso(time), alerts: n })),
    tops,
    rules: judged.map(({ id, title, severity, found, judgement, falsePositives, tests }) => ({
      id,
      title,
      level: severity,
      alerts: found?.alerts ?? 0,
      perDay: (found?.alerts ?? 0) / days,
      perWeek: ((found?.alerts ?? 0) / days) * 7,
      ...(found === undefined
        ? {}
        : {
            first: iso(found.first),
            last: iso(found.last),
            peak: { from: iso(found.peak.time), alerts: found.peak.alerts },
            tops: found.tops,
            examples: found.examples.map(({ time, ...example }) => ({ time: iso(time), ...example })),
          }),
      judgement,
      falsePositives,
      tests,
    })),
    totals: { ...result.tally, repeated: result.repeated, files: result.filesRead, bytes: result.bytesRead },
  };
}
