import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatherSetting } from '../alert/incident/gather.ts';
import type { Store } from '../store/store.ts';
import { alertRoutes } from './alerts.ts';
import { assetRoutes } from './assets.ts';
import { blockRoutes, type Blocks } from './blocks.ts';
import { channelRoutes, type ChannelStatus } from './channels.ts';
import { decisionRoutes } from './decisions.ts';
import { bulkRoutes } from './bulk.ts';
import { deskRoutes } from './desk-pages.ts';
import type { RunningRule } from './rules-page.ts';
import { lifeRoutes, type LifeRoutes } from './life.ts';
import { deliveryRoutes } from './deliveries.ts';
import type { ApiKey } from './auth.ts';
import { eventRoutes, type Ingest } from './events.ts';
import { incidentRoutes } from './incidents.ts';
import { healthReportRoutes, type HealthReport } from './health-report.ts';
import { latencyRoutes, type Latency } from './latency.ts';
import { workerRoutes, type TakeBatch } from './worker-batches.ts';
import { createBase, sendProblem, type ServerLog } from './base.ts';
import type { DoorOptions } from './worker-door.ts';
import { errorPage, type Frame } from './layout.ts';
import { openApi } from './openapi.ts';
import { pageRoutes, sendHtml } from './pages.ts';
import { HttpProblem, problemFrom, statusName } from './problem.ts';
import { replayRoutes, type ReplayRejection } from './replay.ts';
import { rememberedAssetRoutes } from './remembered-assets.ts';
import { slackRoutes, type SlackActions } from './slack.ts';
import { healthRoutes, stateRoutes, type Health } from './state.ts';
import { trafficRoutes } from './traffic.ts';
import type { TrafficState } from './traffic-page.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly ingest: Ingest;
  /** Tries what was rejected again; nothing is replayed, where left out. */
  readonly replay?: ReplayRejection | undefined;
  readonly blocks: Blocks;
  /** The access logs that this server follows; undefined while it does not. */
  readonly traffic?: (() => TrafficState | undefined) | undefined;
  /** How the channels of this server do. */
  readonly channels?: (() => readonly ChannelStatus[]) | undefined;
  /** What clicks on buttons in Slack do; without it nothing listens for them. */
  readonly slack?: SlackActions | undefined;
  /** Where there are none, callers need no key, and only those on this machine are answered. */
  readonly keys: readonly ApiKey[];
  /** Workers that may send batches; without any, nobody is let in where they would. */
  readonly workers?: Omit<DoorOptions, 'now'> & { readonly take: TakeBatch };
  /** What changes of alerts and suppressions lead to. */
  readonly life?: Partial<Omit<LifeRoutes, 'store' | 'now'>> | undefined;
  readonly health: () => Health;
  /** How long alerts took on their way lately. */
  readonly latency?: (() => Promise<Latency>) | undefined;
  /** How alerts are gathered; there are no incidents, where left out. */
  readonly incidents?: GatherSetting | undefined;
  /** From which score on people are told of an incident; 50 where left out. */
  readonly incidentThreshold?: number | undefined;
  /** The rules that run. */
  readonly rules?: (() => readonly RunningRule[]) | undefined;
  /** What is wrong, and how everything does that is heard of. */
  readonly healthReport?: (() => HealthReport) | undefined;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: ServerLog;
  /** Where people reach this server, such as `https://tocsin.example.com`. */
  readonly publicUrl?: string | undefined;
  /** Longest body of `POST /v1/events` in bytes as they arrive, before unpacking; 64 MiB by default. */
  readonly bodyLimit?: number | undefined;
}

/**
 * The HTTP server, not yet listening: the API, its description and the pages. Ask `checkListen` before `listen`.
 *
 * @throws {TypeError} where `publicUrl` is no absolute URL
 */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { store, now, keys, publicUrl, version } = options;
  const workers = options.workers ?? { keys: [], take: nobodyThere, onClosed: () => {} };
  const app = await createBase({ ...options, workers });
  await openApi(app, { version, publicUrl, keysNeeded: keys.length > 0 });
  const frame: Frame = { assets: assetRoutes(app), version };
  eventRoutes(app, { ingest: options.ingest, now, bodyLimit: options.bodyLimit ?? 64 * 1024 * 1024 });
  workerRoutes(app, workers);
  alertRoutes(app, { store, now });
  const life = {
    channelNames: () => [],
    nudge: () => {},
    problemOf: () => undefined,
    onSuppressions: async () => {},
    gathering: options.incidents,
    ...options.life,
  };
  lifeRoutes(app, { store, now, ...life });
  bulkRoutes(app, { store, gathering: life.gathering, now, nudge: life.nudge });
  deliveryRoutes(app, { store, now });
  incidentRoutes(app, { store, setting: options.incidents, now, nudge: life.nudge });
  healthReportRoutes(app, { report: options.healthReport ?? nobodyWatches });
  latencyRoutes(app, { latency: options.latency ?? noLatency });
  channelRoutes(app, { store, channels: options.channels ?? (() => []) });
  if (options.slack !== undefined) slackRoutes(app, { ...options.slack, now });
  rememberedAssetRoutes(app, { store });
  blockRoutes(app, { store, blocks: options.blocks, now });
  decisionRoutes(app, { store, blocks: options.blocks, now });
  stateRoutes(app, { store });
  replayRoutes(app, { replay: options.replay ?? nobodyThere });
  healthRoutes(app, options);
  const traffic = options.traffic ?? (() => undefined);
  trafficRoutes(app, { traffic });
  deskRoutes(app, {
    store,
    now,
    frame,
    setting: options.incidents,
    threshold: options.incidentThreshold ?? 50,
    life,
    channels: options.channels ?? (() => []),
    rules: options.rules ?? (() => []),
    healthReport: options.healthReport ?? nobodyWatches,
    send: sendHtml,
  });
  pageRoutes(app, {
    store,
    blocks: options.blocks,
    traffic,
    now,
    frame,
    publicUrl,
    keysNeeded: keys.length > 0,
    life,
  });

  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    problem: HttpProblem,
  ): Promise<FastifyReply> => {
    if (!wantsPage(request)) return sendProblem(reply, problem);
    const page = errorPage(frame, { title: statusName(problem.status), detail: problem.message });
    return sendHtml(reply.code(problem.status).headers(problem.headers), page);
  };
  app.setErrorHandler((error, request, reply) => {
    const problem = problemFrom(error);
    const cause = problem.cause ?? error;
    if (problem.status >= 500) request.log.error({ err: cause }, 'request failed');
    return answer(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const problem = new HttpProblem(
      404,
      `Nothing answers ${request.method} at this address; /openapi.json lists what there is, and / shows the alerts.`,
    );
    return answer(request, reply, problem);
  });
  return app;
}

function nobodyWatches(): never {
  throw new HttpProblem(503, 'Nobody watches here.');
}

async function noLatency(): Promise<Latency> {
  return { sources: {}, channels: {} };
}

async function nobodyThere(): Promise<never> {
  throw new HttpProblem(404, 'There is nothing here.');
}

/** People who open an address in a browser get a page; programs get problem details. */
function wantsPage(request: FastifyRequest): boolean {
  const isPage = request.is404 || request.routeOptions.config.isPage === true;
  return isPage && (request.headers.accept ?? '').includes('text/html');
}
