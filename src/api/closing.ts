import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem, retryAfter } from './problem.ts';

/**
 * Takes nothing on that comes while the server closes, over connections that are still open. To be called behind the workers' door, and for a
 * server that was made with `return503OnClosing: false`: the framework would answer before anybody is asked.
 */
export function refuseWhileClosing(app: FastifyInstance): void {
  let isClosing = false;
  const late = new WeakSet<FastifyRequest>();
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onRequest', async (request) => {
    if (!isClosing) return;
    if (request.sentBy === undefined) throw stopping();
    // Only its head is known to be a worker's; who sends another body with it must not be answered.
    late.add(request);
  });
  app.addHook('preHandler', async (request) => {
    if (late.has(request)) throw stopping();
  });
}

function stopping(): HttpProblem {
  return new HttpProblem(
    503,
    `The server is stopping; try again in ${retryAfter} seconds: sending the same again is safe.`,
    { headers: { 'retry-after': String(retryAfter) } },
  );
}
