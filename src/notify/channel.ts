import type * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Standing } from '../alert/standing.ts';
import type { Receipt, Told } from '../store/told.ts';
import type { Wording } from './template.ts';

/** An HTTP call that delivers an alert: pure data, so that a test can read it and a log can redact it. */
export interface ChannelRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  /** Not sent with GET. */
  readonly body: string;
}

/** What came back. */
export interface ChannelResponse {
  readonly status: number;
  readonly headers: Headers;
  /** At most the first 64 KB. */
  readonly body: string;
  /** How long the receiver asks us to wait (`Retry-After` as seconds or as a date), in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** What the render step may use besides the alert and the settings. */
export interface DeliveryContext {
  /** The same for every attempt at one delivery. */
  readonly idempotencyKey: string;
  /** Link to the alert in the console; undefined where no public address is configured. */
  readonly link: string | undefined;
  /** Milliseconds since the epoch, for signatures. */
  readonly now: number;
  /** How the alert stands at this moment. Left out where nobody keeps that: then it is as it was raised. */
  readonly standing?: Standing | undefined;
  /** What stands below the title, in the words of the settings; undefined where the channel has its own. */
  readonly wording?: Wording | undefined;
}

/** The same for a message about an alert that the channel was told of before. */
export interface FollowUpContext extends DeliveryContext {
  readonly standing: Standing;
  /** What the channel was told last, and by what the receiver knows it. */
  readonly told: Told;
}

/** How the receiver took a request. Reasons are shown to people and kept: they hold no secret and nothing of the answer that was not checked. */
export type Answer =
  /** With a receipt where the receiver said by what it knows the message: kept, and given to later messages about the alert. */
  | { readonly type: 'accepted'; readonly receipt?: Receipt | undefined }
  /** Worth another attempt, not before `afterMs` where the receiver named a time. */
  | { readonly type: 'later'; readonly reason: string; readonly afterMs?: number | undefined }
  /**
   * Nothing that we send gets in until a person changes something over there: token revoked, bot not invited, channel
   * archived. The delivery is kept and tried at long intervals, so that a night's alerts arrive when somebody mends it.
   */
  | { readonly type: 'closed'; readonly reason: string }
  /** This one message is not taken and never will be. */
  | { readonly type: 'refused'; readonly reason: string };

/** What a channel may use of the world during one attempt. */
export interface Means {
  /** One HTTP exchange by the rules of every delivery: never rejects, follows no redirect, reads no endless answer. */
  readonly exchange: (request: ChannelRequest) => Promise<Exchange>;
  /** Why no connection may be made to a host (a name or an address); undefined where one may. For channels that connect by themselves. */
  readonly refusal: (host: string) => string | undefined;
  /** Aborted when the time of the attempt is over. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** What came of one HTTP exchange. */
export type Exchange =
  | { readonly type: 'response'; readonly response: ChannelResponse }
  | Extract<Answer, { type: 'later' | 'closed' }>;

/** An alert with what is needed to tell of it. */
export interface Message<Context extends DeliveryContext = DeliveryContext> {
  readonly alert: Alert;
  readonly context: Context;
}

/** What every kind of channel has. */
interface ChannelKind<Settings> {
  /** The `type` in the configuration and the name of the file. */
  readonly type: string;
  readonly settings: z.ZodType<Settings>;
}

/**
 * One kind of place that takes an alert as one HTTP request. Retries, rate limits, timeouts, logs and metrics belong to the
 * outbox; a channel only says what to send and how to read the answer.
 */
export interface Channel<Settings> extends ChannelKind<Settings> {
  /** Pure. The body stays the same for every attempt at one delivery. */
  render(alert: Alert, settings: Settings, context: DeliveryContext): ChannelRequest;
  /** Reads an HTTP answer where status alone does not tell (Slack answers 200 with `ok: false`). */
  read(response: ChannelResponse): Answer;
  /** What is left to do where the request was taken, in the same attempt. A repeat of the attempt sends the request again. */
  readonly finish?: (receipt: Receipt, alert: Alert, settings: Settings, means: Means) => Promise<Answer>;
  /**
   * Tells the receiver how an alert that it knows stands now. Left out where a receiver is told once. Called at least once
   * for a change; several changes may come as one. Rejects only where it cannot be rendered.
   */
  readonly follow?: (
    alert: Alert,
    settings: Settings,
    context: FollowUpContext,
    means: Means,
  ) => Promise<Answer>;
  /** Whether it follows with these settings; it does, where left out. */
  readonly follows?: ((settings: Settings) => boolean) | undefined;
}

/** One kind of place that takes alerts by other means than one HTTP request: an SDK, SMTP, a socket, a file. */
export interface SendingChannel<Settings> extends ChannelKind<Settings> {
  /** Nothing is connected or loaded before the first message. */
  open(settings: Settings): Sender;
}

/** What may hold a client or a connection between messages. */
export interface Sender {
  /** How many messages it takes at once; one, where left out. */
  readonly most?: number | undefined;
  /**
   * One answer for each message, in their order. What goes wrong outside is an answer; it rejects only where a message cannot
   * be rendered.
   */
  readonly send: (messages: readonly Message[], means: Means) => Promise<readonly Answer[]>;
  /** As of `Channel`. */
  readonly follow?: ((message: Message<FollowUpContext>, means: Means) => Promise<Answer>) | undefined;
  /** Ends connections that are held. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** A channel with its settings in place, so that a caller need not know which kind it is. */
export interface BoundChannel extends Sender {
  readonly type: string;
}

/** A channel of HTTP requests, ready to send. */
export function bind<Settings>(channel: Channel<Settings>, settings: Settings): BoundChannel {
  const { follow } = channel;
  const sendOne = async ({ alert, context }: Message, means: Means): Promise<Answer> => {
    const exchange = await means.exchange(channel.render(alert, settings, context));
    if (exchange.type !== 'response') return exchange;
    const answer = channel.read(exchange.response);
    return answer.type === 'accepted' && channel.finish !== undefined
      ? channel.finish(answer.receipt ?? {}, alert, settings, means)
      : answer;
  };
  return {
    type: channel.type,
    send: (messages, means) => Promise.all(messages.map((message) => sendOne(message, means))),
    ...(follow === undefined || channel.follows?.(settings) === false
      ? {}
      : { follow: ({ alert, context }, means) => follow(alert, settings, context, means) }),
  };
}

/** A channel of other means, ready to send. */
export function bindSender<Settings>(channel: SendingChannel<Settings>, settings: Settings): BoundChannel {
  return { type: channel.type, ...channel.open(settings) };
}
