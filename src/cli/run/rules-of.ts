import { existsSync } from 'node:fs';
import { visible } from '../../notify/safe-text.ts';
import type { Decisions } from '../../runtime/config.ts';
import type { Setting } from '../../runtime/engine.ts';
import { keptRulesFolder } from '../../runtime/cache-folder.ts';
import { loadPipelines } from '../../runtime/load-pipelines.ts';
import { loadRules, type LoadedRules } from '../../runtime/load-rules.ts';
import { rulePaths } from '../../runtime/packs.ts';
import { formatProblem } from '../../sigma/problem.ts';
import { readPlaceSources, type PlaceSources } from '../../source/place-files.ts';
import type { ProviderDocument } from '../../context/providers/provider-documents.ts';
import { CliFailure } from '../failure.ts';
import type { RuleOptions } from '../options.ts';
import { paint, terminalOf } from '../terminal.ts';

/** What an engine is made of. */
export interface RulesToRun extends Pick<LoadedRules, 'rules' | 'correlations'> {
  readonly disabled: ReadonlySet<string>;
  readonly setting: Setting;
  readonly places: PlaceSources;
  /** What the configuration, or nothing where there is none, says of findings that belong together. */
  readonly alerts: Decisions['alerts'] | undefined;
}

/** Loads the rules that the flags, and the configuration that they name, ask for. Broken ones are told on standard error and left out; warnings are told. */
export async function rulesOf(options: RuleOptions): Promise<RulesToRun> {
  const { decisions, setting, providers } =
    options.config === undefined ? none : await decisionsIn(options.config);
  const paths = rulePaths({
    builtin: options.builtinRules && (decisions?.rules.builtin ?? true),
    packs: [...new Set([...(decisions?.rules.packs ?? []), ...(options.pack ?? [])])],
    folders: [...(decisions?.rules.folders ?? []), ...(options.rules ?? [])],
  });
  if (paths.length === 0)
    throw new CliFailure(
      'there are no rules to run: leave --no-builtin-rules out, or name some with --rules or --pack',
    );
  for (const path of options.rules ?? []) {
    // A scan without the rules that were asked for would look like a scan that found nothing.
    if (!existsSync(path)) throw new CliFailure(`--rules: ${path}: there is no such file or folder`);
  }
  const { rules, correlations, problems } = await loadRules(
    paths,
    await loadPipelines(
      [...(decisions?.rules.pipelines ?? []), ...(options.pipeline ?? [])],
      decisions?.rules.placeholders,
    ),
    keptRulesFolder(),
  );
  const terminal = terminalOf(process.stderr);
  for (const problem of problems) {
    const word = problem.level === 'error' ? 'rule left out' : 'advice';
    process.stderr.write(`${paint(terminal, 'yellow', word)} ${visible(formatProblem(problem))}\n`);
  }
  if (rules.length === 0) throw new CliFailure(`no rule could be loaded from ${paths.join(', ')}`);
  return {
    rules,
    correlations,
    disabled: new Set(decisions?.rules.disabled),
    setting,
    alerts: decisions?.alerts,
    places: {
      ...(await readPlaceSources(decisions?.context.places ?? { files: [], builtin: true }, warnOfPlaces)),
      providers,
    },
  };
}

/** A scan goes on without what cannot be used. */
export function warnOfPlaces(problem: string): void {
  process.stderr.write(`${paint(terminalOf(process.stderr), 'yellow', 'no places')} ${visible(problem)}\n`);
}

function warnOfEstate(problem: string): void {
  process.stderr.write(`${paint(terminalOf(process.stderr), 'yellow', 'not known')} ${visible(problem)}\n`);
}

interface Configured {
  readonly decisions?: Decisions;
  readonly setting: Setting;
  readonly providers: readonly ProviderDocument[];
}

const none: Configured = { setting: {}, providers: [] };

/** Loaded on demand: most commands run without a configuration, and what reads one is large. */
async function decisionsIn(path: string): Promise<Configured> {
  const { loadDecisions } = await import('../../runtime/config.ts');
  const { contextOf, providerSources } = await import('../../runtime/config-context.ts');
  const { readProviderDocuments } = await import('../../source/providers.ts');
  const { listsFolder } = await import('../../runtime/reputation.ts');
  const { keptEstate } = await import('../../runtime/live-estate.ts');
  const decisions = loadDecisions(path);
  const { estate, alerts } = decisions;
  const { known, people } = await keptEstate(decisions, warnOfEstate);
  const sources = providerSources(decisions.context);
  return {
    decisions,
    setting: { known, context: { ...contextOf(estate), found: people }, policy: alerts },
    providers: await readProviderDocuments(sources, listsFolder(decisions), warnOfPlaces),
  };
}
