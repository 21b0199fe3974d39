import { checkMessage, type CheckedMessage } from './block-kit.ts';
import {
  startFakeServer,
  type FakeServer,
  type ReceivedRequest,
  type ScriptedAnswer,
} from './fake-server.ts';

export interface FakeSlack extends FakeServer {
  /** For the setting `webhookUrl`. */
  readonly webhookUrl: string;
  /** For the setting `apiUrl`. */
  readonly apiUrl: string;
  /** The bot token that it takes. */
  readonly token: string;
  /** The Slack channel that it knows. */
  readonly channel: string;
  /** What was posted and taken, by either way, in order. */
  readonly messages: readonly CheckedMessage[];
  /** Why messages were not taken. */
  readonly problems: readonly string[];
}

const webhookPath = '/services/T00000000/B00000000/not-a-real-webhook-secret';
const token = 'xoxb-not-a-real-token';
const channel = '#alerts';
const channelId = 'C0ALERTS';

/** Plays Slack on loopback, strictly: a message over any documented limit is refused as Slack refuses it. */
export async function startFakeSlack(): Promise<FakeSlack> {
  const messages: CheckedMessage[] = [];
  const problems: string[] = [];

  const take = (request: ReceivedRequest): { readonly error: string | undefined } => {
    const checked = checkMessage(parse(request.body));
    if ('problems' in checked) {
      problems.push(...checked.problems);
      return { error: 'invalid_blocks' };
    }
    // Slack takes the name of a channel for a new message, and its id alone for what is about one that is there.
    const known = request.path === '/api/chat.update' ? [channelId] : [channel, channelId];
    if (request.path.startsWith('/api/') && !known.includes(checked.message.channel ?? ''))
      return { error: 'channel_not_found' };
    const about = checked.message.ts ?? checked.message.thread_ts;
    if (about !== undefined && !/^[1-9]\d*\.000100$/.test(about)) return { error: 'message_not_found' };
    if (request.path === '/api/chat.update' && checked.message.ts === undefined)
      return { error: 'message_not_found' };
    messages.push(checked.message);
    return { error: undefined };
  };

  const answer = (request: ReceivedRequest): ScriptedAnswer => {
    if (request.method !== 'POST') return plain(405, 'method_not_allowed');
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return plain(400, 'invalid_payload');
    if (request.path === webhookPath) {
      const { error } = take(request);
      return error === undefined ? plain(200, 'ok') : plain(400, error);
    }
    if (request.path === '/api/chat.postMessage' || request.path === '/api/chat.update') {
      if (request.headers.authorization !== `Bearer ${token}`)
        return json({ ok: false, error: 'invalid_auth' });
      const { error } = take(request);
      const ts = messages.at(-1)?.ts ?? `${messages.length}.000100`;
      return json(error === undefined ? { ok: true, channel: channelId, ts } : { ok: false, error });
    }
    return plain(404, 'no_service');
  };

  const server = await startFakeServer(answer);
  return {
    ...server,
    webhookUrl: server.url + webhookPath,
    apiUrl: `${server.url}/api`,
    token,
    channel,
    messages,
    problems,
  };
}

function plain(status: number, body: string): ScriptedAnswer {
  return { type: 'answer', status, headers: { 'content-type': 'text/plain' }, body };
}

function json(body: object): ScriptedAnswer {
  return {
    type: 'answer',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
