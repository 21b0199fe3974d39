import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { splunk, splunkSettings } from './splunk.ts';
import { normalAlert } from './testing/alerts.ts';
import { testChannel } from './testing/channel-contract.ts';

const token = '00000000-0000-4000-8000-000000000000';
const settings = {
  type: 'splunk',
  url: 'https://splunk.example:8088',
  token,
  index: 'security',
  maxBytes: 65_536,
};

/** https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector */
const event = z.strictObject({
  time: z.number().min(0),
  source: z.string(),
  sourcetype: z.string(),
  index: z.string(),
  event: z.strictObject({
    alert: z.looseObject({ id: z.string(), title: z.string() }),
    link: z.url().nullable(),
    shortened: z.string(),
  }),
  fields: z.strictObject({ alert_id: z.string().min(1), severity: z.string() }),
});

testChannel({
  channel: splunk,
  settings: (base) => ({ ...settings, url: base }),
  base: 'https://splunk.example:8088',
  body: event,
  maxBytes: 65_536,
  method: 'POST',
  path: '/services/collector/event',
  authorization: `Splunk ${token}`,
  accepted: { type: 'answer', status: 200, body: '{"text":"Success","code":0}' },
  unauthorised: { type: 'answer', status: 403, body: '{"text":"Invalid token","code":4}' },
});

describe('Splunk', () => {
  const read = (status: number, body: string) =>
    splunk.read({ status, body, headers: new Headers(), retryAfterMs: undefined });

  it.each([
    ['closed', 400, '{"text":"Incorrect index","code":7,"invalid-event-number":0}'],
    ['closed', 400, '{"text":"Data channel is missing","code":10}'],
    ['closed', 401, '{"text":"Token is required","code":2}'],
    ['refused', 400, '{"text":"Invalid data format","code":6}'],
    ['later', 503, '{"text":"Server is busy","code":9}'],
    ['later', 200, '<html>Please log in</html>'],
  ])('means %s with %i %s', (type, status, body) => expect(read(status, body).type).toBe(type));

  it('gets the whole alert', () => {
    const context = { idempotencyKey: 'd', link: undefined, now: 0 };
    const { body } = splunk.render(
      normalAlert,
      splunkSettings.parse({ ...settings, index: undefined }),
      context,
    );
    expect(JSON.parse(body)).toMatchObject({
      time: normalAlert.time / 1000,
      event: { alert: JSON.parse(JSON.stringify(normalAlert)), link: null, shortened: 'no' },
    });
    expect(JSON.parse(body)).not.toHaveProperty('index');
  });

  it('gets names of fields without halves of surrogate pairs, and none of them twice', () => {
    const fields = {
      'a\ud83d': 1,
      'a\ude00': 2,
      'a\ufffd': 3,
      deep: [{ '\ud83d': '\ud83d' }],
      '\u{1f600}': 4,
    };
    const alert = { ...normalAlert, evidence: { ...normalAlert.evidence, fields } };
    const context = { idempotencyKey: 'd', link: undefined, now: 0 };
    const { body } = splunk.render(alert, splunkSettings.parse(settings), context);
    expect(body).not.toMatch(/\\ud[89a-f]/);
    expect(JSON.parse(body).event.alert.evidence.fields).toEqual({
      'a\ufffd': 3,
      'a\ufffd (2)': 1,
      'a\ufffd (3)': 2,
      deep: [{ '\ufffd': '\ufffd' }],
      '\u{1f600}': 4,
    });
  });

  it.each([
    ['plain http to another machine', { url: 'http://splunk.example' }, 'use https:'],
    ['a token with a line break', { token: 'a\nb' }, 'no token'],
    ['an index that is none', { index: '../x' }, 'no name of an index'],
  ])('is not configured with %s', (_name, more, reason) => {
    expect(splunkSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });
});
