import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { statuses, type Status } from '../alert/alert-life.ts';
import { severities } from '../event/severity.ts';
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
import { plainLine, unlinked } from './plain-text.ts';
import { alertSections } from './sections.ts';
import { readStatus } from './send.ts';
import { allowHttp, checkUrl, joined, secretText, sharedSettings } from './settings.ts';
import { titleOf } from './words.ts';
import { templateSetting } from './wording.ts';

/**
 * Jira, Cloud and Data Center: one issue an alert, over version 2 of the REST API, which both have and in which texts are
 * wiki markup. https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-post
 * Jira knows no idempotency key, and to look before creating would be a second request: each issue has a label made of the
 * alert's id, by which a repeat is found.
 */

export const jiraSettings = z
  .strictObject({
    type: z.literal('jira').describe('Issues in Jira Cloud or Jira Data Center.'),
    ...sharedSettings,
    template: templateSetting,
    url: z
      .string()
      .describe('Base address of Jira, such as https://example.atlassian.net or https://jira.example.com.'),
    email: z
      .string()
      .regex(/^[^\s:]+@[^\s:]+$/, 'is no e-mail address')
      .optional()
      .describe(
        'For Jira Cloud: e-mail address of the account that `token` belongs to. Left out for Data Center.',
      ),
    token: secretText('API token of Jira Cloud, or personal access token of Data Center.').regex(
      /^[\x21-\x7e]+$/,
      'holds characters that a header cannot carry',
    ),
    project: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,254}$/, 'is no key of a project, such as SEC')
      .describe('Key of the project, such as SEC.'),
    issueType: z.string().min(1).max(100).default('Task').describe('Name of the type of issue.'),
    priorities: z
      .partialRecord(z.enum(severities), z.string().min(1).max(100))
      .default({})
      .describe('Name of the priority in Jira by severity; severities that are not named get no priority.'),
    labels: z
      .array(z.string().regex(/^\S{1,255}$/, 'is no label; it has no spaces'))
      .max(20)
      .default(['tocsin'])
      .describe("Labels of every issue, beside the one with the alert's id."),
    fields: z
      .record(z.string().regex(/^[A-Za-z][\w-]{0,99}$/, 'is no id of a field'), z.unknown())
      .default({})
      .describe(
        'Further fields that the project demands, by id, in the form that the API of Jira wants: `customfield_10010: { value: Security }`.',
      ),
    transitions: z
      .partialRecord(z.enum(statuses), z.string().min(1).max(255))
      .default({})
      .describe(
        'Where an issue goes when its alert gets a status: the name of the transition, or of the status in Jira that it leads to. Statuses that are not named only get a comment.',
      ),
    transitionFields: z
      .partialRecord(z.enum(statuses), z.record(z.string().regex(/^[A-Za-z][\w-]{0,99}$/), z.unknown()))
      .default({})
      .describe(
        'Fields that a transition demands, by status of the alert: `resolved: { resolution: { name: Done } }`.',
      ),
    changes: z
      .boolean()
      .default(true)
      .describe(
        'Comment on the issue, and move it, when the status or the severity of its alert changes or there is news of it.',
      ),
    allowHttp,
  })
  .superRefine(checkUrl)
  .superRefine(({ fields }, context) => {
    for (const name of ['project', 'issuetype', 'summary', 'description', 'labels']) {
      if (Object.hasOwn(fields, name))
        context.addIssue({
          code: 'custom',
          path: ['fields', name],
          message: 'is a field that Tocsin sets itself',
        });
    }
  });

export type JiraSettings = z.output<typeof jiraSettings>;

/** Jira takes 32,767 characters of description and 255 of summary. */
const limits = { summary: 255, description: 30_000 } as const;

/**
 * A backslash takes the meaning from a character of wiki markup; for the backslash itself only an entity does that.
 * https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
 */
