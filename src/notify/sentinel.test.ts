import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import type { BoundChannel } from './channel.ts';
import { deliver, deliverAll, followUp } from './send.ts';
import { sentinelRow } from './sentinel.ts';
import { normalAlert } from './testing/alerts.ts';
import { boundTo, context, recordedAlerts, resolvedContext, transport } from './testing/aws-contract.ts';
import { stringsIn } from './testing/block-kit.ts';
import { startFakeServer, type FakeServer, type ScriptedAnswer } from './testing/fake-server.ts';

const json = (status: number, body: unknown): ScriptedAnswer => ({
  type: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const row = z.strictObject({
  TimeGenerated: z.iso.datetime(),
  AlertId: z.string().min(1),
  Change: z.boolean(),
  Status: z.string(),
  Severity: z.string(),
  SeverityWord: z.string(),
  Count: z.int(),
  Title: z.string(),
  News: z.string(),
  RuleId: z.string(),
  RuleTitle: z.string(),
  Account: z.string(),
  Region: z.string(),
  Actor: z.string(),
  ActorArn: z.string(),
  SourceAddress: z.string(),
  Service: z.string(),
  Action: z.string(),
  Result: z.string(),
  Techniques: z.string(),
  Link: z.string(),
  Finding: z.looseObject({ class_uid: z.literal(2004) }),
});

/** The sign-in and the ingestion of Azure, as they are documented. */
let azure: FakeServer;
let tokens = 0;
let problems: string[] = [];
beforeEach(async () => {
  tokens = 0;
  problems = [];
  azure = await startFakeServer(({ method, path, headers, body }) => {
    if (path === '/tenant-1/oauth2/v2.0/token') {
      const form = Object.fromEntries(new URLSearchParams(body));
      const right =
        method === 'POST' &&
        headers['content-type'] === 'application/x-www-form-urlencoded' &&
        form['grant_type'] === 'client_credentials' &&
        form['client_secret'] === 'not&a=real secret' &&
        form['scope'] === 'https://monitor.azure.com/.default';
      if (!right) return json(401, { error: 'invalid_client', error_description: 'secret <!channel>' });
      tokens += 1;
      return json(200, { token_type: 'Bearer', expires_in: 3599, access_token: `token-${tokens}` });
    }
    if (path !== '/dataCollectionRules/dcr-0123/streams/Custom-TocsinAlerts_CL?api-version=2023-01-01')
      return json(404, {});
    if (headers.authorization !== `Bearer token-${tokens}`) return json(401, {});
    if (Buffer.byteLength(body) > 1_048_576) return json(413, {});
    const { error } = z.array(row).min(1).safeParse(JSON.parse(body));
    problems.push(...(error?.issues ?? []).map(({ path: at, message }) => `${at.join('.')}: ${message}`));
    return { type: 'answer', status: error === undefined ? 204 : 400 };
  });
  onTestFinished(() => azure.close());
});

const channel = (more: object = {}): BoundChannel =>
  boundTo({
    type: 'sentinel',
    tenant: 'tenant-1',
    clientId: 'app-1',
    clientSecret: 'not&a=real secret',
    endpoint: azure.url,
    loginUrl: azure.url,
    rule: 'dcr-0123',
    ...more,
  });

const send = (to: BoundChannel, how = transport, now = context.now) =>
  deliver(to, normalAlert, { ...context, now }, how);
const paths = () => azure.requests.map(({ path }) => path.split('/')[1]);

describe('a row', () => {
  it.each(recordedAlerts)('of a %s alert is as recorded', async (name, alert, link) => {
    const made = sentinelRow(alert, { ...context, link }, false);
    expect(row.safeParse(made).error).toBeUndefined();
    expect(stringsIn(made).filter((text) => /[^\P{Cc}\n]|[\p{Cs}\p{Bidi_C}]/u.test(text))).toEqual([]);
    await expect(`${JSON.stringify(made, undefined, 2)}\n`).toMatchFileSnapshot(
      `golden/sentinel-${name}.json`,
    );
  });
});

describe('a delivery to Sentinel', () => {
  it('signs in once, and sends all alerts in one call', async () => {
    const to = channel();
    const messages = recordedAlerts.map(([, alert, link]) => ({ alert, context: { ...context, link } }));
    const answers = await deliverAll(to, messages, { ...transport, timeoutMs: 60_000 });
    expect({ answers: answers.map(({ type }) => type), problems }).toEqual({
      answers: messages.map(() => 'accepted'),
      problems: [],
    });
    await send(to);
    expect(paths()).toEqual(['tenant-1', 'dataCollectionRules', 'dataCollectionRules']);
  });

  it('signs in again when the token is old', async () => {
    const to = channel();
    await send(to);
    await send(to, transport, context.now + 3_600_000);
    expect(tokens).toBe(2);
  });

  it('signs in again at once where a token that was kept is not taken any more', async () => {
    const to = channel();
    await send(to);
    azure.answerNext(json(401, {}));
    expect((await send(to)).type).toBe('accepted');
    expect(paths()).toEqual([
      'tenant-1',
      'dataCollectionRules',
      'dataCollectionRules',
      'tenant-1',
      'dataCollectionRules',
    ]);
    expect(azure.requests.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });

  it('waits for a person where a token that is new is not taken', async () => {
    azure.answerNext(json(200, { expires_in: 3599, access_token: 'of-another' }));
    const to = channel();
    expect((await send(to)).type).toBe('closed');
    expect(paths()).toEqual(['tenant-1', 'dataCollectionRules']);
    expect((await send(to)).type).toBe('accepted');
  });

  it('sends more than a call takes in several', async () => {
    const big = { ...normalAlert, description: 'x'.repeat(100_000), title: 'y'.repeat(500) };
    const messages = Array.from({ length: 50 }, () => ({ alert: big, context }));
    const answers = await deliverAll(channel(), messages, transport);
    expect(answers.every(({ type }) => type === 'accepted')).toBe(true);
  });

  it('says how an alert stands now', async () => {
    await followUp(channel(), { alert: normalAlert, context: resolvedContext() }, transport);
    expect(JSON.parse(azure.requests.at(-1)?.body ?? '')).toMatchObject([
      { Change: true, Status: 'resolved', Count: 3 },
    ]);
  });

  it.each<[string, object, string]>([
    ['a wrong secret', { clientSecret: 'x' }, 'closed'],
    ['a rule that is not there', { rule: 'dcr-none' }, 'closed'],
    ['a tenant that is not there', { tenant: 'none' }, 'closed'],
  ])('waits for a person after %s, and quotes nothing', async (_name, more, type) => {
    const answer = await send(channel(more));
    expect(answer.type).toBe(type);
    expect(JSON.stringify(answer)).not.toMatch(/secret <|<!/);
  });

  it.each<[string, ScriptedAnswer]>([
    ['a busy sign-in', json(429, {})],
    ['a sign-in that fails', json(500, {})],
    ['the page of a proxy', { type: 'answer', status: 200, body: '<html>' }],
    ['a cut connection', { type: 'reset' }],
  ])('is tried again after %s', async (_name, answer) => {
    azure.answerNext(answer);
    expect((await send(channel())).type).toBe('later');
  });

  it('waits as long as the ingestion says', async () => {
    const to = channel();
    await send(to);
    azure.answerNext({ type: 'answer', status: 429, headers: { 'retry-after': '30' } });
    expect(await send(to)).toMatchObject({ type: 'later', afterMs: 30_000 });
  });
});
