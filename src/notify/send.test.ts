import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bind, bindSender, type ChannelRequest, type Means } from './channel.ts';
import { deliver, parseRetryAfter, readStatus, redactUrl, sendRequest, type Transport } from './send.ts';
import { slack, slackSettings } from './slack.ts';
import { hostileAlert, minimalAlert, normalAlert } from './testing/alerts.ts';
import { startFakeServer, type FakeServer } from './testing/fake-server.ts';
import { startFakeSlack, type FakeSlack } from './testing/fake-slack.ts';
import { overKeptConnections } from './kept-connections.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const transport: Transport = { fetch: overKeptConnections, timeoutMs: 5_000, now: () => now };
const context = { idempotencyKey: 'd1', link: 'https://tocsin.example/alerts/1', now };

let fake: FakeSlack;
let elsewhere: FakeServer;
beforeAll(async () => {
  fake = await startFakeSlack();
  elsewhere = await startFakeServer(() => ({ type: 'answer', status: 200, body: 'ok' }));
});
afterAll(async () => {
  await fake.close();
  await elsewhere.close();
});

const byWebhook = () => bind(slack, slackSettings.parse({ type: 'slack', webhookUrl: fake.webhookUrl }));
const byToken = (more: object = {}) =>
  bind(
    slack,
    slackSettings.parse({
      type: 'slack',
      token: fake.token,
      channel: fake.channel,
      apiUrl: fake.apiUrl,
      ...more,
    }),
  );
const send = (channel = byWebhook(), how = transport) => deliver(channel, normalAlert, context, how);

describe('a delivery to Slack', () => {
  it.each([
    ['normal', normalAlert],
    ['minimal', minimalAlert],
    ['hostile', hostileAlert],
  ])('arrives both ways and keeps to the limits: %s', async (_name, alert) => {
    for (const channel of [byWebhook(), byToken()]) {
      expect((await deliver(channel, alert, context, transport)).type).toBe('accepted');
    }
    expect(fake.problems).toEqual([]);
  });

  it('waits as long as a rate limit says', async () => {
    fake.answerNext({ type: 'answer', status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' });
    expect(await send()).toMatchObject({ type: 'later', afterMs: 30_000 });
  });

  it('is tried again after a server error', async () => {
    fake.answerNext({ type: 'answer', status: 500 });
    expect(await send()).toEqual({ type: 'later', reason: 'HTTP 500 from the receiver', afterMs: undefined });
  });

  it('is tried again after garbage', async () => {
    fake.answerNext({ type: 'answer', status: 200, body: '\u0000\u001b[2J<html>' });
    expect((await send()).type).toBe('later');
  });

  it('is tried again when the connection is cut', async () => {
    fake.answerNext({ type: 'reset' });
    expect(await send()).toEqual({
      type: 'later',
      reason: `${new URL(fake.url).origin}/…: the connection was cut off`,
    });
  });

  it('is tried again when no answer comes in time', async () => {
    fake.answerNext({ type: 'hang' });
    expect(await send(byWebhook(), { ...transport, timeoutMs: 50 })).toMatchObject({
      type: 'later',
      reason: expect.stringContaining('no answer within 50 ms'),
    });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const before = elsewhere.requests.length;
    fake.answerNext({ type: 'answer', status, headers: { location: `${elsewhere.url}/latest/meta-data/` } });
    expect((await send()).type).toBe('closed');
    expect(elsewhere.requests.length).toBe(before);
  });

  it('names the way out of a wrong token, a wrong channel and a removed webhook', async () => {
    expect(await send(byToken({ token: 'xoxb-wrong' }))).toMatchObject({
      type: 'closed',
      reason: expect.stringContaining('check the bot token'),
    });
    expect(await send(byToken({ channel: '#nowhere' }))).toMatchObject({
      type: 'closed',
      reason: expect.stringContaining('invite the bot'),
    });
    const gone = bind(slack, slackSettings.parse({ type: 'slack', webhookUrl: `${fake.url}/services/gone` }));
    expect(await send(gone)).toMatchObject({
      type: 'closed',
      reason: expect.stringContaining('make a new one'),
    });
  });
});

describe('sending', () => {
  const request = (url: string): ChannelRequest => ({
    url,
    method: 'POST',
    headers: { authorization: 'Bearer very-secret' },
    body: '{}',
  });

  it('puts no secret into any reason', async () => {
    const secretPath = 'T000/B000/very-secret';
    const broken: typeof fetch = (input) =>
      Promise.reject(new TypeError(`Failed to parse URL from ${typeof input === 'string' ? input : ''}`));
    const urls = [
      `${fake.url}/${secretPath}`,
      `http://127.0.0.1:1/${secretPath}`,
      `http://very-secret@127.0.0.1:1/`,
      `nonsense very-secret`,
    ];
    for (const how of [transport, { ...transport, fetch: broken }]) {
      for (const url of urls)
        expect(JSON.stringify(await sendRequest(request(url), how))).not.toContain('very-secret');
    }
  });

  it('says what is wrong when nothing listens', async () => {
    const closed = await startFakeServer(() => ({ type: 'hang' }));
    await closed.close();
    expect(await sendRequest(request(closed.url), transport)).toMatchObject({
      type: 'later',
      reason: expect.stringMatching(/connection refused|cut off/),
    });
  });

  it('reads 64 KB of an answer and no more', async () => {
    elsewhere.answerNext({ type: 'answer', status: 200, body: '€'.repeat(1_000_000) });
    const exchange = await sendRequest(request(elsewhere.url), transport);
    expect(exchange).toMatchObject({ type: 'response', response: { status: 200 } });
    expect(exchange.type === 'response' && Buffer.byteLength(exchange.response.body)).toBeLessThanOrEqual(
      64 * 1024,
    );
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
  ])('never asks instance metadata: %s', async (url) => {
    const never: typeof fetch = () => Promise.reject(new Error('was called'));
    expect(await sendRequest(request(url), { ...transport, fetch: never })).toMatchObject({ type: 'closed' });
  });

  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://a.localhost./',
    'http://10.1.2.3/',
    'http://[::1]/',
    'http://0/',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
  ])('keeps to public addresses when told to: %s', async (url) => {
    const never: typeof fetch = () => Promise.reject(new Error('was called'));
    const how = { ...transport, fetch: never, allowPrivateAddresses: false };
    expect(await sendRequest(request(url), how)).toMatchObject({
      type: 'closed',
      reason: expect.stringContaining('private'),
    });
  });
});

