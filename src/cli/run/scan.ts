import { availableParallelism } from 'node:os';
import type { Alert } from '../../alert/alert.ts';
import { atLeast, type Severity } from '../../event/severity.ts';
import { renderAlert } from '../../notify/terminal.ts';
import { createAssetMemory } from '../../facts/assets/memory.ts';
import { openAssets } from '../../runtime/kept-assets.ts';
import type { Decisions } from '../../runtime/config.ts';
import { createEngine } from '../../runtime/engine.ts';
import { assetsOfScan, scan } from '../../runtime/scan.ts';
import { letHeapGrowSome } from '../../runtime/small-heap.ts';
import { version } from '../../runtime/version.ts';
import { locateIn } from '../../source/place-files.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { sarifLog } from '../format/sarif.ts';
import { addFurther, addToSummary, renderSummary, renderTotals, type Summary } from '../format/summary.ts';
import type { Format, RuleOptions } from '../options.ts';
import { rulesOf, warnOfPlaces } from './rules-of.ts';
import { inputFiles, rejectionPrinter, startFileProgress } from './reading.ts';
import { parseTime } from '../time.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';

import type { Exceptions, Store } from '../../store/store.ts';

export interface ScanFlags extends RuleOptions {
  since?: string;
  until?: string;
  severity: Severity;
  format: Format;
  json?: boolean;
  failOn?: Severity;
  store?: string;
  exceptions: Exceptions;
  alertsPerRule: number;
  parseAll?: boolean;
  threads?: number;
  verbose?: boolean;
  quiet?: boolean;
}

/** Reading is bound by the disk before it is bound by more of them, and each takes some 40 MB. */
const mostThreads = 8;

export async function runScan(paths: string[], flags: ScanFlags): Promise<number> {
  const clock = () => Date.now();
  const started = clock();
  const format = flags.json ? 'json' : flags.format;
  const range = {
    since: flags.since === undefined ? undefined : parseTime(flags.since, '--since', started),
    until: flags.until === undefined ? undefined : parseTime(flags.until, '--until', started),
  };
  const { rules, correlations, disabled, setting: decided, places, alerts } = await rulesOf(flags);
  const together = flags.store === undefined ? undefined : await joiningIn(alerts);
  const setting = { ...decided, ...(together && { policy: together.policy }) };
  const engine = createEngine(rules, correlations, disabled, setting, locateIn(places, warnOfPlaces));
  const files = await inputFiles(paths);
  const store = flags.store === undefined ? undefined : await openStore(flags.store);
  const memory = store === undefined ? createAssetMemory(assetsOfScan) : (await openAssets(store)).memory;
  const err = terminalOf(process.stderr);
  const progress = await startFileProgress(files, err.interactive && !flags.quiet, clock);
  const printer = printerOf(format, flags, progress.clear);
  const rejections = rejectionPrinter(flags.verbose ?? false, progress.clear);
  const summary: Summary = new Map();
  const threads = flags.threads ?? Math.min(availableParallelism(), mostThreads);
  if (threads === 1) letHeapGrowSome();
  let failed = false;
  let excepted = 0;
  try {
    const result = await scan({
      files,
      engine,
      range,
      clock,
      passesOver: !(flags.parseAll ?? false),
      threads,
      memory,
      places,
      alertsPerRule: flags.alertsPerRule,
      store,
      joining: together?.joining,
      onAlert: (alert) => {
        const isExcepted = alert.exception !== undefined;
        if (isExcepted) excepted++;
        if (flags.exceptions !== 'show' && isExcepted !== (flags.exceptions === 'only')) return;
        if (!isExcepted && flags.failOn !== undefined && atLeast(alert.severity, flags.failOn)) failed = true;
        if (!atLeast(alert.severity, flags.severity)) return;
        addToSummary(summary, alert);
        return printer.alert(alert);
      },
      onRejection: rejections.add,
      onProgress: progress.onProgress,
    });
    progress.stop();
    // Alerts under an exception are among none of these.
    const { failOn } = flags;
    if (failOn !== undefined && result.further.some(({ severity }) => atLeast(severity, failOn)))
      failed = true;
    const further =
      flags.exceptions === 'only'
        ? []
        : result.further.filter(({ severity }) => atLeast(severity, flags.severity));
    for (const one of further) addFurther(summary, one);
    await printer.end({ ...result.tally, excepted, further: result.further });
    rejections.end();
    if (!flags.quiet) {
      const table = format === 'table';
      const terminal = terminalOf(table ? process.stdout : process.stderr);
      const none = summary.size === 0 && table ? 'No alerts.\n' : '';
      const text =
        none +
        (table ? await renderSummary(summary, terminal) : '') +
        '\n' +
        renderTotals(result, clock() - started, terminal, excepted);
      if (table) await writeOut(text);
      else process.stderr.write(text.trimStart());
    }
    if (result.tally.records > 0 && result.tally.events + result.tally.passedOver === 0)
      throw new CliFailure(`nothing could be read: ${count(result.tally.records, 'record')}, all rejected`);
    return failed ? exitCode.findings : exitCode.ok;
  } finally {
    progress.stop();
    await store?.close();
  }
}

/** Loaded on demand: most scans keep nothing. */
async function openStore(path: string): Promise<Store> {
  const { openSqliteStore } = await import('../../store/sqlite.ts');
  return openSqliteStore({ path });
}

/** What is kept is grouped as a server would group it. Loaded on demand, as the store is. */
async function joiningIn(configured: Decisions['alerts'] | undefined) {
  const { alertsSection } = await import('../../runtime/config-alerts.ts');
  const { groupsOf, joiningOf } = await import('../../runtime/config-joining.ts');
  const alerts = configured ?? alertsSection.parse({});
  return {
    policy: { ...alerts, groups: groupsOf(alerts) },
    joining: alerts.grouping.enabled ? joiningOf(alerts) : undefined,
  };
}

interface Printer {
  readonly alert: (alert: Alert) => void | Promise<void>;
  readonly end: (totals: object) => void | Promise<void>;
}

function printerOf(format: Format, flags: ScanFlags, clear: () => void): Printer {
  switch (format) {
    case 'table': {
      const terminal = terminalOf(process.stdout);
      return {
        alert: (alert) => {
          clear();
          return writeOut(
            `${renderAlert(alert, { colour: terminal.colour, width: terminal.width, verbose: flags.verbose ?? false })}\n\n`,
          );
        },
        end: () => {},
      };
    }
    case 'ndjson':
      return { alert: (alert) => writeOut(`${JSON.stringify(alert)}\n`), end: () => {} };
    case 'json': {
      let opening = '{"alerts":[\n';
      return {
        alert: async (alert) => {
          await writeOut(opening + JSON.stringify(alert));
          opening = ',\n';
        },
        end: async (totals) => {
          await writeOut(
            `${opening.startsWith('{') ? opening : '\n'}],"totals":${JSON.stringify(totals)}}\n`,
          );
        },
      };
    }
    case 'sarif': {
      const log = sarifLog(version);
      return {
        alert: (alert) => writeOut(log.result(alert)),
        end: () => writeOut(log.end()),
      };
    }
  }
}
