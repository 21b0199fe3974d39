import ipaddr from 'ipaddr.js';
import type {
  Answer,
  BoundChannel,
  ChannelRequest,
  ChannelResponse,
  DeliveryContext,
  Exchange,
  FollowUpContext,
  Means,
  Message,
} from './channel.ts';
import type { Alert } from '../alert/alert.ts';

/** One HTTP call, as far as deliveries need it; `globalThis.fetch` is one. */
export type Fetch = (
  url: string,
  call: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: Headers;
  /** Leaving it early ends the call. */
  readonly body: AsyncIterable<Uint8Array> | null;
}>;

/** What the delivery code needs from the world. */
export interface Transport {
  readonly fetch: Fetch;
  /** For the whole of one attempt, the reading of the answer included. */
  readonly timeoutMs: number;
  readonly now: () => number;
  /**
   * False refuses addresses of this machine and of private networks, for settings that come from somebody other than
   * the operator. Only literal addresses and `localhost` are looked at; a name is not resolved first, because it could
   * resolve differently a moment later. Instance metadata addresses are refused in any case.
   */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** How much of an answer is read; 64 KB, where left out. */
  readonly mostBodyBytes?: number | undefined;
}

const maxBodyBytes = 64 * 1024;

/** Makes the one HTTP call. Never rejects, never follows a redirect, and no reason holds a path, a token or text of the answer. */
export async function sendRequest(
  request: Omit<ChannelRequest, 'body'> & { readonly body: string | Uint8Array<ArrayBuffer> },
  transport: Transport,
  signal: AbortSignal = AbortSignal.timeout(transport.timeoutMs),
): Promise<Exchange> {
  const place = redactUrl(request.url);
  const forbidden = forbiddenAddress(request.url, transport.allowPrivateAddresses ?? true);
  if (forbidden !== undefined) return { type: 'closed', reason: `${place}: ${forbidden}` };
  try {
    const response = await transport.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.method === 'GET' ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
    const body = await readBody(response, transport.mostBodyBytes ?? maxBodyBytes);
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), transport.now());
    return {
      type: 'response',
      response: { status: response.status, headers: response.headers, body, retryAfterMs },
    };
  } catch (error) {
    const cause: unknown = signal.aborted ? signal.reason : error;
    return { type: 'later', reason: `${place}: ${networkReason(cause, transport.timeoutMs)}` };
  }
}

/** Renders, sends and reads: one attempt at one delivery. Rejects only where the channel cannot render the alert. */
export async function deliver(
  channel: BoundChannel,
  alert: Alert,
  context: DeliveryContext,
  transport: Transport,
): Promise<Answer> {
  const [answer] = await deliverAll(channel, [{ alert, context }], transport);
  return answer ?? unanswered;
}

/** The same of several messages, at most as many as the channel takes at once: one answer for each, in their order. */
export function deliverAll(
  channel: BoundChannel,
  messages: readonly Message[],
  transport: Transport,
): Promise<readonly Answer[]> {
  return inTime(
    transport,
    async (means) => {
      const answers = await channel.send(messages, means);
      return messages.map((_, index) => answers[index] ?? unanswered);
    },
    (late) => messages.map(() => late),
  );
}

/**
 * Tells a receiver how an alert stands that it was told of before. A channel that tells once gets another message where there is news of the alert,
 * and otherwise has nothing to do.
 */
export async function followUp(
  channel: BoundChannel,
  message: Message<FollowUpContext>,
  transport: Transport,
): Promise<Answer> {
  const { follow } = channel;
  if (follow === undefined) {
    const { standing, told } = message.context;
    const isNews = standing.news !== undefined && standing.news !== told.standing.news;
    return isNews ? deliver(channel, message.alert, message.context, transport) : { type: 'accepted' };
  }
  return inTime(
    transport,
    (means) => follow(message, means),
    (late) => late,
  );
}

const unanswered: Answer = { type: 'later', reason: 'the channel said nothing of this message' };

