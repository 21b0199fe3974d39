import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bindSettings, channels, channelSettings, channelsFor } from './table.ts';

const slackWebhook = { type: 'slack', webhookUrl: 'https://hooks.slack.com/services/T/B/x' };

describe('the settings of channels', () => {
  it.each([
    ['a Slack webhook', slackWebhook],
    ['a Slack bot', { type: 'slack', token: 'xoxb-1', channel: '#alerts', minSeverity: 'high' }],
    ['GovSlack', { type: 'slack', token: 'xoxb-1', channel: 'C1', apiUrl: 'https://slack-gov.com/api' }],
    ['a webhook', { type: 'webhook', url: 'https://x.example', secret: 'x'.repeat(24) }],
  ])('take %s', (_name, settings) => expect(channelSettings.safeParse(settings).error).toBeUndefined());

  it.each([
    ['nothing to go by', { type: 'slack' }, 'set `webhookUrl`, or `token` and `channel`'],
    ['both ways at once', { ...slackWebhook, token: 'xoxb-1' }, 'keep one'],
    ['a token without a channel', { type: 'slack', token: 'xoxb-1' }, 'which Slack channel'],
    ['a channel that has no effect', { ...slackWebhook, channel: '#a' }, 'remove it'],
    ['plain http', { type: 'slack', webhookUrl: 'http://hooks.slack.com/services/x' }, 'use https:'],
    ['a token with a line break', { type: 'slack', token: 'x\ny', channel: '#a' }, 'no Slack token'],
    ['an unknown kind', { type: 'smoke-signal' }, 'type'],
    ['an unknown severity', { ...slackWebhook, minSeverity: 'fatal' }, 'minSeverity'],
  ])('refuse %s', (_name, settings, reason) => {
    expect(channelSettings.safeParse(settings).error?.message).toContain(reason);
  });

  it('never quote a secret that they refuse', () => {
    const settings = {
      type: 'slack',
      webhookUrl: 'http://hooks.slack.com/very-secret',
      token: 'very secret',
    };
    expect(channelSettings.safeParse(settings).error?.message).not.toMatch(/very.secret/);
  });

  it('are documented key by key, with secrets marked', () => {
    const schema = z.toJSONSchema(channelSettings, { io: 'input' });
    const secrets = (schema.oneOf ?? schema.anyOf ?? []).map((kind) => {
      const properties = Object.entries(kind.properties ?? {});
      for (const [key, property] of properties)
        expect(property, key).toHaveProperty('description', expect.any(String));
      return properties
        .filter(([, property]) => JSON.stringify(property).includes('"secret":true'))
        .map(([key]) => key);
    });
    expect(secrets).toEqual([
      ['webhookUrl', 'token', 'signingSecret'],
      ['url', 'secret', 'previousSecret', 'headers'],
      ['routingKey'],
      ['apiKey'],
      ['webhookUrl'],
      ['webhookUrl'],
      ['webhookUrl'],
      ['token'],
      ['token'],
      ['apiKey', 'password'],
      ['apiKey'],
      ['token'],
      [],
      [],
      [],
      ['ca', 'password'],
      [],
      [],
      ['ca', 'clientCertificate', 'clientKey'],
      [],
      [],
      ['clientSecret'],
    ]);
  });
});

describe('the table of channels', () => {
  it('has every kind once, under the name that the settings use', () => {
    const types = channels.map(({ type }) => type);
    expect(types).toEqual([
      'slack',
      'webhook',
      'pagerduty',
      'opsgenie',
      'teams',
      'discord',
      'googlechat',
      'telegram',
      'splunk',
      'elasticsearch',
      'thehive',
      'jira',
      'sns',
      'sqs',
      'eventbridge',
      'email',
      'ses',
      'file',
      'syslog',
      's3',
      'securityhub',
      'sentinel',
    ]);
    expect(bindSettings(channelSettings.parse(slackWebhook)).type).toBe('slack');
    expect(
      bindSettings(
        channelSettings.parse({ type: 'webhook', url: 'https://x.example', secret: 'x'.repeat(24) }),
      ).type,
    ).toBe('webhook');
  });

  it('owes an alert to the channels whose floor it reaches', () => {
    const configured = { all: { minSeverity: 'informational' }, some: { minSeverity: 'high' } } as const;
    expect(channelsFor({ severity: 'medium' }, configured)).toEqual(['all']);
    expect(channelsFor({ severity: 'high' }, configured)).toEqual(['all', 'some']);
    expect(channelsFor({ severity: 'low' }, {})).toEqual([]);
  });
});
