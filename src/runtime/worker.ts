import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { checkListen } from '../api/loopback.ts';
import { createWorkerApi } from '../api/worker-api.ts';
import { formatProblem } from '../sigma/problem.ts';
import type { RunningSource } from '../source/source.ts';
import { sqliteLeadership } from '../store/sqlite-leadership.ts';
import { openBuffer, type WorkerBuffer } from '../worker/buffer.ts';
import { rejectionItem } from '../worker/items.ts';
import { openPositions, type Positions } from '../worker/positions.ts';
import { startPump } from '../worker/pump.ts';
import { sendBatch } from '../worker/sender.ts';
import { ConfigError } from './config-error.ts';
import type { ControllerSettings } from './config-controller.ts';
import { contextOf } from './config-context.ts';
import type { Config } from './config-schema.ts';
import { createEngine, type Engine } from './engine.ts';
import { createForward } from './forward.ts';
import { keptRulesFolder } from './cache-folder.ts';
import { closeApi } from './close-api.ts';
import { splitListen } from './listen.ts';
import { keptEstate } from './live-estate.ts';
import { loadPipelines } from './load-pipelines.ts';
import { loadRules } from './load-rules.ts';
import { createLog } from './log.ts';
import { rulePaths } from './packs.ts';
import { startSources } from './taking.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const quietly = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {});

/** For one batch with its answer: the controller commits it before it answers. */
const timeoutMs = 60_000;

export interface RunningWorker {
  /** `http://127.0.0.1:7117` */
  readonly address: string;
  /** Rules that run here; 0 where everything is sent. */
  readonly rules: number;
  /** Stops taking; what is in the buffer stays there and is sent after the next start. */
  readonly stop: () => Promise<void>;
}

/** The worker: wires sources, engine, buffer and sender together and does nothing else. */
export async function startWorker(config: Config, logForTerminal: boolean): Promise<RunningWorker> {
  const { controller } = config;
  if (controller === undefined)
    throw new ConfigError(
      "controller: is missing; a worker needs to know where it sends: 'url', 'name' and 'key' (docs/workers.md)",
    );
  const { host, port } = splitListen(config.server.listen);
  const refusal = checkListen(host, config.server.keys);
  if (refusal !== undefined) throw new ConfigError(`server.listen: ${refusal}`);

  const log = createLog(config.log.level, logForTerminal);
  const engine = controller.raw ? undefined : await engineOf(config, log);
  const folder = join(config.data, 'worker');
  const { buffer, positions, release } = await openFolder(folder, controller);
  const metrics = createWorkerMetrics(buffer.counters, Date.now);
  const stopping = new AbortController();
  const forward = createForward({
    engine,
    buffer,
    positions,
    clock: Date.now,
    onKept: metrics.kept,
    stopping: stopping.signal,
  });
  const sources = startSources({
    config,
    position: async (source) => positions.get(source),
    ingest: async (chunks, from) => void (await forward(chunks, from)),
    reject: async (rejection) => buffer.append([rejectionItem(rejection)]),
    log,
    ownFiles: [config.data],
  });
  const { url, name, key } = controller;
  const pump = startPump({
    buffer,
    send: (batch) => sendBatch({ url, worker: name, key }, batch, { fetch, timeoutMs, now: Date.now }),
    random: Math.random,
    clock: Date.now,
    log,
    sleep: quietly,
    idle: quietly,
    onSent: metrics.sent,
  });
  const api = await createWorkerApi({
    ingest: forward,
    keys: config.server.keys,
    health: () => ({ ready: !stopping.signal.aborted, checks: checksOf(sources, pump.trouble()) }),
    metrics: metrics.text,
    now: Date.now,
    log,
    bodyLimit: config.server.maxBodyMb * 1024 * 1024,
  });

  async function stop(): Promise<void> {
    stopping.abort();
    await Promise.all([closeApi(api), ...sources.map((source) => source.stop())]);
    await pump.stop();
    await buffer.close();
    await positions.close();
    await release();
  }

  try {
    const address = await api.listen({ host, port });
    const rules = engine?.active.length ?? 0;
    log.info({ address, rules, controller: url, sources: sources.map((source) => source.name) }, 'listening');
    return { address, rules, stop };
  } catch (error) {
    await stop();
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
      throw new ConfigError(
        `server.listen: cannot listen on ${config.server.listen} (${error.code}); choose another address or port (--port)`,
      );
    throw error;
  }
}

async function engineOf(config: Config, log: Logger): Promise<Engine> {
  const { rules, correlations, problems } = await loadRules(
    rulePaths(config.rules),
    await loadPipelines(config.rules.pipelines, config.rules.placeholders),
    keptRulesFolder(),
  );
  for (const problem of problems)
    if (problem.level === 'error') log.error({ rule: formatProblem(problem) }, 'a rule was left out');
    else log.warn({ rule: formatProblem(problem) }, 'a rule runs, with a warning');
  // Severity, exceptions and places are the controller's to decide; people and networks may stand in rules.
  const { known, people } = await keptEstate(config, (problem) =>
    log.warn({ problem }, 'the estate is known in part'),
  );
  const setting = { known, context: { ...contextOf(config.estate), found: people } };
  return createEngine(rules, correlations, new Set(config.rules.disabled), setting);
}

/** @throws {ConfigError} where another worker has the folder */
async function openFolder(
  folder: string,
  { buffer: { maxMb, whenFull } }: ControllerSettings,
): Promise<{ buffer: WorkerBuffer; positions: Positions; release: () => Promise<void> }> {
  // Before the lock, whose file lies in it.
  const positions = await openPositions(join(folder, 'positions.log'));
  const lock = await sqliteLeadership(join(folder, 'worker'))();
  if (lock === undefined)
    throw new ConfigError(
      `data: ${folder} is in use by another worker; stop that one, or give this one a folder of its own (--data)`,
    );
  const buffer = await openBuffer({
    folder: join(folder, 'buffer'),
    maxBytes: maxMb * 1024 * 1024,
    whenFull,
    clock: Date.now,
  });
  return { buffer, positions, release: lock.release };
}

function checksOf(sources: readonly RunningSource[], trouble: string | undefined) {
  const checks = [...sources, { name: 'controller', trouble: () => trouble }];
  return checks.map((source) => {
    const detail = source.trouble();
    return { name: source.name, ok: detail === undefined, ...(detail === undefined ? {} : { detail }) };
  });
}