function wiki(shown: string): string {
  return unlinked(shown)
    .replace(/[&\\]/g, (character) => (character === '&' ? '&amp;' : '&#92;'))
    .replace(/[*_?+^~{}[\]|!#()-]|^(?:h[1-6]|bq)(?=\.)/g, (found) =>
      found.length === 1 ? `\\${found}` : `${found}\u2060`,
    );
}

const markup: Markup = {
  text: wiki,
  bold: (shown) => `*${wiki(shown)}*`,
  code: (shown) => `{{${wiki(shown)}}}`,
  item: (item) => `* ${item}`,
  box: (lines) => lines.map((text) => `bq. ${wiki(text)}`).join('\n'),
  link: (text, url) => `[${text}|${url.replace(/[|\]]/g, encodeURIComponent)}]`,
};

export const jira = {
  type: 'jira' as const,
  settings: jiraSettings,

  render(alert: Alert, settings: JiraSettings, context: DeliveryContext): ChannelRequest {
    const priority = settings.priorities[alert.severity];
    const fields = {
      ...settings.fields,
      project: { key: settings.project },
      issuetype: { name: settings.issueType },
      summary: plainLine(titleOf(alert), limits.summary),
      description: alertText(
        alertSections(alert, context.link, context.wording),
        markup,
        limits.description,
        {
          withTitle: true,
        },
      ),
      labels: [...settings.labels, `tocsin-${alert.id}`],
      ...(priority === undefined ? {} : { priority: { name: priority } }),
    };
    return call(settings, 'POST', '', { fields });
  },

  read(response: ChannelResponse): Answer {
    const { status, body } = response;
    if (status >= 200 && status < 300) {
      const created = jsonBody(body, createdSchema);
      return created === undefined ? notJira(status) : { type: 'accepted', receipt: { key: created.key } };
    }
    if (status !== 400) return readStatus(response);
    const wrong = Object.keys(jsonBody(body, errorSchema)?.errors ?? {}).filter((name) =>
      /^[\w-]{1,60}$/.test(name),
    );
    // The texts of an alert are its own; every other field is the same for all alerts, so all would fail.
    const configured = wrong.filter((name) => name !== 'summary' && name !== 'description').slice(0, 10);
    return configured.length === 0
      ? readStatus(response)
      : {
          type: 'closed',
          reason: `HTTP 400: Jira demands or does not take the fields ${configured.join(', ')}; check the settings of the channel and the project's create screen`,
        };
  },

  follows: (settings: JiraSettings) => settings.changes,

  follow: followIssue,
};

/** Moves the issue where its alert's new status leads, and says in a comment what has changed. */
async function followIssue(
  alert: Alert,
  settings: JiraSettings,
  { standing, told }: FollowUpContext,
  means: Means,
): Promise<Answer> {
  const before = told.standing;
  const sentences = changeSentences(alert, { ...standing, count: before.count }, before);
  if (sentences.length === 0) return { type: 'accepted' };
  const { key } = told.receipt;
  if (key === undefined)
    return { type: 'refused', reason: 'the key of the issue was not kept; it was made by an older version' };
  const moved =
    standing.status === before.status ? undefined : await moveIssue(key, settings, standing.status, means);
  if (moved !== undefined && moved.type !== 'accepted' && moved.type !== 'refused') return moved;
  const stuck = moved?.type === 'refused' ? [moved.reason] : [];
  const comment = [...sentences, ...stuck].map(wiki).join('\n');
  const said = await exchangeJson(
    call(settings, 'POST', `/${key}/comment`, { body: comment }),
    z.unknown(),
    means,
  );
  if (said.type !== 'value') return said;
  return moved ?? { type: 'accepted' };
}

/** Where the workflow has no such way, a `refused`, whose reason holds nothing of Jira's answer. */
async function moveIssue(key: string, settings: JiraSettings, status: Status, means: Means): Promise<Answer> {
  const wanted = settings.transitions[status];
  if (wanted === undefined) return { type: 'accepted' };
  const isWanted = (name: string): boolean => name.toLowerCase() === wanted.toLowerCase();
  const offered = await exchangeJson(call(settings, 'GET', `/${key}/transitions`), transitionsSchema, means);
  if (offered.type !== 'value') return offered;
  const way =
    offered.value.transitions.find(({ name }) => isWanted(name)) ??
    offered.value.transitions.find(({ to }) => isWanted(to?.name ?? ''));
  if (way !== undefined) {
    const fields = settings.transitionFields[status];
    const body = { transition: { id: way.id }, ...(fields === undefined ? {} : { fields }) };
    const done = await exchangeJson(call(settings, 'POST', `/${key}/transitions`, body), z.unknown(), means);
    return done.type === 'value' ? { type: 'accepted' } : done;
  }
  // A person, or an attempt whose answer was lost, may have moved it already.
  const issue = await exchangeJson(call(settings, 'GET', `/${key}?fields=status`), issueSchema, means);
  if (issue.type !== 'value') return issue;
  return isWanted(issue.value.fields.status.name)
    ? { type: 'accepted' }
    : {
        type: 'refused',
        reason: `Jira offers no way to "${wanted}" from where the issue stands; check \`transitions\` and the workflow`,
      };
}

function call(
  settings: JiraSettings,
  method: 'GET' | 'POST',
  path: string,
  body: object = {},
): ChannelRequest {
  const authorization =
    settings.email === undefined
      ? `Bearer ${settings.token}`
      : `Basic ${Buffer.from(`${settings.email}:${settings.token}`).toString('base64')}`;
  return {
    url: joined(settings.url, `/rest/api/2/issue${path}`),
    method,
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(body),
  };
}

function notJira(status: number): Answer {
  return {
    type: 'later',
    reason: `HTTP ${status} with an answer that is not Jira's; check for a proxy or sign-in page, and \`url\``,
  };
}

const transitionsSchema = z.object({
  transitions: z.array(
    z.object({
      id: z.string().regex(/^\d{1,20}$/),
      name: z.string(),
      to: z.object({ name: z.string() }).optional(),
    }),
  ),
});
const issueSchema = z.object({ fields: z.object({ status: z.object({ name: z.string() }) }) });
const createdSchema = z.object({ key: z.string().regex(/^[A-Z][A-Z0-9_]{0,254}-\d{1,18}$/) });
const errorSchema = z.object({ errors: z.record(z.string(), z.unknown()) });
