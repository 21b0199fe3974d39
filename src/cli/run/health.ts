import { duration } from '../../alert/health/health-alert.ts';
import { line } from '../../notify/safe-text.ts';
import { utc } from '../../notify/words.ts';
import type { HealthReport } from '../../api/health-report.ts';
import { loadConfig } from '../../runtime/config.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { healthReport } from '../../runtime/health-report.ts';
import { readHealthState } from '../../runtime/health-state.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { loadRules } from '../../runtime/load-rules.ts';
import { rulePaths } from '../../runtime/packs.ts';
import { systemSecrets } from '../../runtime/secret.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { renderColumns } from '../format/columns.ts';
import { jsonText } from '../format/json.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { openStoreOf } from './store-of.ts';

export interface HealthFlags {
  readonly config?: string;
  readonly store?: string;
  readonly json?: boolean;
}

/** A server writes every five minutes. */
const staleMs = 10 * 60_000;

export async function showHealth(flags: HealthFlags): Promise<number> {
  const isAlone = flags.store !== undefined && flags.config === undefined;
  const config = isAlone ? configSchema.parse({}) : loadConfig(flags.config, systemSecrets());
  const store = await openStoreOf(config, flags.store);
  const now = Date.now();
  let entries;
  try {
    entries = await store.state();
  } finally {
    await store.close();
  }
  const state = readHealthState(entries);
  if (state === undefined)
    throw new CliFailure(
      "nobody has watched with this store yet; 'tocsin serve' begins within seconds, unless health.enabled is false",
    );
  const { rules, correlations } = await loadRules(
    rulePaths(config.rules),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  const active = [...rules, ...correlations].filter(({ id }) => !config.rules.disabled.includes(id));
  const report = healthReport(state, config.health, active, now);
  const isStale = now - report.watchedUntil > staleMs;
  await writeOut(flags.json === true ? jsonText(report) : text(report, isStale));
  return report.ok && !isStale ? exitCode.ok : exitCode.findings;
}

function text(report: HealthReport, isStale: boolean): string {
  const { problems, subjects, rulesThatNeverFired: never } = report;
  const parts: string[] = [];
  if (isStale)
    parts.push(
      `No server has run with this store since ${utc(report.watchedUntil)}. What follows is of then.`,
    );
  parts.push(
    problems.length === 0
      ? 'Nothing is wrong.'
      : problems
          .map(({ title, since, alertId }) => `${line(title, 200)} (since ${utc(since)}, alert ${alertId})`)
          .join('\n'),
  );
  if (subjects.length > 0)
    parts.push(
      renderColumns(
        [
          { head: 'kind' },
          { head: 'name', gives: true },
          { head: 'state' },
          { head: 'last heard of' },
          { head: 'newest event' },
          { head: 'missed after', right: true },
        ],
        subjects.map(({ kind, name, state, lastSeen, newestEvent, limitSeconds }) => [
          kind,
          line(name, 100),
          state,
          utc(lastSeen),
          utc(newestEvent),
          state === 'heard' || state === 'silent' ? duration(limitSeconds * 1000) : '',
        ]),
        terminalOf(process.stdout),
      ),
    );
  if (never.length > 0)
    parts.push(
      `${count(never.length, 'rule')} made no alert since ${utc(report.watchedSince)} (--json names them)`,
    );
  return `${parts.join('\n\n')}\n`;
}