describe('the status alone', () => {
  it.each([
    [200, 'accepted'],
    [204, 'accepted'],
    [302, 'closed'],
    [400, 'refused'],
    [401, 'closed'],
    [404, 'closed'],
    [408, 'later'],
    [410, 'closed'],
    [413, 'refused'],
    [425, 'later'],
    [429, 'later'],
    [503, 'later'],
  ])('%i means %s', (status, type) => {
    expect(readStatus({ status, headers: new Headers(), body: '', retryAfterMs: undefined }).type).toBe(type);
  });
});

describe('Retry-After', () => {
  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['1.5', 1500],
    ['Sat, 21 Nov 2026 12:00:10 GMT', 10_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
    [null, undefined],
  ])('%s is %s ms', (value, ms) => expect(parseRetryAfter(value, now)).toBe(ms));
});

describe('an address in a log', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0/secret?x=secret#secret', 'https://hooks.slack.com/…'],
    ['https://user:secret@host.example:8443/secret', 'https://host.example:8443/…'],
    ['secret', '(not an address)'],
    ['data:secret', '(not an address)'],
  ])('%s shows no more than %s', (url, shown) => expect(redactUrl(url)).toBe(shown));
});

describe('a channel of other means', () => {
  const sent = async (allowPrivateAddresses?: boolean) => {
    const seen: Means[] = [];
    const channel = bindSender(
      {
        type: 'test',
        settings: z.strictObject({}),
        open: () => ({
          send: (_, means) => {
            seen.push(means);
            return Promise.resolve([{ type: 'accepted', receipt: { id: '7' } }]);
          },
        }),
      },
      {},
    );
    const answer = await deliver(channel, normalAlert, context, { ...transport, allowPrivateAddresses });
    return { answer, means: seen[0] };
  };

  it('answers with a receipt', async () => {
    expect((await sent()).answer).toEqual({ type: 'accepted', receipt: { id: '7' } });
  });

  it.each([
    ['169.254.169.254', true, true],
    ['fd00:ec2::254', true, true],
    ['127.0.0.1', true, false],
    ['localhost.', false, true],
    ['0x7f.1', false, true],
    ['10.0.0.1', false, true],
    ['mail.example.com', false, false],
  ])('may connect to %s with private addresses %s: refused %s', async (host, allowed, refused) => {
    const { means } = await sent(allowed);
    expect(means?.refusal(host) !== undefined).toBe(refused);
  });
});
