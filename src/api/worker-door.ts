import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { batchPath } from '../worker/protocol.ts';
import { verifier, type Verified, type WorkerKeys } from '../worker/signature.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The worker that signed the request and what it signed; undefined for everybody else. */
    sentBy: Extract<Verified, { type: 'worker' }> | undefined;
  }
}

export interface DoorOptions {
  readonly keys: readonly WorkerKeys[];
  readonly now: () => number;
  /** Told of every connection that was closed, with what the sender is not told. */
  readonly onClosed: () => void;
}

/**
 * Closes the connection on everyone who comes to the address of workers and is none, without a byte of an answer: who only looks around
 * does not learn that a controller is here, whichever method or spelling of the address is tried. Workers get in by the head of their request;
 * whether the body is what they signed is seen when it has been read.
 */
export function addWorkerDoor(app: FastifyInstance, { keys, now, onClosed }: DoorOptions): void {
  const verify = verifier(keys, now);
  app.decorateRequest('sentBy', undefined);

  app.addHook('onRequest', async (request, reply) => {
    if (!isForWorkers(request)) return undefined;
    const verified = verify({ method: request.method, path: request.url, headers: request.headers });
    if (verified.type === 'refused') {
      onClosed();
      return closeUnanswered(request, reply, verified.reason);
    }
    request.sentBy = verified;
    request.keyName = `worker ${verified.worker}`;
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
    return undefined;
  });

  // Node answers these two before anybody is asked.
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!isWorkerPath(request.url)) response.writeContinue();
    app.server.emit('request', request, response);
  });
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (isWorkerPath(request.url)) {
      onClosed();
      request.socket.destroy();
      return;
    }
    response.writeHead(417).end();
  });
}

/** Ends a request of somebody unknown. */
export function closeUnanswered(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
  request.log.info({ from: request.ip, reason }, 'a connection for workers was closed without an answer');
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

/** What the router sends there, percent signs and all, and what only looks like it. */
function isForWorkers(request: FastifyRequest): boolean {
  return request.routeOptions.url === batchPath || isWorkerPath(request.url);
}

function isWorkerPath(url: string | undefined): boolean {
  const path = url?.split(/[?#;]/, 1)[0] ?? '';
  return path === batchPath || path === `${batchPath}/`;
}
