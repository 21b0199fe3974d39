import type { FastifyInstance } from 'fastify';

/** Requests under way get this long; who is cut off then was never told that anything was taken. */
const drainMs = 10_000;

/**
 * Lets requests under way finish. A connection that falls idle after the closing began would stay open for its whole keep-alive
 * time, so idle ones are closed again and again until none is left.
 */
export async function closeApi(api: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => api.server.closeIdleConnections(), 50);
  const patience = setTimeout(() => api.server.closeAllConnections(), drainMs);
  try {
    await api.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(patience);
  }
}
