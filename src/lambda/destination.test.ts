import { describe, expect, it } from 'vitest';
import { destinationsFrom } from './destination.ts';

const transport = { fetch, timeoutMs: 1_000, now: () => 0 };
const names = (env: Record<string, string>) => destinationsFrom(env, transport).map(({ name }) => name);
const slack = { TOCSIN_SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/hidden-part' };

describe('the environment gives', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['a server', { TOCSIN_SERVER_URL: 'https://tocsin.example.com/' }, ['server']],
    ['Slack', slack, ['slack']],
    ['both', { ...slack, TOCSIN_SERVER_URL: 'http://10.0.0.1:7117' }, ['server', 'slack']],
    [
      'what is set where the rest is set to nothing',
      {
        ...slack,
        TOCSIN_SERVER_URL: '',
        TOCSIN_SERVER_KEY: '',
        TOCSIN_WEBHOOK_URL: ' ',
        TOCSIN_MIN_SEVERITY: '',
      },
      ['slack'],
    ],
  ])('%s', (_, env, expected) => expect(names(env)).toEqual(expected));
});

describe('the environment is refused where', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['it names nothing', {}, /nowhere to go: set TOCSIN_SERVER_URL/],
    ['all it names is empty', { TOCSIN_SERVER_URL: '' }, /nowhere to go/],
    [
      'the server is no address',
      { TOCSIN_SERVER_URL: 'hidden-part.example' },
      /TOCSIN_SERVER_URL is not an http or https address/,
    ],
    ['the server is of another protocol', { TOCSIN_SERVER_URL: 'ftp://hidden-part' }, /TOCSIN_SERVER_URL/],
    ['Slack is no address', { TOCSIN_SLACK_WEBHOOK_URL: 'hidden-part' }, /slack: webhookUrl/],
    ['the webhook has no secret', { TOCSIN_WEBHOOK_URL: 'https://hidden-part.example' }, /webhook: secret/],
    ['the severity is none', { ...slack, TOCSIN_MIN_SEVERITY: 'loud' }, /slack: minSeverity/],
  ])('%s, and the error holds no value', (_, env, reason) => {
    expect(() => names(env)).toThrow(reason);
    expect(() => names(env)).not.toThrow(/hidden-part/);
  });
});
