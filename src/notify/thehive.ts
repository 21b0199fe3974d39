import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { statuses } from '../alert/alert-life.ts';
import type { Origin } from '../event/event.ts';
import type { Severity } from '../event/severity.ts';
import type { Receipt } from '../store/told.ts';
import { alertText, type Markup } from './alert-text.ts';
import { changeSentences } from './change-words.ts';
import type {
  Answer,
  ChannelRequest,
  ChannelResponse,
  DeliveryContext,
  FollowUpContext,
  Means,
} from './channel.ts';
import { exchangeJson, jsonBody } from './json-answer.ts';
import { markdown } from './markdown.ts';
import { plainLine } from './plain-text.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { allowHttp, checkUrl, joined, secretText, sharedSettings } from './settings.ts';
import { titleOf } from './words.ts';
import { templateSetting } from './wording.ts';

/**
 * TheHive 5: one alert with its observables. https://docs.strangebee.com/thehive/api-docs/#operation/Create%20alert
 * TheHive takes one alert of the same type, source and sourceRef, so the alert's id as sourceRef makes a repeat harmless.
 */

export const thehiveSettings = z
  .strictObject({
    type: z.literal('thehive').describe('Alerts in TheHive 5, with observables.'),
    ...sharedSettings,
    template: templateSetting,
    url: z.string().describe('Base address of TheHive, such as https://thehive.example.com.'),
    apiKey: secretText('API key of a user with the permission manageAlert/create.').regex(
      /^[\x21-\x7e]+$/,
      'holds characters that a header cannot carry',
    ),
    organisation: z
      .string()
      .regex(/^[\x21-\x7e][\x20-\x7e]{0,199}$/, 'holds characters that a header cannot carry')
      .optional()
      .describe("Organisation to write to; without it the user's default."),
    tlp: z
      .int()
      .min(0)
      .max(4)
      .default(2)
      .describe('Traffic Light Protocol: 0 clear, 1 green, 2 amber, 3 amber+strict, 4 red.'),
    pap: z
      .int()
      .min(0)
      .max(3)
      .default(2)
      .describe('Permissible Actions Protocol: 0 clear, 1 green, 2 amber, 3 red.'),
    tags: z
      .array(z.string().min(1).max(128))
      .max(32)
      .default([])
      .describe('Tags of every alert, beside its account, region, and ATT&CK techniques.'),
    caseTemplate: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Case template for cases made of the alert.'),
    customFields: z
      .record(z.string().min(1).max(100), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Custom fields of every alert by their names in TheHive, where they must exist.'),
    createCase: z
      .boolean()
      .default(false)
      .describe('Make a case of every alert at once, of `caseTemplate` where that is set.'),
    statuses: z
      .partialRecord(z.enum(statuses), z.string().min(1).max(64))
      .default({})
      .describe(
        'Name of the alert status in TheHive by status of the alert here: `resolved: Ignored`. Statuses that are not named leave it as it is.',
      ),
    changes: z
      .boolean()
      .default(true)
      .describe(
        'Change the alert in TheHive, and comment on it, when its status or severity changes or there is news of it.',
      ),
    allowHttp,
  })
  .superRefine(checkUrl);

export type ThehiveSettings = z.output<typeof thehiveSettings>;

const severityNumbers: Readonly<Record<Severity, 1 | 2 | 3 | 4>> = {
  informational: 1,
  low: 1,
  medium: 2,
  high: 3,
  critical: 4,
};

const limits = {
  title: 512,
  description: 60_000,
  tag: 128,
  data: 2000,
  message: 300,
  observables: 50,
  link: 512,
} as const;

/** A line break of Markdown alone joins two lines into one paragraph. */
const markup: Markup = { ...markdown, lineBreak: '  \n' };

export const thehive = {
  type: 'thehive' as const,
  settings: thehiveSettings,

  render(alert: Alert, settings: ThehiveSettings, context: DeliveryContext): ChannelRequest {
    const sections = alertSections(alert, context.link, context.wording);
    const [page] = sections.links;
    const customFields = Object.entries(settings.customFields).map(([name, value]) => ({ name, value }));
    const body = {
      type: 'tocsin',
      source: 'tocsin',
      sourceRef: alert.id,
      title: plainLine(titleOf(alert), limits.title),
      description: alertText(sections, markup, limits.description),
      severity: severityNumbers[alert.severity],
      ...(Number.isFinite(alert.time) && alert.time >= 0 ? { date: Math.floor(alert.time) } : {}),
      tags: tagsOf(alert, settings.tags),
      tlp: settings.tlp,
      pap: settings.pap,
      ...(page === undefined || page.url.length > limits.link ? {} : { externalLink: page.url }),
      ...(settings.caseTemplate === undefined ? {} : { caseTemplate: settings.caseTemplate }),
      ...(customFields.length === 0 ? {} : { customFields }),
      observables: observablesOf(alert).map((observable) => ({
        ...observable,
        tlp: settings.tlp,
        pap: settings.pap,
      })),
    };
    return call(settings, 'POST', '/alert', body);
  },

  read(response: ChannelResponse): Answer {
    const { status } = response;
    const error = jsonBody(response.body, errorSchema);
    if (status === 400 && error?.type === 'CreateError' && /already exist/i.test(error.message ?? '')) {
      return { type: 'accepted' };
    }
    if (status === 404 && error?.type === 'NotFoundError') {
      return {
        type: 'closed',
        reason:
          'HTTP 404: TheHive does not know something that the settings name; check `customFields`, `caseTemplate` and `organisation`',
      };
    }
    const answer = readStatus(response);
    const created = jsonBody(response.body, createdSchema);
    return answer.type === 'accepted' && created !== undefined
      ? { type: 'accepted', receipt: { id: created._id } }
      : answer;
  },

  async finish(receipt: Receipt, alert: Alert, settings: ThehiveSettings, means: Means): Promise<Answer> {
    if (!settings.createCase) return { type: 'accepted', receipt };
    const found = await findAlert(receipt, alert, settings, means);
    if (found.type !== 'value') return found;
    const { _id: id, caseId } = found.value;
    if (caseId !== undefined && caseId !== null) return { type: 'accepted', receipt: { id, caseId } };
    const template = settings.caseTemplate === undefined ? {} : { caseTemplate: settings.caseTemplate };
    const made = await exchangeJson(
      call(settings, 'POST', `/alert/${id}/case`, template),
      createdSchema,
      means,
    );
    return made.type === 'value' ? { type: 'accepted', receipt: { id, caseId: made.value._id } } : made;
  },

  follows: (settings: ThehiveSettings) => settings.changes,

  /** Brings severity and status up to date, and says in a comment who changed what and why. */
  async follow(
    alert: Alert,
    settings: ThehiveSettings,
    { standing, told }: FollowUpContext,
    means: Means,
  ): Promise<Answer> {
    const before = told.standing;
    const sentences = changeSentences(alert, { ...standing, count: before.count }, before);
    if (sentences.length === 0) return { type: 'accepted' };
    const found = await findAlert(told.receipt, alert, settings, means);
    if (found.type !== 'value') return found;
    const { _id: id } = found.value;
    const status = settings.statuses[standing.status];
    const patch = {
      severity: severityNumbers[standing.severity],
      ...(status === undefined ? {} : { status }),
    };
    const changed = await exchangeJson(call(settings, 'PATCH', `/alert/${id}`, patch), z.unknown(), means);
    if (changed.type !== 'value') return changed;
    const message = sentences.map(markdown.text).join('  \n');
    const said = await exchangeJson(
      call(settings, 'POST', `/alert/${id}/comment`, { message }),
      z.unknown(),
      means,
    );
    return said.type === 'value' ? { type: 'accepted', receipt: { id } } : said;
  },
};

function call(
  settings: ThehiveSettings,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body: object,
): ChannelRequest {
  return {
    url: joined(settings.url, `/api/v1${path}`),
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${settings.apiKey}`,
      ...(settings.organisation === undefined ? {} : { 'x-organisation': settings.organisation }),
    },
    body: JSON.stringify(body),
  };
}

/** By its id where that is known, and otherwise by what we have named it: a repeat of an alert is answered without its id. */
async function findAlert(
  receipt: Receipt,
  alert: Alert,
  settings: ThehiveSettings,
  means: Means,
): Promise<
  | { readonly type: 'value'; readonly value: z.output<typeof foundSchema> }
  | Exclude<Answer, { type: 'accepted' }>
> {
  if (receipt['id'] !== undefined)
    return exchangeJson(call(settings, 'GET', `/alert/${receipt['id']}`, {}), foundSchema, means);
  const query = [
    { _name: 'listAlert' },
    {
      _name: 'filter',
      _and: [
        { _eq: { _field: 'source', _value: 'tocsin' } },
        { _eq: { _field: 'sourceRef', _value: alert.id } },
      ],
    },
    { _name: 'page', from: 0, to: 1 },
  ];
  const list = await exchangeJson(call(settings, 'POST', '/query', { query }), z.array(foundSchema), means);
  if (list.type !== 'value') return list;
  const [found] = list.value;
  return found === undefined
    ? { type: 'refused', reason: 'TheHive does not have the alert any more' }
    : { type: 'value', value: found };
}

const idSchema = z.string().regex(/^~?[\w-]{1,100}$/);
const createdSchema = z.object({ _id: idSchema });
const foundSchema = z.object({ _id: idSchema, caseId: idSchema.nullish() });
const errorSchema = z.object({ type: z.string(), message: z.string().optional() });

function tagsOf(alert: Alert, configured: readonly string[]): readonly string[] {
  const { account, region } = alert.where;
  const own = [
    ...(account === undefined ? [] : [`account:${account}`]),
    ...(region === undefined ? [] : [`region:${region}`]),
    ...alert.techniques.slice(0, 20).map(({ id }) => id),
  ].map((tag) => line(tag, limits.tag));
  return [...new Set([...configured, ...own])].filter((tag) => tag !== '');
}

interface Observable {
  readonly dataType: 'ip' | 'user-agent' | 'other';
  readonly data: string;
  readonly message: string;
  readonly tags: readonly string[];
}

/** What one may look for elsewhere, each once; only of data types that every TheHive has. */
function observablesOf({ who, what, where, correlation }: Alert): readonly Observable[] {
  const found = new Map<string, Observable>();
  const add = (
    dataType: Observable['dataType'],
    text: string | undefined,
    message: string,
    tag: string,
  ): void => {
    const data = line(text ?? '', limits.data);
    const key = `${dataType} ${data}`;
    if (data === '' || found.has(key) || found.size >= limits.observables) return;
    found.set(key, { dataType, data, message, tags: [tag] });
  };
  const addOrigin = (origin: Origin): void => {
    if (origin.type === 'address') add('ip', origin.address, 'where the call came from', 'source');
  };
  addOrigin(where.origin);
  add('user-agent', where.userAgent, 'the program that made the call, as it says', 'source');
  add('other', who.arn, 'who made the call', 'actor');
  add('other', who.accessKeyId, 'the access key of the call', 'access-key');
  for (const { arn, name } of what.targets.slice(0, 20))
    add('other', arn ?? name, 'what the call was about', 'target');
  for (const { origin } of correlation?.events ?? []) addOrigin(origin);
  return [...found.values()];
}
