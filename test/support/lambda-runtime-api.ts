import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly type: 'response' | 'error';
  readonly body: unknown;
}

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API: host and port. */
  readonly address: string;
  readonly answers: readonly Answer[];
  /** Resolves with one answer for each event. */
  readonly finished: Promise<readonly Answer[]>;
  readonly close: () => Promise<void>;
}

/**
 * The HTTP interface through which Lambda hands events to a runtime, on loopback, for the given events.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeApi(events: readonly object[]): Promise<RuntimeApi> {
  const answers: Answer[] = [];
  let given = 0;
  const { promise: finished, resolve, reject } = Promise.withResolvers<readonly Answer[]>();
  const base = '/2018-06-01/runtime';
  const server = createServer((request, response) => {
    void (async () => {
      const url = request.url ?? '';
      if (request.method === 'GET' && url === `${base}/invocation/next`) {
        const event = events[given];
        if (event === undefined) return; // Lambda, too, lets a runtime wait here
        given++;
        response.writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': `request-${given}`,
          'lambda-runtime-deadline-ms': String(Date.now() + 30_000),
        });
        response.end(JSON.stringify(event));
        return;
      }
      const body = JSON.parse(await read(request)) as unknown;
      response.writeHead(202).end();
      if (url === `${base}/init/error`)
        reject(new Error(`the function could not start: ${JSON.stringify(body)}`));
      else answers.push({ type: url.endsWith('/error') ? 'error' : 'response', body });
      if (answers.length === events.length) resolve(answers);
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    finished,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
