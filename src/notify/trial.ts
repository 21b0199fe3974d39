import type { Alert } from '../alert/alert.ts';
import type { Answer, DeliveryContext } from './channel.ts';
import { alertLine } from './alert-line.ts';
import { securityFinding } from './asff.ts';
import { alertEmail } from './email-message.ts';
import { eventbridgeEntry } from './eventbridge.ts';
import { detectionFinding } from './ocsf.ts';
import { placeOf } from './securityhub.ts';
import { deliver, redactUrl, type Fetch } from './send.ts';
import { sentinelRow } from './sentinel.ts';
import { sesEmail } from './ses.ts';
import { snsMessage } from './sns.ts';
import { sqsMessage } from './sqs.ts';
import { bindSettings, type ChannelSettings } from './table.ts';
import { inWords } from './wording.ts';

/** One HTTP exchange of a trial, with nothing in it that is secret. */
export interface ShownExchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined where none came, or nothing was sent. */
  readonly answer?: { readonly status: number; readonly body: string } | undefined;
}

export interface Trial {
  /** Undefined where nothing was sent. */
  readonly answer: Answer | undefined;
  /** Empty where the channel does not speak HTTP by itself. */
  readonly exchanges: readonly ShownExchange[];
  /** Of such a channel, what it is given to send. */
  readonly message: unknown;
}

export interface TrialOptions {
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** Whether nothing is sent at all. */
  readonly dryRun: boolean;
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

/** Sends one alert to one channel, outside the outbox, and tells what went over the line. */
export async function tryChannel(
  settings: ChannelSettings,
  alert: Alert,
  context: DeliveryContext,
  options: TrialOptions,
): Promise<Trial> {
  const words = 'template' in settings ? settings.template : undefined;
  const told = words === undefined ? { alert, context } : inWords({ alert, context }, words);
  const message = sdkMessage(settings, told.alert, told.context);
  if (message !== undefined && options.dryRun) return { answer: undefined, exchanges: [], message };
  const exchanges: ShownExchange[] = [];
  const hide = hider(options.secrets);
  const channel = bindSettings(settings);
  const watched: Fetch = async (url, call) => {
    const shown = {
      method: call.method,
      url: shownUrl(url, options.secrets),
      headers: Object.fromEntries(
        [...new Headers(call.headers)].map(([name, value]) => [name, shownHeader(name, hide(value))]),
      ),
      body: hide(typeof call.body === 'string' ? call.body : ''),
    };
    if (options.dryRun) {
      exchanges.push(shown);
      return new Response('{}');
    }
    const at = exchanges.push(shown) - 1;
    const response = await options.fetch(url, call);
    // Read once here, so that what is shown is what the channel reads.
    const body = await beginning(response);
    const text = new TextDecoder().decode(body);
    exchanges[at] = { ...shown, answer: { status: response.status, body: hide(text) } };
    const isBodiless = [101, 204, 205, 304].includes(response.status);
    return new Response(isBodiless ? null : body, { status: response.status, headers: response.headers });
  };
  try {
    const { timeoutMs, now } = options;
    const answer = await deliver(channel, alert, context, { fetch: watched, timeoutMs, now });
    return { answer: options.dryRun ? undefined : answer, exchanges, message };
  } finally {
    await channel.close?.();
  }
}

/** As much as a channel reads of an answer, which may have no end. */
const readBytes = 64 * 1024;

async function beginning({
  body,
}: Pick<Awaited<ReturnType<Fetch>>, 'body'>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= readBytes) break;
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, readBytes));
}

/** What kinds that send by other means than HTTP requests of our own are given to send. */
function sdkMessage(settings: ChannelSettings, alert: Alert, context: DeliveryContext): unknown {
  switch (settings.type) {
    case 'sns':
      return snsMessage(alert, settings, context);
    case 'sqs':
      return sqsMessage(alert, settings, context);
    case 'eventbridge':
      return eventbridgeEntry(alert, settings, context);
    case 'email':
      return { to: settings.to, ...alertEmail(alert, settings.from, context) };
    case 'ses':
      return sesEmail(alertEmail(alert, settings.from, context), settings);
    case 's3':
      return detectionFinding(alert, context);
    case 'sentinel':
      return sentinelRow(alert, context, false);
    case 'securityhub':
      return securityFinding(alert, placeOf(settings), context, alert.decidedAt);
    case 'file':
    case 'syslog':
      return alertLine(alert, context, settings.format, settings.maxBytes);
    // One HTTP request each, which shows by itself.
    case 'slack':
    case 'webhook':
    case 'pagerduty':
    case 'opsgenie':
    case 'teams':
    case 'discord':
    case 'googlechat':
    case 'telegram':
    case 'splunk':
    case 'elasticsearch':
    case 'thehive':
    case 'jira':
      return undefined;
    // A kind that is missing here would send in a dry run.
    default:
      return settings satisfies never;
  }
}

/** Takes secrets out, as they are, in JSON and in addresses. */
function hider(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const longestFirst = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text);
}

/** Where an address itself is the secret, as of a webhook, no more than its origin. */
function shownUrl(url: string, secrets: readonly string[]): string {
  return secrets.some((secret) => /^https?:/.test(secret)) ? redactUrl(url) : hider(secrets)(url);
}

function shownHeader(name: string, value: string): string {
  if (!/^(?:proxy-)?authorization$|cookie|token|api-?key|secret/.test(name)) return value;
  const scheme = /^(\S+) \S/.exec(value)?.[1];
  return scheme === undefined ? '[secret]' : `${scheme} [secret]`;
}

/** What an answer means for a real alert, and what to do; one sentence or two. */
export function answerMeaning(answer: Answer): string {
  switch (answer.type) {
    case 'accepted':
      return 'The receiver has taken it.';
    case 'later':
      return `An alert would be tried again${answer.afterMs === undefined ? '' : `, not before ${Math.ceil(answer.afterMs / 1000)} s`}, for a day. If this stays so, look at the receiver and the way there.`;
    case 'closed':
      return 'Nothing gets in until a person changes what the reason says. Alerts would wait and be tried every 5 to 30 minutes, for a day.';
    case 'refused':
      return "The receiver does not take this message and never will: an alert would be given up at once, and be in 'tocsin deliveries list'. Look at the answer for what it does not like.";
  }
}
