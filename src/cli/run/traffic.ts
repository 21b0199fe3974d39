import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import type { AccessFormat } from '../../decode/access/format.ts';
import { accessFormats } from '../../decode/access/formats.ts';
import type { Rule } from '../../sigma/rule.ts';
import type { Severity } from '../../event/severity.ts';
import type { Offence } from '../../web/offence.ts';
import { visible } from '../../notify/safe-text.ts';
import { readAccessFiles } from '../../runtime/access-files.ts';
import { protectionsWithoutStore } from '../../runtime/blocking.ts';
import { policyOf } from '../../runtime/config-blocking.ts';
import { loadTrafficDecisions } from '../../runtime/config.ts';
import { configSchema } from '../../runtime/config-schema.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { builtinRules, loadRules } from '../../runtime/load-rules.ts';
import { createRelief, trafficBounds } from '../../runtime/memory-bound.ts';
import { botSettingsOf, trafficSettingsOf, treatmentOf } from '../../runtime/traffic-settings.ts';
import { watchTraffic, type WatchedTraffic } from '../../runtime/watched-traffic.ts';
import type { ProtectedNetworks } from '../../web/protected-networks.ts';
import { wouldBlock } from '../../web/would-block.ts';
import { CliFailure, exitCode } from '../failure.ts';
import { jsonText } from '../format/json.ts';
import {
  hasOffence,
  pointsOf,
  renderTraffic,
  renderTrafficTotals,
  type TrafficReport,
} from '../format/traffic.ts';
import { startProgress } from '../progress.ts';
import { count, terminalOf, writeOut } from '../terminal.ts';
import { parseTime } from '../time.ts';
import { inputFiles, rejectionPrinter } from './reading.ts';
import {
  fromConfig,
  fromFlags,
  leftOutOf,
  openLists,
  troubleOf,
  type ReputationFlags,
} from './reputation-flags.ts';

export interface TrafficFlags extends ReputationFlags {
  since?: string;
  until?: string;
  sites?: string[];
  top: number;
  format: string;
  proxies?: string[];
  appAgents?: string[];
  config?: string;
  json?: boolean;
  failOn?: Severity;
  verbose?: boolean;
  quiet?: boolean;
}

/** Of the rules that come with Tocsin, those for requests: the others are for CloudTrail. */
const requestRules = join(builtinRules, 'web');

type Decisions = ReturnType<typeof loadTrafficDecisions>;

function defaults(): Decisions {
  const { data, traffic, blocking } = configSchema.parse({});
  return { data, traffic, blocking };
}

/** @throws {CliFailure} where a list of addresses cannot be read */
async function protectionsOf({ blocking }: Decisions): Promise<ProtectedNetworks> {
  try {
    return await protectionsWithoutStore(blocking);
  } catch (error) {
    throw new CliFailure(`--config: ${visible(error instanceof Error ? error.message : String(error))}`);
  }
}

/** How many points of the time line are given to machines. */
const pointsInJson = 240;

