import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** What becomes of one request on its way to the database. */
export type Fate =
  | 'pass'
  /** Refused, as when there is too much to do. */
  | 'throttle'
  /** A transaction is refused because another touches the same items. */
  | 'conflict'
  /** The database says that it has failed, and has done nothing. */
  | 'fail'
  /** The connection breaks before the request arrives. */
  | 'lost request'
  /** The connection breaks after the request has been carried out. */
  | 'lost answer'
  /** The request arrives twice. */
  | 'twice';

export interface Proxy {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/**
 * Stands between a store and its database.
 * @param fate of the request with this number, counted from 1; `operation` is `PutItem`, `TransactWriteItems` ...
 */
export async function startProxy(
  target: string,
  fate: (number: number, operation: string) => Fate,
): Promise<Proxy> {
  let number = 0;
  const server = createServer((incoming, answer) => {
    void handle(incoming, answer).catch(() => incoming.socket.destroy());
  });

  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(Buffer.from(part as Uint8Array));
    const body = Buffer.concat(parts);
    const operation = String(incoming.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const chosen = fate((number += 1), operation);
    switch (chosen) {
      case 'throttle':
        return refuse(answer, 400, 'ProvisionedThroughputExceededException', 'too much at once');
      case 'conflict':
        return operation === 'TransactWriteItems'
          ? refuse(answer, 400, 'TransactionCanceledException', 'cancelled', [
              { Code: 'TransactionConflict', Message: 'another transaction is under way' },
            ])
          : refuse(answer, 400, 'ThrottlingException', 'too much at once');
      case 'fail':
        return refuse(answer, 500, 'InternalServerError', 'something broke');
      case 'lost request':
        incoming.socket.destroy();
        return;
      case 'lost answer':
        await forward(target, incoming, body);
        incoming.socket.destroy();
        return;
      case 'twice':
      case 'pass': {
        if (chosen === 'twice') await forward(target, incoming, body);
        const { status, headers, content } = await forward(target, incoming, body);
        answer.writeHead(status, headers).end(content);
        return;
      }
      default:
        return chosen satisfies never;
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
function refuse(
  answer: ServerResponse,
  status: number,
  type: string,
  message: string,
  reasons?: object[],
): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, CancellationReasons: reasons };
  answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly content: Buffer;
}

function forward(target: string, { method, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(target, { method: method ?? 'POST', headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 500,
          headers: response.headers,
          content: Buffer.concat(parts),
        }),
      );
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
