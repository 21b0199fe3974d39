import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { opsgenie, opsgenieSettings } from './opsgenie.ts';
import { normalAlert } from './testing/alerts.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const apiKey = '00000000-0000-4000-8000-000000000000';
const settings = { type: 'opsgenie', apiKey, teams: ['Security'], tags: ['aws'] };

/** https://docs.opsgenie.com/docs/alert-api#create-alert */
const alert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().min(1).max(512),
  description: z.string().max(15_000),
  responders: z.array(z.strictObject({ type: z.literal('team'), name: z.string() })).max(50),
  tags: z.array(z.string().min(1).max(50)).max(20),
  details: z
    .record(z.string(), z.string())
    .refine((details) => JSON.stringify(details).length <= 8000, 'is longer than 8000'),
  entity: z.string().max(512),
  source: z.string().max(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
});

testChannel({
  channel: opsgenie,
  settings: (base) => ({ ...settings, apiUrl: base }),
  base: 'https://api.opsgenie.com',
  body: alert,
  maxBytes: 1024 * 1024,
  method: 'POST',
  path: '/v2/alerts',
  authorization: `GenieKey ${apiKey}`,
  accepted: {
    type: 'answer',
    status: 202,
    body: '{"result":"Request will be processed","took":0.3,"requestId":"x"}',
  },
  unauthorised: { type: 'answer', status: 401, body: '{"message":"Could not authenticate","took":0}' },
  live: liveLinks,
});

describe('the answer of Opsgenie', () => {
  const read = (status: number, headers: Record<string, string> = {}) =>
    opsgenie.read({ status, body: '{}', headers: new Headers(headers), retryAfterMs: undefined });

  it('is a no for this one alert with 422', () => expect(read(422).type).toBe('refused'));

  it('names the wait in a header of its own', () => {
    expect(read(429, { 'X-RateLimit-Period-In-Sec': '60' })).toMatchObject({ afterMs: 60_000 });
    expect(read(429, { 'X-RateLimit-Period-In-Sec': 'soon' })).toMatchObject({ afterMs: 1000 });
  });
});

describe('the settings of Opsgenie', () => {
  it('tell nobody in particular where no team is named', () => {
    const { body } = opsgenie.render(normalAlert, opsgenieSettings.parse({ type: 'opsgenie', apiKey }), {
      idempotencyKey: 'd',
      link: undefined,
      now: 0,
    });
    expect(JSON.parse(body)).not.toHaveProperty('responders');
  });

  it.each([
    ['a key with a line break', { apiKey: 'a\nb' }, 'no key of Opsgenie'],
    ['plain http', { apiUrl: 'http://api.opsgenie.com' }, 'use https:'],
  ])('refuse %s', (_name, more, reason) => {
    expect(opsgenieSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });
});
