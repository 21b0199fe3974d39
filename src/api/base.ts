import { randomUUID } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ApiKey } from './auth.ts';
import { refuseWhileClosing } from './closing.ts';
import { createGuard } from './guard.ts';
import { problemBody, problemFrom, type HttpProblem } from './problem.ts';
import { addWorkerDoor, type DoorOptions } from './worker-door.ts';

/** A logger as pino makes them, settings for one, or false for silence. */
export type ServerLog = FastifyBaseLogger | NonNullable<FastifyServerOptions['logger']>;

export interface BaseOptions {
  /** Where there are none, callers need no key, and only those on this machine are answered. */
  readonly keys: readonly ApiKey[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: ServerLog;
  readonly publicUrl?: string | undefined;
  readonly workers?: Omit<DoorOptions, 'now'> | undefined;
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
 * What every HTTP server of ours has: who gets in, headers, limits, one line of the log for each answer. Routes, and what is answered
 * where something fails, are added by the caller.
 */
export async function createBase(options: BaseOptions): Promise<FastifyInstance> {
  const { keys, now, publicUrl, workers } = options;
  const app: FastifyInstance = Fastify({
    ...logging(options.log),
    // One line for each answer, below, instead of two for each request.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // A body of the largest size must get through on a slow line, and a client that only drips must go some day.
    requestTimeout: 300_000,
    // The door for workers, and what lies behind it, answer in its place, where there may be an answer.
    http: { requireHostHeader: false },
    return503OnClosing: false,
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
  const headers = securityHeaders(isHttps);
  app.addHook('onRequest', (_request, reply, next) => {
    for (const [name, value] of headers) reply.raw.setHeader(name, value);
    next();
  });
  // Before the guard, which would answer.
  addWorkerDoor(app, { ...(workers ?? { keys: [], onClosed: () => {} }), now });
  refuseWhileClosing(app);
  const guard = createGuard(keys, publicUrl);
  app.addHook('onRequest', async (request) => guard(request));
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  app.addHook('onResponse', async (request, reply) => {
    const level = isOrdinary(request, reply) ? 'debug' : 'info';
    if (level === 'debug' && !hearsAll.has(request.log.level)) return;
    const line = {
      method: request.method,
      // Without the query: people paste keys and tokens there, and what they filter by names their accounts.
      url: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      from: request.ip,
      ...(request.keyName === '' ? {} : { key: request.keyName }),
    };
    request.log[level](line, 'answered');
  });

  return app;
}

const hearsAll: ReadonlySet<string> = new Set(['debug', 'trace']);

/**
 * Pages ask every few seconds whether there is something new, and events may come a thousand times a second: told only to those who want to hear
 * everything. What events came to is counted in the metrics.
 */
function isOrdinary({ method, routeOptions }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return statusCode < 400 && (method === 'GET' || method === 'HEAD' || routeOptions.config.need === 'ingest');
}

/** They are the same for every answer, and worked out once. */
function securityHeaders(isHttps: boolean): readonly (readonly [name: string, value: string])[] {
  const write = helmet({
    contentSecurityPolicy,
    strictTransportSecurity: isHttps,
    frameguard: { action: 'deny' },
  });
  const answer = new ServerResponse(new IncomingMessage(new Socket()));
  write(answer.req, answer, () => {});
  return Object.entries(answer.getHeaders()).map(([name, value]) => [name, String(value)]);
}

function logging(log: ServerLog): Pick<FastifyServerOptions, 'logger' | 'loggerInstance'> {
  return isLogger(log) ? { loggerInstance: log } : { logger: log };
}

function isLogger(log: ServerLog): log is FastifyBaseLogger {
  return typeof log === 'object' && 'info' in log && typeof log.info === 'function';
}

/** Problem details, for programs. */
export function sendProblem(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', 'application/problem+json')
    .send(problemBody(problem));
}
