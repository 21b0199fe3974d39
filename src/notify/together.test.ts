import { describe, expect, it, onTestFinished } from 'vitest';
import type { Answer } from './channel.ts';
import { deliverAll } from './send.ts';
import { normalAlert } from './testing/alerts.ts';
import { boundTo, context, transport } from './testing/aws-contract.ts';
import { startFakeServer, type ScriptedAnswer } from './testing/fake-server.ts';
import { sendTogether } from './together.ts';

process.env['AWS_ACCESS_KEY_ID'] ??= 'testing';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'testing';

const refused: Answer = { type: 'refused', reason: 'no' };
const accepted: Answer = { type: 'accepted' };

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
  ({
    type: 'answer',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }) satisfies ScriptedAnswer;

/** Receivers that take a call with the alert `poison` in it as a whole or not at all. */
const receivers = {
  sentinel: {
    settings: (url: string) => ({
      tenant: 't',
      clientId: 'c',
      clientSecret: 's',
      endpoint: url,
      loginUrl: url,
      rule: 'dcr-1',
    }),
    answer: (body: string) =>
      body.startsWith('grant_type')
        ? json(200, { expires_in: 3599, access_token: 'token' })
        : json(body.includes('poison') ? 400 : 204, {}),
  },
  securityhub: {
    settings: (url: string) => ({ account: '123456789012', region: 'eu-west-1', endpoint: url }),
    answer: (body: string) =>
      body.includes('poison')
        ? json(400, { Message: 'x' }, { 'x-amzn-errortype': 'InvalidInputException' })
        : json(200, { FailedCount: 0, SuccessCount: 1, FailedFindings: [] }),
  },
} as const;

describe('what a receiver refuses as a whole', () => {
  it.each(['sentinel', 'securityhub'] as const)('is refused alone at %s', async (type) => {
    const { settings, answer } = receivers[type];
    const server = await startFakeServer(({ body }) => answer(body));
    onTestFinished(() => server.close());
    const ids = [...Array.from({ length: 20 }, (_, i) => `alert-${i}`), 'poison', 'alert-20'];
    const answers = await deliverAll(
      boundTo({ type, ...settings(server.url) }),
      ids.map((id) => ({ alert: { ...normalAlert, id }, context })),
      transport,
    );
    expect(answers.map(({ type: kind }, i) => `${ids[i]} ${kind}`)).toEqual(
      ids.map((id) => `${id} ${id === 'poison' ? 'refused' : 'accepted'}`),
    );
    expect(server.requests.length).toBeLessThan(14);
  });

  it.each<[string, readonly number[], readonly Answer['type'][], number]>([
    ['nothing', [], ['accepted', 'accepted', 'accepted'], 1],
    ['the first', [0], ['refused', 'accepted', 'accepted'], 5],
    ['the last', [2], ['accepted', 'accepted', 'refused'], 3],
    ['everything', [0, 1, 2], ['refused', 'refused', 'refused'], 5],
  ])('is found where that is %s', async (_name, wrong, types, most) => {
    let calls = 0;
    const answers = await sendTogether(
      [0, 1, 2],
      { signal: new AbortController().signal, timeoutMs: 60_000 },
      (items) => {
        calls += 1;
        return Promise.resolve(items.some((item) => wrong.includes(item)) ? refused : accepted);
      },
    );
    expect({ types: answers.map(({ type }) => type), calls: calls <= most }).toEqual({ types, calls: true });
  });

  it('leaves the rest for the next attempt where the time is over', async () => {
    const over = new AbortController();
    const answers = await sendTogether([1, 2], { signal: over.signal, timeoutMs: 60_000 }, () => {
      over.abort();
      return Promise.resolve(refused);
    });
    expect(answers.map(({ type }) => type)).toEqual(['later', 'later']);
  });

  it.each<Answer>([
    { type: 'later', reason: 'busy' },
    { type: 'closed', reason: 'no right' },
  ])('is not taken apart where the answer is of no message: $type', async (answer) => {
    let calls = 0;
    const answers = await sendTogether(
      [1, 2],
      { signal: new AbortController().signal, timeoutMs: 60_000 },
      () => {
        calls += 1;
        return Promise.resolve(answer);
      },
    );
    expect({ answers, calls }).toEqual({ answers: [answer, answer], calls: 1 });
  });
});
