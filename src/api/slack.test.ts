import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SlackClick } from '../notify/slack-buttons.ts';
import { slackPayload, slackRequest } from '../notify/testing/slack-request.ts';
import { testId, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const secret = 'not-a-real-signing-secret';
const id = testId(7);
const acknowledge = slackPayload(id, { action_id: 'tocsin.status.acknowledged' });

let server: TestServer;
let clicks: SlackClick[] = [];
beforeAll(async () => {
  server = await startServer({
    keys: [{ name: 'admin', key: 'a-key-of-more-than-24-bytes', scope: 'all' }],
    slack: {
      signingSecrets: ['another-signing-secret', secret],
      act: async (click) => void clicks.push(click),
    },
  });
});
afterAll(() => server.close());
beforeEach(() => void (clicks = []));

const post = (request: { readonly headers: Readonly<Record<string, string>>; readonly body: string }) =>
  send(server, '/v1/slack/actions', { method: 'POST', ...request });

describe('a click in Slack', () => {
  it('is done in the name of who clicked, without a key and with an empty answer', async () => {
    const answer = await post(slackRequest(secret, acknowledge, testNow));
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(clicks).toEqual([
      { alertId: id, by: 'slack:U0ALICE', wish: { type: 'status', status: 'acknowledged' } },
    ]);
  });

  it.each([
    ['another secret', slackRequest('guessed-secret', acknowledge, testNow)],
    ['a time six minutes ago', slackRequest(secret, acknowledge, testNow - 360_000)],
    ['a time six minutes ahead', slackRequest(secret, acknowledge, testNow + 360_000)],
    [
      'another body than was signed',
      { ...slackRequest(secret, acknowledge, testNow), body: slackRequest(secret, {}, testNow).body },
    ],
    [
      'another time than was signed',
      {
        ...slackRequest(secret, acknowledge, testNow),
        headers: {
          ...slackRequest(secret, acknowledge, testNow).headers,
          'x-slack-request-timestamp': String(testNow / 1000 + 1),
        },
      },
    ],
    ['no signature', { ...slackRequest(secret, acknowledge, testNow), headers: {} }],
    ['no body', { headers: slackRequest(secret, acknowledge, testNow).headers, body: '' }],
    [
      'the signature of a body without the payload',
      { headers: slackRequest(secret, acknowledge, testNow).headers, body: 'payload=%7B%7D' },
    ],
  ])('is turned away with %s, without a word', async (_name, request) => {
    const answer = await post(request);
    expect([answer.status, answer.body, clicks]).toEqual([401, '', []]);
  });

  it.each([
    [
      'a button of somebody else',
      slackPayload(id, { block_id: 'other', action_id: 'tocsin.status.resolved' }),
    ],
    ['an action that is none', slackPayload(id, { action_id: 'tocsin.status.constructor' })],
    [
      'a time to snooze that is not offered',
      slackPayload(id, { action_id: 'tocsin.snooze', selected_option: { value: '9999999' } }),
    ],
    ['a user that is none', slackPayload(id, { action_id: 'tocsin.status.resolved' }, '<!channel>')],
    ['another sort of payload', { type: 'view_submission', user: { id: 'U1' } }],
    ['a list', []],
  ])('does nothing where it is %s', async (_name, payload) => {
    const answer = await post(slackRequest(secret, payload, testNow));
    expect([answer.status, clicks]).toEqual([200, []]);
  });

  it('can be a time to snooze', async () => {
    const action = { action_id: 'tocsin.snooze', selected_option: { value: '240' } };
    await post(slackRequest(secret, slackPayload(id, action), testNow));
    expect(clicks).toMatchObject([{ wish: { type: 'snooze', minutes: 240 } }]);
  });

  it('of more than half a megabyte is refused before it is looked at', async () => {
    const answer = await post(slackRequest(secret, { ...acknowledge, x: 'x'.repeat(600_000) }, testNow));
    expect([answer.status, clicks]).toEqual([413, []]);
  });

  it('reaches nothing where no channel has a signing secret', async () => {
    const bare = await startServer({ slack: { signingSecrets: [], act: async () => {} } });
    const answer = await send(bare, '/v1/slack/actions', {
      method: 'POST',
      ...slackRequest(secret, acknowledge, testNow),
    });
    await bare.close();
    expect(answer.status).toBe(404);
  });
});
