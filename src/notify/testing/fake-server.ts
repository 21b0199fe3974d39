import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a server does with one request. */
export type ScriptedAnswer =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Cuts the connection without an answer. */
  | { readonly type: 'reset' }
  /** Never answers. */
  | { readonly type: 'hang' };

export interface FakeServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Answers for the next requests, in order; after them comes what the server does by itself. */
  readonly answerNext: (...answers: readonly ScriptedAnswer[]) => void;
  readonly close: () => Promise<void>;
}

/** A real HTTP server on loopback that can be told to misbehave. */
export async function startFakeServer(
  answer: (request: ReceivedRequest) => ScriptedAnswer,
): Promise<FakeServer> {
  const requests: ReceivedRequest[] = [];
  const script: ScriptedAnswer[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      perform(script.shift() ?? answer(request), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    answerNext: (...answers) => script.push(...answers),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function perform(answer: ScriptedAnswer, response: ServerResponse): void {
  switch (answer.type) {
    case 'answer':
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
      return;
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a port');
  return address.port;
}
