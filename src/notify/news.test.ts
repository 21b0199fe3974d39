import { describe, expect, it, onTestFinished } from 'vitest';
import type { Alert } from '../alert/alert.ts';
import { standingOf, type Standing } from '../alert/standing.ts';
import { changedEvent } from './alert-event.ts';
import { changeLine, lineFormats } from './alert-line.ts';
import { changeSentences, changeWords } from './change-words.ts';
import type { FollowUpContext } from './channel.ts';
import { changeEmail } from './email-message.ts';
import { followUp } from './send.ts';
import { hostileAlert, hostileText, normalAlert } from './testing/alerts.ts';
import { boundTo, resolvedContext, transport } from './testing/aws-contract.ts';
import { checkMessage, liveMarkup, stringsIn } from './testing/block-kit.ts';
import { liveLinks } from './testing/channel-contract.ts';
import { startFakeServer, type ReceivedRequest, type ScriptedAnswer } from './testing/fake-server.ts';

/** What there is to tell of an alert again, and whether everybody is told of it. */

const sentence = 'another country: France';
const newer: Alert = { ...normalAlert, news: { type: 'raised', sentence, number: 1 } };
const standing = standingOf(newer);
const before: Standing = { status: 'open', severity: newer.severity, count: 1 };

const receipts = { key: 'SEC-24', id: '~41', channel: 'C0ALERTS', ts: '1.000100' };

function contextOf(alert: Alert, told: Standing): FollowUpContext {
  return { ...resolvedContext(), standing: standingOf(alert), told: { standing: told, receipt: receipts } };
}

/** Each vendor's yes, by what it is asked. */
function yes({ path, method }: ReceivedRequest): ScriptedAnswer {
  const body = path.includes('/oauth2/')
    ? { token_type: 'Bearer', expires_in: 3599, access_token: 'token' }
    : path.startsWith('/slack/')
      ? { ok: true, channel: 'C0ALERTS', ts: '1.000200' }
      : path.includes('/_create/')
        ? { result: 'created' }
        : path.startsWith('/services/collector')
          ? { code: 0 }
          : { _id: '~41', ok: true, result: { message_id: 1, chat: { id: 1 } } };
  const status = path.includes('/_create/') ? 201 : method === 'PATCH' ? 204 : 200;
  return {
    type: 'answer',
    status,
    headers: { 'content-type': 'application/json' },
    body: status === 204 ? '' : JSON.stringify(body),
  };
}

type SettingsAt = (url: string) => object;

const tickets: readonly (readonly [string, SettingsAt, readonly string[]])[] = [
  ['jira', (url) => ({ url, token: 't', project: 'SEC' }), ['POST /rest/api/2/issue/SEC-24/comment']],
  [
    'thehive',
    (url) => ({ url, apiKey: 'k' }),
    ['GET /api/v1/alert/~41', 'PATCH /api/v1/alert/~41', 'POST /api/v1/alert/~41/comment'],
  ],
  ['pagerduty', (url) => ({ routingKey: 'k'.repeat(32), apiUrl: url }), ['POST /v2/enqueue']],
  [
    'opsgenie',
    (url) => ({ apiKey: 'k', apiUrl: url }),
    [`POST /v2/alerts/${newer.id}/notes?identifierType=alias`],
  ],
  [
    'slack',
    (url) => ({ token: 'xoxb-1', channel: '#a', apiUrl: `${url}/slack` }),
    ['POST /slack/chat.update', 'POST /slack/chat.postMessage'],
  ],
  [
    'sentinel',
    (url) => ({ tenant: 't', clientId: 'c', clientSecret: 's', endpoint: url, loginUrl: url, rule: 'dcr-1' }),
    [
      'POST /t/oauth2/v2.0/token',
      'POST /dataCollectionRules/dcr-1/streams/Custom-TocsinAlerts_CL?api-version=2023-01-01',
    ],
  ],
];

/** Those that a message is sent to once more. */
const others: readonly (readonly [string, SettingsAt])[] = [
  ['webhook', (url) => ({ url, secret: 's'.repeat(32) })],
  [
    'telegram',
    (url) => ({
      token: '123456:not-a-real-telegram-token-0123456789',
      chatId: '-1001234567890',
      apiUrl: url,
    }),
  ],
  ['discord', (url) => ({ webhookUrl: `${url}/api/webhooks/1/a` })],
  ['googlechat', (url) => ({ webhookUrl: `${url}/v1/spaces/A/messages?key=k&token=t` })],
  ['teams', (url) => ({ webhookUrl: `${url}/workflows/1` })],
  ['splunk', (url) => ({ url, token: 't' })],
  ['elasticsearch', (url) => ({ url })],
];

async function tell(type: string, settings: SettingsAt, alert: Alert, told: Standing) {
  const server = await startFakeServer(yes);
  onTestFinished(() => server.close());
  const channel = boundTo({ type, ...settings(server.url) });
  const answer = await followUp(channel, { alert, context: contextOf(alert, told) }, transport);
  return {
    answer: answer.type,
    asked: server.requests.map(({ method, path }) => `${method} ${path}`),
    last: server.requests.at(-1)?.body ?? '',
  };
}

