import type { FastifyInstance } from 'fastify';
import { createBase, sendProblem, type BaseOptions } from './base.ts';
import { eventRoutes, type Ingest } from './events.ts';
import { HttpProblem, problemFrom } from './problem.ts';
import { healthRoutes, type Health } from './state.ts';

export interface WorkerApiOptions extends Omit<BaseOptions, 'workers'> {
  readonly ingest: Ingest;
  readonly health: () => Health;
  readonly metrics: () => Promise<string>;
  /** Longest body of `POST /v1/events` in bytes as they arrive, before unpacking. */
  readonly bodyLimit: number;
}

/** The HTTP server of a worker, not yet listening: a way in for events, and what machines ask in order to watch it. */
export async function createWorkerApi(options: WorkerApiOptions): Promise<FastifyInstance> {
  const app = await createBase({ ...options, workers: undefined });
  eventRoutes(app, options);
  healthRoutes(app, options);
  app.setErrorHandler((error, request, reply) => {
    const problem = problemFrom(error);
    if (problem.status >= 500) request.log.error({ err: problem.cause ?? error }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new HttpProblem(
        404,
        `Nothing answers ${request.method} at this address; this is a worker, and the controller has the alerts.`,
      ),
    ),
  );
  return app;
}