/** One attempt, ended by the clock where the channel does not end it: a client that ignores the signal must not hold up the queue. */
async function inTime<Result>(
  transport: Transport,
  work: (means: Means) => Promise<Result>,
  tooLate: (answer: Answer) => Result,
): Promise<Result> {
  const { timeoutMs } = transport;
  // Not a signal that goes off by itself: that would go off behind every attempt too, and hold what belongs to it until then.
  const overdue = new AbortController();
  const { signal } = overdue;
  const means: Means = {
    exchange: (request) => sendRequest(request, transport, signal),
    refusal: (host) => refusedHost(host, transport.allowPrivateAddresses ?? true),
    signal,
    timeoutMs,
  };
  const over = Promise.withResolvers<Result>();
  const giveUp = (): void =>
    over.resolve(tooLate({ type: 'later', reason: `no answer within ${timeoutMs} ms` }));
  let next = setTimeout(() => {
    // A little later than the signal, so that who obeys it can say what was under way.
    next = setTimeout(giveUp, 250);
    overdue.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs);
  try {
    return await Promise.race([work(means), over.promise]);
  } finally {
    clearTimeout(next);
  }
}

/**
 * What a status says where the body adds nothing. 401, 403, 404 and 410 are about the receiver rather than about one
 * message, so they leave the delivery alive; so does a redirect, which is refused because a signed alert must not
 * travel to a place that nobody configured.
 */
export function readStatus({ status, retryAfterMs }: ChannelResponse): Answer {
  if (status >= 200 && status < 300) return { type: 'accepted' };
  if (status === 429) {
    return { type: 'later', reason: 'HTTP 429: too many requests', afterMs: retryAfterMs ?? 1000 };
  }
  if (status === 408 || status === 425 || status >= 500 || status < 200) {
    return { type: 'later', reason: `HTTP ${status} from the receiver`, afterMs: retryAfterMs };
  }
  if (status < 400) {
    return {
      type: 'closed',
      reason: `HTTP ${status}: the receiver redirects, which is not followed; configure the address that it redirects to`,
    };
  }
  const closed = closedStatus[status];
  if (closed !== undefined) return { type: 'closed', reason: `HTTP ${status}: ${closed}` };
  return { type: 'refused', reason: `HTTP ${status}: the receiver does not take this message` };
}

const closedStatus: Readonly<Record<number, string>> = {
  401: 'not authorised; check the secret or token of the channel',
  403: 'forbidden; check the rights of the secret or token, and a firewall before the receiver',
  404: 'nothing at this address; check the address of the channel',
  407: 'a proxy asks for a password',
  410: 'the receiver is gone for good; set a new address or remove the channel',
};

/** The origin alone: in a webhook address the path is the secret. */
export function redactUrl(address: string): string {
  const url = URL.parse(address);
  return url === null || url.host === '' ? '(not an address)' : `${url.protocol}//${url.host}/…`;
}

/**
 * `Retry-After` in milliseconds from `now`, for both of its forms; undefined where it is absent or makes no sense.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const trimmed = value.trim();
  if (/^\d{1,9}(\.\d{1,9})?$/.test(trimmed)) return Math.ceil(Number(trimmed) * 1000);
  // Only the date form has a comma or letters; Date.parse would take "-5" for a year.
  const date = /[a-z]/i.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function readBody({ body }: Pick<Awaited<ReturnType<Fetch>>, 'body'>, most: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let left = most;
  // Leaving the loop cancels the rest of the answer.
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.byteLength;
    if (left <= 0) return text;
  }
  return text + decoder.decode();
}

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
  ENOTFOUND: 'the name is not known to DNS',
  EAI_AGAIN: 'DNS does not answer',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to the network',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed; give its authority to Node with NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is of an unknown authority; give it to Node with NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is of an unknown authority; give it to Node with NODE_EXTRA_CA_CERTS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** Why a connection failed, in words that quote nothing. Codes and not messages, because messages of a client can quote the whole address. */
export function networkReason(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  for (
    let cause: unknown = error, depth = 0;
    cause instanceof Error && depth < 4;
    cause = cause.cause, depth += 1
  ) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    if (code !== undefined && /^[A-Z][A-Z0-9_]{1,60}$/.test(code))
      return networkReasons[code] ?? `network error ${code}`;
  }
  return 'the call failed without saying why';
}

const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
]);

function forbiddenAddress(address: string, allowPrivate: boolean): string | undefined {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'is no http or https address';
  // The URL parser has already turned 0x7f.1 and 2130706433 into 127.0.0.1.
  return refusedHost(url.hostname, allowPrivate);
}

/** Why no alert goes to a host, as the URL parser writes it; undefined where one may. */
function refusedHost(name: string, allowPrivate: boolean): string | undefined {
  const host = name
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const ip = ipaddr.isValid(host) ? ipaddr.process(host) : undefined;
  if (ip !== undefined && metadataAddresses.has(ip.toString())) {
    return 'is the instance metadata service; alerts never go there';
  }
  if (allowPrivate) return undefined;
  const local =
    ip === undefined ? host === 'localhost' || host.endsWith('.localhost') : ip.range() !== 'unicast';
  return local ? 'is a private or local address, which is not allowed here' : undefined;
}
