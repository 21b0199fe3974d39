import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import type { Severity } from '../event/severity.ts';
import type {
  Answer,
  ChannelRequest,
  ChannelResponse,
  DeliveryContext,
  FollowUpContext,
  Means,
} from './channel.ts';
import { newsSince } from './change-words.ts';
import { jsonBody } from './json-answer.ts';
import { alertDetails, plainLine } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, secretText, sharedSettings } from './settings.ts';
import { titleOf } from './words.ts';
import { templateSetting } from './wording.ts';

/**
 * PagerDuty, Events API v2: one `trigger` for each alert, and what people make of it after that.
 * https://developer.pagerduty.com/docs/send-alert-event (payload, limits)
 * https://developer.pagerduty.com/docs/events-api-v2-overview (answers)
 */

export const pagerdutySettings = z.strictObject({
  type: z.literal('pagerduty').describe('Incidents in PagerDuty, which calls who is on duty.'),
  ...sharedSettings,
  template: templateSetting,
  routingKey: secretText(
    'Integration key of an Events API v2 integration of the service: 32 characters.',
  ).regex(/^[A-Za-z0-9]{32}$/, 'is no integration key; it has 32 letters and digits'),
  apiUrl: z
    .string()
    .superRefine(checkAddress)
    .default('https://events.pagerduty.com')
    .describe('Base address of the Events API; https://events.eu.pagerduty.com for accounts in the EU.'),
});

export type PagerdutySettings = z.output<typeof pagerdutySettings>;

const severityNames: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  informational: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** PagerDuty takes 1,024 characters of summary; a title leaves room for what is new. */
const limits = { summary: 1024, title: 700 } as const;

export const pagerduty = {
  type: 'pagerduty' as const,
  settings: pagerdutySettings,

  render(alert: Alert, settings: PagerdutySettings, context: DeliveryContext): ChannelRequest {
    return trigger(alert, settings, context, { summary: titleOf(alert), dedupKey: alert.id });
  },

  read: readPagerduty,

  /** Acknowledges or resolves the incident, and triggers it anew where the alert is open again, worse, or there is news of it. */
  async follow(
    alert: Alert,
    settings: PagerdutySettings,
    context: FollowUpContext,
    means: Means,
  ): Promise<Answer> {
    const { standing, told } = context;
    const before = told.standing;
    const action = actions[standing.status];
    const isMoved = action !== actions[before.status];
    const news = newsSince(alert, before);
    const isMore = news !== undefined || standing.severity !== before.severity;
    const old = told.receipt['dedupKey'] ?? alert.id;
    // PagerDuty takes no acknowledgement back. A trigger would join the incident and call nobody, so another one takes its place.
    const isTakenBack = action === 'trigger' && actions[before.status] === 'acknowledge';
    const key = isTakenBack ? nextKey(alert, old) : old;
    const end = (what: 'acknowledge' | 'resolve', dedupKey: string): ChannelRequest =>
      enqueue(settings, { routing_key: settings.routingKey, event_action: what, dedup_key: dedupKey });
    const requests: ChannelRequest[] = [];
    // What is over must not call anybody; an incident that somebody has acknowledged takes the event and stays acknowledged.
    if (action !== 'resolve' && (isMore || (isMoved && actions[before.status] !== 'trigger'))) {
      const now = { ...alert, severity: standing.severity };
      const title = plainLine(titleOf(alert), limits.title);
      const summary = news === undefined ? title : `${title} (${news.sentence})`;
      requests.push(trigger(now, settings, context, { summary, dedupKey: key }));
    }
    if (action !== 'trigger' && isMoved) requests.push(end(action, key));
    // Last, so that there is no moment without an incident.
    if (isTakenBack) requests.push(end('resolve', old));
    for (const request of requests) {
      const exchange = await means.exchange(request);
      const answer = exchange.type === 'response' ? readPagerduty(exchange.response) : exchange;
      if (answer.type !== 'accepted') return answer;
    }
    return { type: 'accepted', ...(isTakenBack && { receipt: { dedupKey: key } }) };
  },
};

/** Made of the one before, so that every attempt makes the same. */
function nextKey({ id }: Alert, key: string): string {
  return `${id}-${key === id ? 2 : Number(key.slice(id.length + 1)) + 1}`;
}

function trigger(
  alert: Alert,
  settings: PagerdutySettings,
  context: DeliveryContext,
  { summary, dedupKey }: { readonly summary: string; readonly dedupKey: string },
): ChannelRequest {
  const { links } = alertSections(alert, context.link);
  const [page] = links;
  const time = new Date(alert.time);
  return enqueue(settings, {
    routing_key: settings.routingKey,
    event_action: 'trigger',
    // A repeat of an alert joins the incident that is open for it.
    dedup_key: dedupKey,
    client: 'Tocsin',
    ...(page === undefined ? {} : { client_url: page.url }),
    links: links.map(({ text, url }) => ({ href: url, text })),
    payload: {
      summary: plainLine(summary, limits.summary),
      source: plainLine(alert.where.account ?? 'AWS', 128),
      severity: severityNames[alert.severity],
      ...(Number.isNaN(time.getTime()) ? {} : { timestamp: time.toISOString() }),
      component: plainLine(alert.what.service, 128),
      group: plainLine(alert.where.region ?? 'region unknown', 128),
      class: plainLine(alert.rule.title, 255),
      custom_details: alertDetails(alert, context.link, context.wording),
    },
  });
}

/** https://developer.pagerduty.com/docs/events-api-v2-overview#event-action-behavior */
const actions: Readonly<Record<Status, 'trigger' | 'acknowledge' | 'resolve'>> = {
  open: 'trigger',
  acknowledged: 'acknowledge',
  'in-progress': 'acknowledge',
  resolved: 'resolve',
  'false-positive': 'resolve',
};

function enqueue(settings: PagerdutySettings, event: object): ChannelRequest {
  return {
    url: `${settings.apiUrl.replace(/\/+$/, '')}/v2/enqueue`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  };
}

function readPagerduty(response: ChannelResponse): Answer {
  if (response.status !== 400) return readStatus(response);
  // 400 is about the key as well as about the event; only the words of the answer tell which.
  const { errors } = jsonBody(response.body, answerSchema) ?? {};
  if (errors?.some((error) => /routing[ _]?key/i.test(error)) === true) {
    return {
      type: 'closed',
      reason:
        'HTTP 400: PagerDuty does not know the integration key; set the key of an Events API v2 integration',
    };
  }
  return { type: 'refused', reason: 'HTTP 400: PagerDuty does not take this event' };
}

const answerSchema = z.object({ errors: z.array(z.string()) });
