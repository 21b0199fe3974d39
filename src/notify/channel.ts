import type { z } from 'zod';
import type { Alert } from '../alert/alert.ts';

/** An HTTP call that delivers an alert: pure data, so that a test can read it and a log can redact it. */
export interface ChannelRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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

/** How the receiver took a request. */
export type Answer =
  | { readonly type: 'accepted' }
  /** Worth another attempt, not before `afterMs` where the receiver named a time. */
  | { readonly type: 'later'; readonly reason: string; readonly afterMs?: number | undefined }
  /** No attempt can succeed until somebody changes something. */
  | { readonly type: 'refused'; readonly reason: string };

/**
 * One kind of place that alerts go to. Retries, rate limits, timeouts, logs and metrics belong to the outbox;
 * a channel only says what to send and how to read the answer.
 */
export interface Channel<Settings> {
  /** The `type` in the configuration and the name of the file. */
  readonly type: string;
  readonly settings: z.ZodType<Settings>;
  render(alert: Alert, settings: Settings, context: DeliveryContext): ChannelRequest;
  /** Reads an HTTP answer where status alone does not tell (Slack answers 200 with `ok: false`). */
  read(response: { readonly status: number; readonly headers: Headers; readonly body: string }): Answer;
}
