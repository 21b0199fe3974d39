import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Store } from '../store/store.ts';
import { alertRoutes } from './alerts.ts';
import { assetRoutes } from './assets.ts';
import { blockRoutes, type Blocks } from './blocks.ts';
import { channelRoutes, type ChannelStatus } from './channels.ts';
import { decisionRoutes } from './decisions.ts';
import { deliveryRoutes } from './deliveries.ts';
import type { ApiKey } from './auth.ts';
import { eventRoutes, type Ingest } from './events.ts';
import { workerRoutes, type TakeBatch } from './worker-batches.ts';
import { addWorkerDoor } from './worker-door.ts';
import type { WorkerKeys } from '../worker/signature.ts';
import { createGuard } from './guard.ts';
import { errorPage, type Frame } from './layout.ts';
import { openApi } from './openapi.ts';
import { pageRoutes, sendHtml } from './pages.ts';
import { HttpProblem, problemBody, problemFrom, statusName } from './problem.ts';
import { rememberedAssetRoutes } from './remembered-assets.ts';
import { slackRoutes, type SlackActions } from './slack.ts';
import { stateRoutes, type Health } from './state.ts';
import { trafficRoutes } from './traffic.ts';
import type { TrafficState } from './traffic-page.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly ingest: Ingest;
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
  readonly workers?: {
    readonly keys: readonly WorkerKeys[];
    readonly take: TakeBatch;
    /** Told of every connection that was closed because nobody who may was behind it. */
    readonly onClosed: () => void;
  };
  readonly health: () => Health;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A logger as pino makes them, settings for one, or false for silence. */
  readonly log: FastifyBaseLogger | NonNullable<FastifyServerOptions['logger']>;
  /** Where people reach this server, such as `https://tocsin.example.com`. */
  readonly publicUrl?: string | undefined;
  /** Longest body of `POST /v1/events` in bytes as they arrive, before unpacking; 64 MiB by default. */
  readonly bodyLimit?: number | undefined;
}

/** Nothing but what we serve ourselves, and nothing inline: a hostile string that slipped into a page could still do nothing. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
};

/**
 * The HTTP server, not yet listening: the API, its description and the pages. Ask `checkListen` before `listen`.
 *
 * @throws {TypeError} where `publicUrl` is no absolute URL
 */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { store, now, keys, publicUrl, version } = options;
  const app: FastifyInstance = Fastify({
    ...logging(options.log),
    // One line for each answer, below, instead of two for each request.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // A body of the largest size must get through on a slow line, and a client that only drips must go some day.
    requestTimeout: 300_000,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, problemFrom(error));
    },
    routerOptions: { maxParamLength: 1000 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('mayRead', false);
  app.decorateRequest('keyName', '');

  const isHttps = publicUrl?.startsWith('https:') ?? false;
  await app.register(helmet, {
    contentSecurityPolicy,
    strictTransportSecurity: isHttps,
    frameguard: { action: 'deny' },
  });
  const workers = options.workers ?? { keys: [], take: nobodyThere, onClosed: () => {} };
  // Before the guard, which would answer.
  addWorkerDoor(app, { keys: workers.keys, now, onClosed: workers.onClosed });
  const guard = createGuard(keys, publicUrl);
  app.addHook('onRequest', async (request) => guard(request));
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      // Without the query: people paste keys and tokens there, and what they filter by names their accounts.
      url: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      from: request.ip,
      ...(request.keyName === '' ? {} : { key: request.keyName }),
    };
    // Pages ask every few seconds whether there is something new: told only to those who want to hear everything.
    const isQuiet = reply.statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD');
    if (isQuiet) request.log.debug(line, 'answered');
    else request.log.info(line, 'answered');
  });

  await openApi(app, { version, publicUrl, keysNeeded: keys.length > 0 });
  const frame: Frame = { assets: assetRoutes(app), version };
  eventRoutes(app, { ingest: options.ingest, now, bodyLimit: options.bodyLimit ?? 64 * 1024 * 1024 });
  workerRoutes(app, workers);
  alertRoutes(app, { store, now });
  deliveryRoutes(app, { store, now });
  channelRoutes(app, { store, channels: options.channels ?? (() => []) });
  if (options.slack !== undefined) slackRoutes(app, { ...options.slack, now });
  rememberedAssetRoutes(app, { store });
  blockRoutes(app, { store, blocks: options.blocks, now });
  decisionRoutes(app, { store, blocks: options.blocks, now });
  stateRoutes(app, { store, health: options.health, metrics: options.metrics });
  const traffic = options.traffic ?? (() => undefined);
  trafficRoutes(app, { traffic });
  pageRoutes(app, {
    store,
    blocks: options.blocks,
    traffic,
    now,
    frame,
    publicUrl,
    keysNeeded: keys.length > 0,
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

async function nobodyThere(): Promise<never> {
  throw new HttpProblem(404, 'There is nothing here.');
}

function logging(log: ApiOptions['log']): Pick<FastifyServerOptions, 'logger' | 'loggerInstance'> {
  return isLogger(log) ? { loggerInstance: log } : { logger: log };
}

function isLogger(log: ApiOptions['log']): log is FastifyBaseLogger {
  return typeof log === 'object' && 'info' in log && typeof log.info === 'function';
}

function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', 'application/problem+json')
    .send(problemBody(problem));
}

const pagePaths: ReadonlySet<string> = new Set([
  '/',
  '/alerts/:id',
  '/assets',
  '/asset',
  '/blocks',
  '/traffic',
]);

/** People who open an address in a browser get a page; programs get problem details. */
function wantsPage(request: FastifyRequest): boolean {
  const isPage = request.is404 || pagePaths.has(request.routeOptions.url ?? '');
  return isPage && (request.headers.accept ?? '').includes('text/html');
}