export async function runTraffic(paths: readonly string[], flags: TrafficFlags): Promise<number> {
  const clock = () => Date.now();
  const started = clock();
  const [since, until] = (['since', 'until'] as const).map((name) => {
    const written = flags[name];
    return written === undefined ? undefined : parseTime(written, `--${name}`, started);
  });
  const format = flags.format === 'auto' ? undefined : formatNamed(flags.format);
  const { rules } = await loadRules([requestRules], [], keptRulesFolder());
  const decisions = flags.config === undefined ? defaults() : loadTrafficDecisions(flags.config);
  const protections = await protectionsOf(decisions);
  const traffic = watchedFor(flags, decisions, rules);
  const files = await inputFiles(paths);
  await learnAddresses(traffic, decisions, flags);
  const showsProgress = terminalOf(process.stderr).interactive && flags.quiet !== true;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const progress = await startProgress(size, showsProgress, clock);
  const rejections = rejectionPrinter(flags.verbose ?? false, progress.clear);
  const relieve = createRelief(trafficBounds);
  try {
    const tally = await readAccessFiles(
      {
        files,
        format,
        since,
        until,
        hosts: flags.sites?.map((host) => host.toLowerCase()),
        clock,
        onRejection: rejections.add,
        onProgress: progress.update,
      },
      (requests) => {
        traffic.take(requests);
        relieve();
      },
    );
    traffic.finish();
    progress.stop();
    rejections.end();
    if (tally.records > 0 && tally.requests === 0)
      throw new CliFailure(`nothing could be read: ${count(tally.records, 'record')}, all rejected`);
    const out = terminalOf(process.stdout);
    const treatment = treatmentOf(decisions.traffic);
    const offences = traffic.offences().map(treatment.judged);
    const report: TrafficReport = {
      board: traffic.board({ top: flags.top, points: flags.json === true ? pointsInJson : pointsOf(out) }),
      offences,
      lists: listsOfSubjects(offences, traffic.listsOf),
      wouldBlock: wouldBlock(
        offences,
        policyOf(decisions.blocking, treatment.periods),
        protections,
        treatment.blocks,
      ),
      totals: { ...tally, ...traffic.counters() },
    };
    if (flags.json === true) await writeOut(jsonText({ version: 1, ...report }));
    else await writeOut(renderTraffic(report, flags.top, out));
    if (flags.quiet !== true) {
      const elapsed = clock() - started;
      if (flags.json === true)
        process.stderr.write(renderTrafficTotals(report, elapsed, terminalOf(process.stderr)));
      else await writeOut(`\n${renderTrafficTotals(report, elapsed, out)}`);
    }
    return flags.failOn !== undefined && hasOffence(report.offences, flags.failOn)
      ? exitCode.findings
      : exitCode.ok;
  } finally {
    progress.stop();
  }
}

/** @throws {CliFailure} where a network cannot be read */
function watchedFor(
  { proxies = [], appAgents = [] }: TrafficFlags,
  { traffic }: Decisions,
  rules: readonly Rule[],
): WatchedTraffic {
  const settings = trafficSettingsOf(traffic);
  const bots = botSettingsOf(traffic);
  const { outsideApp } = bots;
  try {
    return watchTraffic({
      settings: { ...settings, proxies: [...settings.proxies, ...proxies], seed: randomInt(2 ** 32) },
      bots: { ...bots, outsideApp: { ...outsideApp, agents: [...outsideApp.agents, ...appAgents] } },
      rules,
    });
  } catch (error) {
    throw new CliFailure(`--proxies: ${visible(error instanceof Error ? error.message : String(error))}`);
  }
}

/**
 * Loads the lists that the flags name, or else the configuration, once.
 * @throws {CliFailure} where one that a flag names cannot be had, not even an earlier copy
 */
async function learnAddresses(
  traffic: WatchedTraffic,
  decisions: Decisions,
  flags: TrafficFlags,
): Promise<void> {
  const asked = fromFlags(flags, flags.proxies ?? []);
  const lists = await openLists(asked ?? fromConfig(decisions, flags.proxies));
  await lists.stop();
  for (const state of lists.states()) {
    const trouble = troubleOf(state);
    if (state.contents === undefined && asked !== undefined)
      throw new CliFailure(trouble ?? `list ${state.name} is empty`);
    for (const told of [trouble, leftOutOf(state)]) if (told !== undefined) process.stderr.write(`${told}\n`);
  }
  traffic.know(lists.known());
}

/** The lists that offenders are on, by what offences call them. */
function listsOfSubjects(
  offences: readonly Offence[],
  listsOf: WatchedTraffic['listsOf'],
): Readonly<Record<string, readonly string[]>> {
  const clients = offences.flatMap(({ subject }) => (subject.type === 'client' ? [subject.value] : []));
  const found = [...new Set(clients)].map((client) => [client, listsOf(client)] as const);
  return Object.fromEntries(found.filter(([, lists]) => lists.length > 0));
}

/**
 * The one format whose name holds these words.
 * @throws {CliFailure} where there is none, or more than one
 */
function formatNamed(words: string): AccessFormat {
  const lower = words.toLowerCase();
  const exact = accessFormats.find(({ name }) => name.toLowerCase() === lower);
  const matching = accessFormats.filter(({ name }) => name.toLowerCase().includes(lower));
  const [only] = matching;
  if (exact !== undefined) return exact;
  if (only !== undefined && matching.length === 1) return only;
  const named = (matching.length === 0 ? accessFormats : matching).map(({ name }) => `'${name}'`).join(', ');
  throw new CliFailure(
    matching.length === 0
      ? `--format: there is no format '${visible(words)}'; there are ${named}`
      : `--format: '${visible(words)}' is a part of several names: ${named}`,
  );
}
