import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Status } from '../alert/alert-life.ts';
import type { Severity } from '../event/severity.ts';
import { changeSentences, newsSince } from './change-words.ts';
import type {
  Answer,
  ChannelRequest,
  ChannelResponse,
  DeliveryContext,
  FollowUpContext,
  Means,
} from './channel.ts';
import { alertText, plainMarkup } from './alert-text.ts';
import { plainLine } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, joined, secretText, sharedSettings } from './settings.ts';
import { titleOf } from './words.ts';
import { templateSetting } from './wording.ts';

/**
 * Opsgenie, "Create Alert" of its alert API: https://docs.opsgenie.com/docs/alert-api#create-alert (fields and limits),
 * https://docs.opsgenie.com/docs/api-rate-limiting and https://docs.opsgenie.com/docs/response (answers).
 */

export const opsgenieSettings = z.strictObject({
  type: z.literal('opsgenie').describe('Alerts in Opsgenie, which calls who is on duty.'),
  ...sharedSettings,
  template: templateSetting,
  apiKey: secretText('Key of an API integration of Opsgenie.').regex(
    /^[\w-]+$/,
    'holds characters that no key of Opsgenie has',
  ),
  apiUrl: z
    .string()
    .superRefine(checkAddress)
    .default('https://api.opsgenie.com')
    .describe('Base address of the API; https://api.eu.opsgenie.com for accounts in the EU.'),
  teams: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe('Names of the teams to tell; without any, the integration itself says whom.'),
  tags: z
    .array(z.string().min(1).max(50))
    .max(16)
    .default([])
    .describe('Tags of every alert, beside its severity and the ids of its ATT&CK techniques.'),
});

export type OpsgenieSettings = z.output<typeof opsgenieSettings>;

const priorities: Readonly<Record<Severity, string>> = {
  critical: 'P1',
  high: 'P2',
  medium: 'P3',
  low: 'P4',
  informational: 'P5',
};

/** https://docs.opsgenie.com/docs/alert-api#create-alert */
const limits = {
  message: 130,
  description: 15_000,
  entity: 512,
  tags: 20,
  tag: 50,
  detail: 500,
  note: 1000,
} as const;

export const opsgenie = {
  type: 'opsgenie' as const,
  settings: opsgenieSettings,

  render(alert: Alert, settings: OpsgenieSettings, context: DeliveryContext): ChannelRequest {
    const sections = alertSections(alert, context.link, context.wording);
    const tags = new Set([
      ...settings.tags,
      alert.severity,
      ...alert.techniques.map(({ id }) => plainLine(id, limits.tag)),
    ]);
    const details = {
      alert: alert.id,
      rule: plainLine(alert.rule.id, limits.detail),
      account: plainLine(alert.where.account ?? 'unknown', limits.detail),
      region: plainLine(alert.where.region ?? 'unknown', limits.detail),
      actor: plainLine(alert.who.name, limits.detail),
      event: plainLine(alert.evidence.eventId, limits.detail),
    };
    const request = {
      message: plainLine(titleOf(alert), limits.message),
      // While an alert with this alias is open, a repeat is counted and makes no other.
      alias: alert.id,
      description: alertText(sections, plainMarkup, limits.description, { withTitle: true }),
      ...(settings.teams.length === 0
        ? {}
        : { responders: settings.teams.map((name) => ({ type: 'team', name })) }),
      tags: [...tags].filter((tag) => tag !== '').slice(0, limits.tags),
      details,
      entity: plainLine(alert.what.targets[0]?.name ?? alert.who.name, limits.entity),
      source: 'Tocsin',
      priority: priorities[alert.severity],
    };
    return {
      url: `${settings.apiUrl.replace(/\/+$/, '')}/v2/alerts`,
      method: 'POST',
      headers: headersOf(settings),
      body: JSON.stringify(request),
    };
  },

  read: readOpsgenie,

  /** Acknowledges or closes the alert there, takes that back, or opens it again as a new one, and changes its priority; with a note on who, why, and what is new. */
  async follow(
    alert: Alert,
    settings: OpsgenieSettings,
    context: FollowUpContext,
    means: Means,
  ): Promise<Answer> {
    const { standing, told } = context;
    const before = told.standing;
    const send = async (request: ChannelRequest): Promise<Answer> => {
      const exchange = await means.exchange(request);
      return exchange.type === 'response' ? readOpsgenie(exchange.response) : exchange;
    };
    // What was closed cannot be opened there: with the same alias, another one is made.
    if (actions[before.status] === 'close' && actions[standing.status] !== 'close') {
      const made = await send(opsgenie.render({ ...alert, severity: standing.severity }, settings, context));
      if (made.type !== 'accepted' || actions[standing.status] === undefined) return made;
    } else if (standing.severity !== before.severity) {
      const answer = await send(
        change(alert, settings, 'priority', { priority: priorities[standing.severity] }),
      );
      if (answer.type !== 'accepted') return answer;
    }
    const step = stepOf(standing.status, before.status);
    if (step === undefined && newsSince(alert, before) === undefined) return { type: 'accepted' };
    const sentences = changeSentences(alert, { ...standing, count: before.count }, before);
    const note = plainLine(sentences.join(' '), limits.note);
    return send(change(alert, settings, step ?? 'notes', { user: 'Tocsin', source: 'Tocsin', note }));
  },
};

/** https://docs.opsgenie.com/docs/alert-api#acknowledge-alert, #unacknowledge-alert, #close-alert and #add-note-to-alert */
type Step = 'acknowledge' | 'unacknowledge' | 'close';

const actions: Readonly<Record<Status, 'acknowledge' | 'close' | undefined>> = {
  open: undefined,
  acknowledged: 'acknowledge',
  'in-progress': 'acknowledge',
  resolved: 'close',
  'false-positive': 'close',
};

/** What is to be done there; undefined where that is nothing. */
function stepOf(status: Status, before: Status): Step | undefined {
  const action = actions[status];
  return action === actions[before] ? undefined : (action ?? 'unacknowledge');
}

function change(
  alert: Alert,
  settings: OpsgenieSettings,
  action: Step | 'notes' | 'priority',
  body: object,
): ChannelRequest {
  return {
    url: joined(settings.apiUrl, `/v2/alerts/${encodeURIComponent(alert.id)}/${action}?identifierType=alias`),
    method: action === 'priority' ? 'PUT' : 'POST',
    headers: headersOf(settings),
    body: JSON.stringify(body),
  };
}

function headersOf({ apiKey }: OpsgenieSettings): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', authorization: `GenieKey ${apiKey}` };
}

function readOpsgenie(response: ChannelResponse): Answer {
  const answer = readStatus(response);
  if (response.status === 422) {
    return { type: 'refused', reason: 'HTTP 422: Opsgenie does not take this alert' };
  }
  if (response.status !== 429 || response.retryAfterMs !== undefined) return answer;
  // Opsgenie's own header for what others say with Retry-After.
  const period = /^\d{1,5}$/.exec(response.headers.get('x-ratelimit-period-in-sec') ?? '')?.[0];
  return period === undefined
    ? answer
    : { type: 'later', reason: 'HTTP 429: too many requests', afterMs: Number(period) * 1000 };
}
