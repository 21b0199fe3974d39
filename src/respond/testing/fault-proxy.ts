import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** A call as it came in: the operation, and the body. */
export interface RecordedCall {
  readonly operation: string;
  readonly body: unknown;
}

/** `before` the call reaches the service, or `after` it has been carried out and only the answer is another. */
export interface Fault {
  readonly status: number;
  readonly type: string;
  readonly when: 'before' | 'after';
}

export interface FaultProxy {
  readonly endpoint: string;
  readonly calls: readonly RecordedCall[];
  /** Asked for each call. */
  fault: (call: RecordedCall) => Fault | 'hang-up' | undefined;
  readonly stop: () => Promise<void>;
}

/** Stands in front of a service of AWS that speaks JSON, writes down what is called, and fails where it is told to. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const calls: RecordedCall[] = [];
  const server = createServer((incoming, answer) => {
    void relay(incoming, answer);
  });

  async function relay(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming);
    const operation = String(incoming.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const call: RecordedCall = { operation, body: JSON.parse(body.toString('utf8') || 'null') };
    calls.push(call);
    const fault = proxy.fault(call);
    if (fault === 'hang-up') {
      answer.destroy();
      return;
    }
    const passed =
      fault === undefined || fault.when === 'after' ? await pass(incoming, body, upstream) : undefined;
    if (fault !== undefined) {
      answer.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.1' });
      answer.end(JSON.stringify({ __type: fault.type, message: 'as the test wants it' }));
    } else if (passed !== undefined) {
      answer.writeHead(passed.status, passed.headers);
      answer.end(passed.body);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    fault: () => undefined,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function pass(incoming: IncomingMessage, body: Buffer, upstream: string) {
  const onward = request(`${upstream}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'POST',
    headers: incoming.headers,
  });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await bytesOf(answer) };
}
