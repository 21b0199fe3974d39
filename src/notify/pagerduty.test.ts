import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pagerduty, pagerdutySettings } from './pagerduty.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';

const routingKey = 'abcdefghijklmnopqrstuvwxyz012345';

/** https://developer.pagerduty.com/docs/send-alert-event */
const event = z.strictObject({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  client: z.string(),
  client_url: z.url().optional(),
  links: z.array(z.strictObject({ href: z.url(), text: z.string().min(1) })),
  payload: z.strictObject({
    summary: z.string().min(1).max(1024),
    source: z.string().min(1),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    timestamp: z.iso.datetime().optional(),
    component: z.string(),
    group: z.string(),
    class: z.string(),
    custom_details: z.record(z.string(), z.string()),
  }),
});

testChannel({
  channel: pagerduty,
  settings: (base) => ({ type: 'pagerduty', routingKey, apiUrl: base }),
  base: 'https://events.pagerduty.com',
  body: event,
  maxBytes: 512 * 1024,
  method: 'POST',
  path: '/v2/enqueue',
  accepted: {
    type: 'answer',
    status: 202,
    body: '{"status":"success","message":"Event processed","dedup_key":"x"}',
  },
  unauthorised: {
    type: 'answer',
    status: 400,
    body: '{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}',
  },
  live: liveLinks,
});

describe('the answer of PagerDuty', () => {
  it('is a no for this one event where it is not about the key', () => {
    const body =
      '{"status":"invalid event","message":"Event object is invalid","errors":["Length of \'payload.summary\'"]}';
    expect(
      pagerduty.read({ status: 400, body, headers: new Headers(), retryAfterMs: undefined }),
    ).toMatchObject({
      type: 'refused',
    });
  });
});

describe('the settings of PagerDuty', () => {
  it.each([
    ['a key of another length', { routingKey: 'short' }, 'no integration key'],
    ['plain http', { apiUrl: 'http://events.pagerduty.com' }, 'use https:'],
    ['a misspelt key', { routing_key: routingKey }, 'routing_key'],
  ])('refuse %s', (_name, more, reason) => {
    const { error } = pagerdutySettings.safeParse({ type: 'pagerduty', routingKey, ...more });
    expect(error?.message).toContain(reason);
  });
});