describe('news of an alert', () => {
  it.each(tickets)('is told to %s', async (type, settings, requests) => {
    const { answer, asked, last } = await tell(type, settings, newer, before);
    expect({ answer, asked }).toEqual({ answer: 'accepted', asked: requests });
    expect(last).toContain('another country: France');
  });

  it.each(others)('is in what %s gets once more', async (type, settings) => {
    const { answer, asked, last } = await tell(type, settings, newer, before);
    expect({ answer, asked: asked.length }).toEqual({ answer: 'accepted', asked: 1 });
    expect(last).toContain('another country: France');
  });

  const silent = tickets.filter(([type]) => type !== 'slack' && type !== 'sentinel');
  it.each([...silent.map(([type, settings]) => [type, settings] as const), ...others])(
    'is told to %s once',
    async (type, settings) => {
      expect((await tell(type, settings, newer, standing)).asked).toEqual([]);
    },
  );

  it('is in the thread of Slack once, and for all to see where it makes the alert mean more', async () => {
    const [, settings = () => ({})] = tickets.find(([type]) => type === 'slack') ?? [];
    const { last } = await tell('slack', settings, newer, before);
    expect(JSON.parse(last)).toMatchObject({
      thread_ts: '1.000100',
      reply_broadcast: true,
      text: `News: ${sentence}.`,
    });
    const again: Alert = { ...newer, news: { type: 'again', sentence: 'again: 5 more', number: 2 } };
    expect(JSON.parse((await tell('slack', settings, again, standing)).last)).not.toHaveProperty(
      'reply_broadcast',
    );
    expect((await tell('slack', settings, newer, standing)).asked).toEqual(['POST /slack/chat.update']);
  });

  it('raises incident and priority of who is on duty with it', async () => {
    const worse: Alert = { ...newer, severity: 'critical' };
    const was: Standing = { ...before, severity: 'medium' };
    const pagerduty = await tell('pagerduty', tickets[2]?.[1] ?? (() => ({})), worse, was);
    expect(JSON.parse(pagerduty.last)).toMatchObject({
      event_action: 'trigger',
      dedup_key: newer.id,
      payload: { severity: 'critical', summary: expect.stringContaining(`(${sentence})`) },
    });
    const opsgenie = await tell('opsgenie', tickets[3]?.[1] ?? (() => ({})), worse, was);
    expect(opsgenie.asked).toEqual([
      `PUT /v2/alerts/${newer.id}/priority?identifierType=alias`,
      `POST /v2/alerts/${newer.id}/notes?identifierType=alias`,
    ]);
    expect(JSON.parse(opsgenie.last)).toMatchObject({
      note: `News: ${sentence}. Its severity is now critical; it was medium.`,
    });
  });

  it.each<[string, Alert, Standing, readonly string[]]>([
    ['that there is none', normalAlert, before, []],
    ['what it is', newer, before, [`News: ${sentence}.`]],
    ['that it was told', newer, standing, []],
    [
      'how much there was since, where a channel was away',
      { ...newer, news: { type: 'again', sentence: 'again: 5 more', number: 4 } },
      standing,
      ['News, the latest of 3: again: 5 more.'],
    ],
    [
      'first, before what follows from it',
      { ...newer, severity: 'critical' },
      { ...before, severity: 'low' },
      [`News: ${sentence}.`, 'Its severity is now critical; it was low.'],
    ],
  ])('says %s', (_name, alert, told, sentences) => {
    expect(changeSentences(alert, standingOf(alert), told)).toEqual(sentences);
  });

  it('is in mails, in plain texts, and in lines of every format', () => {
    const context = contextOf(newer, before);
    const mail = changeEmail(newer, 'a@b.example', context);
    expect(mail?.text).toContain(`News: ${sentence}.`);
    expect(mail?.html).toContain(`News: ${sentence}.`);
    expect(changeWords(newer, context)).toContain(`News: ${sentence}.`);
    for (const format of lineFormats) expect(changeLine(newer, context, format, 8_192)).toContain(sentence);
  });

  it('is data for programs where they have not had it', () => {
    const dataOf = (told: Standing) => JSON.parse(changedEvent(newer, contextOf(newer, told))).data;
    expect(dataOf(before).news).toEqual(newer.news);
    expect(dataOf(standing)).not.toHaveProperty('news');
  });

  it.each(tickets)('of a hostile log does nothing in %s but say things', async (type, settings) => {
    for (const sentenceOfLog of hostileText.split('\r\n> ')) {
      const news = { type: 'raised', sentence: sentenceOfLog, number: 1 } as const;
      const { answer, last } = await tell(type, settings, { ...hostileAlert, news }, before);
      const body: unknown = JSON.parse(last);
      const unseen = stringsIn(body).filter((text) => /[\p{Cs}\p{Bidi_C}]|[^\P{Cc}\n]/u.test(text));
      expect({ answer, unseen, live: live[type]?.(body) }).toEqual({
        answer: 'accepted',
        unseen: [],
        live: [],
      });
    }
  });
});

const withMarkup = (pattern: RegExp) => (body: unknown) => [
  ...liveLinks(body),
  ...stringsIn(body).filter((text) => pattern.test(text)),
];

/** What a receiver would act on in a message. */
const live: Readonly<Record<string, (body: unknown) => readonly string[]>> = {
  jira: withMarkup(/(?<!\\)[*_{[|!]/),
  thehive: withMarkup(/(?<!\\)[*_`<[]/),
  pagerduty: liveLinks,
  opsgenie: liveLinks,
  slack: (body) => {
    const checked = checkMessage(body);
    return 'problems' in checked ? checked.problems : liveMarkup(checked.message);
  },
  // It keeps data, in which no text has a meaning.
  sentinel: () => [],
};
