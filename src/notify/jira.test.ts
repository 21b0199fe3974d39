import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jira, jiraSettings } from './jira.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const settings = {
  type: 'jira',
  url: 'https://example.atlassian.net',
  email: 'bot@example.com',
  token: 'not-a-real-token',
  project: 'SEC',
  priorities: { critical: 'Highest' },
  fields: { customfield_10010: { value: 'Security' } },
};

/** https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-post */
const issue = z.strictObject({
  fields: z.strictObject({
    project: z.strictObject({ key: z.string() }),
    issuetype: z.strictObject({ name: z.string() }),
    summary: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\r\n]*$/),
    description: z.string().max(32_767),
    labels: z.array(z.string().regex(/^\S{1,255}$/)),
    priority: z.strictObject({ name: z.string() }).optional(),
    customfield_10010: z.strictObject({ value: z.string() }),
  }),
});

/** What wiki markup would act on, with its escapes and our own markup taken out. */
function live(body: unknown): readonly string[] {
  const { description, summary } = issue.parse(body).fields;
  const bare = description
    .replace(/\\[^0-9A-Za-z\s]/g, '')
    .replace(/&(?:amp|#92);/g, '')
    .replace(/\[[\w ]+\|https:\/\/tocsin\.example\/[^\]]*\]/g, '')
    .replace(/^\* /gm, '')
    .replace(/^(?:\S+ )?\*[^*\n]*\*/gm, '')
    .replace(/\{\{[^{}\n]*\}\}/g, '');
  return [...liveLinks([bare, summary]), ...(bare.match(/[*{}[\]|!~^\\]|^h[1-6]\./gm) ?? [])];
}

testChannel({
  channel: jira,
  settings: (base) => ({ ...settings, url: base }),
  base: 'https://example.atlassian.net',
  body: issue,
  maxBytes: 200_000,
  method: 'POST',
  path: '/rest/api/2/issue',
  authorization: `Basic ${Buffer.from('bot@example.com:not-a-real-token').toString('base64')}`,
  accepted: { type: 'answer', status: 201, body: '{"id":"10000","key":"SEC-24","self":"x"}' },
  unauthorised: { type: 'answer', status: 401, body: 'Basic auth with password is not allowed' },
  live,
});

describe('Jira', () => {
  const read = (status: number, body: object | string) =>
    jira.read({
      status,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: new Headers(),
      retryAfterMs: undefined,
    });
  const render = (more: object = {}, alert = normalAlert) =>
    jira.render(alert, jiraSettings.parse({ ...settings, ...more }), {
      idempotencyKey: 'd',
      link: undefined,
      now: 0,
    });

  it('names the fields that a project demands', () => {
    const errors = { customfield_10011: 'Epic is required.', project: 'x', 'a <!channel>': 'x' };
    const answer = read(400, { errorMessages: [], errors });
    expect(answer.type).toBe('closed');
    expect(JSON.stringify(answer)).toContain('the fields customfield_10011, project;');
  });

  it.each([
    ['refused', 400, { errors: { summary: 'too long' } }],
    ['refused', 400, { errorMessages: ['x'], errors: {} }],
    ['later', 200, '<html>Log in</html>'],
    ['closed', 403, { errorMessages: ['x'] }],
  ])('means %s with %i %j', (type, status, body) => expect(read(status, body).type).toBe(type));

  it('is given a personal access token where no e-mail address is set', () => {
    expect(render({ email: undefined }).headers.authorization).toBe('Bearer not-a-real-token');
  });

  it('labels an issue with the id of its alert, by which a repeat is found', () => {
    const { labels } = issue.parse(JSON.parse(render({}, hostileAlert).body)).fields;
    expect(labels).toEqual(['tocsin', `tocsin-${hostileAlert.id}`]);
  });

  it.each([
    ['plain http to another machine', { url: 'http://jira.example' }, 'use https:'],
    ['a field of its own', { fields: { summary: 'x' } }, 'sets itself'],
    ['a project that is no key', { project: 'our project' }, 'no key of a project'],
    ['a label with a space', { labels: ['a b'] }, 'no label'],
    ['a token with a line break', { token: 'a\nb' }, 'cannot carry'],
  ])('is not configured with %s', (_name, more, reason) => {
    expect(jiraSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });
});
