import { describe, expect, it } from 'vitest';
import { readSlackAnswer } from './slack-answer.ts';

const read = (status: number, body: string, retryAfterMs?: number) =>
  readSlackAnswer({ status, body, headers: new Headers(), retryAfterMs });
const error = (code: string) => JSON.stringify({ ok: false, error: code });

describe('the answer of Slack', () => {
  it.each([
    ['a webhook', 'ok'],
    ['the Web API', '{"ok":true}'],
    ['the Web API with a name of the message that is none', '{"ok":true,"channel":"<!channel>","ts":"1.2"}'],
  ])('is a yes from %s', (_name, body) => expect(read(200, body)).toEqual({ type: 'accepted' }));

  it('is a yes with a receipt where it names the message', () => {
    const receipt = { channel: 'C1', ts: '1.2' };
    expect(read(200, JSON.stringify({ ok: true, ...receipt }))).toEqual({ type: 'accepted', receipt });
  });

  it.each([
    'ratelimited',
    'rate_limited',
    'service_unavailable',
    'internal_error',
    'fatal_error',
    'request_timeout',
  ])('is worth another attempt after %s', (code) => expect(read(200, error(code)).type).toBe('later'));

  it.each([
    [403, 'invalid_token'],
    [403, 'action_prohibited'],
    [404, 'channel_not_found'],
    [404, 'no_service'],
    [410, 'channel_is_archived'],
  ])('leaves the delivery alive where a webhook says %i %s', (status, body) => {
    expect(read(status, body)).toMatchObject({
      type: 'closed',
      reason: expect.stringContaining(`${body}: `),
    });
  });

  it.each(['not_in_channel', 'missing_scope', 'invalid_auth', 'is_archived', 'token_revoked'])(
    'names a way out of %s',
    (code) => {
      expect(read(200, error(code))).toMatchObject({
        type: 'closed',
        reason: expect.stringMatching(`${code}: \\w+ `),
      });
    },
  );

  it.each([
    [400, 'invalid_payload'],
    [400, 'no_text'],
    [200, error('invalid_blocks')],
    [200, error('msg_too_long')],
  ])('is a no for this one message: %i %s', (status, body) =>
    expect(read(status, body).type).toBe('refused'),
  );

  it('carries the time that a rate limit names, and a second where it names none', () => {
    expect(read(429, 'rate_limited', 30_000)).toMatchObject({ type: 'later', afterMs: 30_000 });
    expect(read(429, '')).toMatchObject({ type: 'later', afterMs: 1000 });
    expect(read(200, error('ratelimited'))).toMatchObject({ type: 'later', afterMs: 1000 });
  });

  it.each([
    ['an error that is not in the documentation', 200, error('brand_new_error')],
    ['an error by the name of an inherited member', 200, error('constructor')],
    ['a page of a proxy', 200, '<html>Please log in</html>'],
    ['nothing', 200, ''],
    ['half a JSON', 200, '{"ok":tr'],
    ['a server error with a word that would be a refusal', 500, 'invalid_payload'],
    ['rollup_error', 500, 'rollup_error'],
  ])('is worth another attempt when it is %s', (_name, status, body) => {
    const answer = read(status, body);
    expect(answer.type).toBe('later');
  });

  it('is never quoted where it is not a known kind of word', () => {
    for (const body of ['xoxb-secret <!channel>', error('xoxb-secret'), error('A'.repeat(100))]) {
      expect(JSON.stringify(read(200, body))).not.toMatch(/xoxb|<!|AAA/);
    }
  });
});
