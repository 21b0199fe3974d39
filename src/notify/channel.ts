import type * as z from 'zod';
import type { Alert } from '../alert/alert.ts';

/** An HTTP call that delivers an alert: pure data, so that a test can read it and a log can redact it. */
export interface ChannelRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
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
}

/** How the receiver took a request. Reasons are shown to people and kept: they hold no secret and nothing of the answer that was not checked. */
export type Answer =
  | { readonly type: 'accepted' }
  /** Worth another attempt, not before `afterMs` where the receiver named a time. */
  | { readonly type: 'later'; readonly reason: string; readonly afterMs?: number | undefined }
  /**
   * Nothing that we send gets in until a person changes something over there: token revoked, bot not invited, channel
   * archived. The delivery is kept and tried at long intervals, so that a night's alerts arrive when somebody mends it.
   */
  | { readonly type: 'closed'; readonly reason: string }
  /** This one message is not taken and never will be. */
  | { readonly type: 'refused'; readonly reason: string };

/**
 * One kind of place that alerts go to. Retries, rate limits, timeouts, logs and metrics belong to the outbox;
 * a channel only says what to send and how to read the answer.
 */
export interface Channel<Settings> {
  /** The `type` in the configuration and the name of the file. */
  readonly type: string;
  readonly settings: z.ZodType<Settings>;
  /** Pure. The body stays the same for every attempt at one delivery. */
  render(alert: Alert, settings: Settings, context: DeliveryContext): ChannelRequest;
  /** Reads an HTTP answer where status alone does not tell (Slack answers 200 with `ok: false`). */
  read(response: ChannelResponse): Answer;
}

/** A channel with its settings in place, so that a caller need not know which kind it is. */
export interface BoundChannel {
  readonly type: string;
  readonly render: (alert: Alert, context: DeliveryContext) => ChannelRequest;
  readonly read: (response: ChannelResponse) => Answer;
}

export function bind<Settings>(channel: Channel<Settings>, settings: Settings): BoundChannel {
  return {
    type: channel.type,
    render: (alert, context) => channel.render(alert, settings, context),
    read: (response) => channel.read(response),
  };
}
