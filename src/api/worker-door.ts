import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { batchPath } from '../worker/protocol.ts';
import { clockToldMs, verifier, type Verified, type WorkerKeys } from '../worker/signature.ts';
import { rememberSpent } from '../worker/spent.ts';
import { HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The worker that signed the request and what it signed; undefined for everybody else. */
    sentBy: SentBy | undefined;
  }
}

export interface SentBy extends Extract<Verified, { type: 'worker' }> {
  /** To be called when the body is known to be the one that was signed. @returns false where the same request has come before */
  readonly spend: () => boolean;
}

/** At a hundred batches a second, all those that might be replayed within the window; at one a second, those of a day. Some 10 MB of memory. */
const mostSpent = 100_000;

export interface DoorOptions {
  readonly keys: readonly WorkerKeys[];
  readonly now: () => number;
  /** Told of every connection that was closed, with what the sender is not told. */
  readonly onClosed: () => void;
  /** Told of workers that sign with a time which is off by so much, once for each of their requests; below zero where it is behind. */
  readonly onClockOff?: ((worker: string, aheadMs: number) => void) | undefined;
}

/**
 * Closes the connection on everyone who comes to the address of workers and is none, without a byte of an answer: who only looks around
 * does not learn that a controller is here, whichever method or spelling of the address is tried. Workers get in by the head of their request;
 * whether the body is what they signed is seen when it has been read.
 *
 * What Node would answer by itself, before anybody is asked, is answered here, when it is known for whom a request is. The server must have
 * been made with `requireHostHeader: false` and `return503OnClosing: false`.
 */
export function addWorkerDoor(app: FastifyInstance, { keys, now, onClosed, onClockOff }: DoorOptions): void {
  const verify = verifier(keys, now);
  const spent = rememberSpent(now, { forMs: 2 * clockToldMs, most: mostSpent });
  const waiting = new WeakSet<IncomingMessage>();
  const expecting = new WeakSet<IncomingMessage>();
  const latest = new WeakMap<Socket, { readonly message: IncomingMessage; readonly forWorkers: boolean }>();
  app.decorateRequest('sentBy', undefined);

  function admit(request: FastifyRequest): string | undefined {
    if (expecting.has(request.raw)) return 'it expects what no server does';
    const verified = verify({ method: request.method, path: request.url, headers: request.headers });
    if (verified.type === 'refused') {
      const { clock, reason } = verified;
      // Who captured requests of a worker can send them again when they are old. Each counts once (one that is days ahead: once in two days), and none that this process has taken. So all that can be
      // had from those that never came here, or came before the last start, is one alert of medium severity, which is over with the worker's next batch.
      if (clock !== undefined && spent.add(clock.signature)) onClockOff?.(clock.worker, clock.aheadMs);
      return reason;
    }
    const { signature, worker } = verified;
    if (spent.has(signature)) return `a batch of worker '${worker}' is replayed`;
    request.sentBy = { ...verified, spend: () => spent.add(signature) };
    request.keyName = `worker ${worker}`;
    return undefined;
  }

  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const forWorkers = isForWorkers(request);
    latest.set(raw.socket, { message: raw, forWorkers });
    if (forWorkers) {
      const refused = admit(request);
      if (refused !== undefined) {
        onClosed();
        return closeUnanswered(request, reply, refused);
      }
    } else if (expecting.has(raw)) return reply.code(417).send();
    else if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
      reply.header('connection', 'close');
      throw new HttpProblem(400, 'The request names no host; send the header Host.');
    }
    if (waiting.has(raw)) reply.raw.writeContinue();
    return undefined;
  });

  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    app.server.emit('request', request, response);
  });
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    expecting.add(request);
    app.server.emit('request', request, response);
  });
  // Before the framework's own listener, which says nothing over a connection that is closed.
  app.server.prependListener('clientError', (error: ClientError, socket: Socket) => {
    // Where the other side has gone nobody answers.
    if (socket.destroyed || error.code === 'ECONNRESET') return;
    const under = latest.get(socket);
    const isUnderway = under !== undefined && !under.message.complete;
    const forWorkers = isUnderway ? under.forWorkers : mayBeForWorkers(error, socket);
    if (forWorkers === false) return;
    if (forWorkers === true) onClosed();
    socket.destroy();
  });
}

/** Ends a request of somebody unknown. */
export function closeUnanswered(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
  request.log.info({ from: request.ip, reason }, 'a connection for workers was closed without an answer');
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
}

/**
 * Whether something that Node cannot read is for workers; undefined where nobody knows: what has come in several parts, or did not come to its end in
 * time, may have begun with their address.
 */
function mayBeForWorkers({ rawPacket }: ClientError, socket: Socket): boolean | undefined {
  const text = rawPacket && withoutPercents(Buffer.from(rawPacket).toString('latin1'));
  if (text?.includes(batchPath) === true) return true;
  return rawPacket?.length === socket.bytesRead ? false : undefined;
}

/** What the router sends there, percent signs and all, and what only looks like it. */
function isForWorkers(request: FastifyRequest): boolean {
  return request.routeOptions.url === batchPath || isWorkerPath(request.url);
}

function isWorkerPath(url: string): boolean {
  const path = withoutPercents(url.replace(/^https?:\/\/[^/]*/i, '')).split(/[?#;]/, 1)[0];
  return path === batchPath || path === `${batchPath}/`;
}

function withoutPercents(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
