import type { Logger } from 'pino';
import { formatProblem } from '../sigma/problem.ts';
import type { Leadership, Store } from '../store/store.ts';
import { contextOf } from './config-context.ts';
import type { Config } from './config-schema.ts';
import { createEngine } from './engine.ts';
import { createIngest } from './ingest.ts';
import { keptRulesFolder } from './cache-folder.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { keptEstate } from './live-estate.ts';
import { loadPipelines } from './load-pipelines.ts';
import { loadRules } from './load-rules.ts';
import { rulePaths } from './packs.ts';
import { owedBy, routerOf } from './routing.ts';
import { replayWith, type ReplayOne } from './replay.ts';
import { workerAccounts } from './worker-accounts.ts';

/** For a process that has the store to itself: what is replayed is judged and stored as a server would. */
export async function openReplay(
  config: Config,
  store: Store,
  leadership: Leadership,
  log: Pick<Logger, 'error' | 'warn'>,
): Promise<ReplayOne> {
  const { rules, correlations, problems } = await loadRules(
    rulePaths(config.rules),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  for (const problem of problems)
    if (problem.level === 'error') log.error({ rule: formatProblem(problem) }, 'a rule was left out');
  const { known, people } = await keptEstate(config, (problem) =>
    log.warn({ problem }, 'the estate is known in part'),
  );
  const setting = { known, context: { ...contextOf(config.estate), found: people }, policy: config.alerts };
  const engine = createEngine(rules, correlations, new Set(config.rules.disabled), setting);
  const route = routerOf(config, [...rules, ...correlations]);
  const ingest = createIngest({
    engine,
    store: leadership,
    correlations: await openCorrelations(engine, store, {
      lateness: config.correlations.latenessMinutes * 60_000,
      clock: Date.now,
    }),
    assets: await openAssets(store),
    channelsFor: (alert) => owedBy(route(alert), Date.now()),
    clock: Date.now,
    onCommit: () => {},
  });
  return replayWith(engine, ingest, workerAccounts(config.workers), Date.now);
}
