import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { correlatedAlert, normalAlert } from './testing/alerts.ts';
import { liveLinks, testChannel } from './testing/channel-contract.ts';
import { thehive, thehiveSettings } from './thehive.ts';

const settings = {
  type: 'thehive',
  url: 'https://thehive.example',
  apiKey: 'not-a-real-key',
  tags: ['aws'],
  customFields: { team: 'Payments', cost: 7 },
};

const tags = z.array(z.string().min(1).max(128)).refine((all) => new Set(all).size === all.length, 'twice');

/** https://docs.strangebee.com/thehive/api-docs/#operation/Create%20alert */
const alert = z.strictObject({
  type: z.string().min(1).max(32),
  source: z.string().min(1).max(64),
  sourceRef: z.string().min(1).max(128),
  externalLink: z.url().max(512).optional(),
  title: z.string().min(1).max(512),
  description: z.string().max(1_048_576),
  severity: z.int().min(1).max(4),
  date: z.int().min(0).optional(),
  tags,
  tlp: z.int().min(0).max(4),
  pap: z.int().min(0).max(3),
  caseTemplate: z.string().optional(),
  customFields: z.array(
    z.strictObject({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
  ),
  observables: z
    .array(
      z.strictObject({
        dataType: z.enum(['ip', 'user-agent', 'other']),
        data: z.string().min(1).max(4096),
        message: z.string(),
        tags,
        tlp: z.int().min(0).max(4),
        pap: z.int().min(0).max(3),
      }),
    )
    .refine(
      (all) => new Set(all.map(({ dataType, data }) => `${dataType} ${data}`)).size === all.length,
      'an observable stands there twice',
    ),
});

/** Markdown that is not ours in the description, and links anywhere but in data, which is kept as it is. */
function live(body: unknown): readonly string[] {
  const { description, title } = alert.parse(body);
  const bare = description
    .replace(/```diff\n[^`]*\n```/g, '')
    .replace(/\\[^0-9A-Za-z\s]/g, '')
    .replace(/`[^`\n]*`/g, '')
    .replace(/\[[\w ]+\]\(https:\/\/tocsin\.example\/[^)]*\)/g, '')
    .replace(/\*\*/g, '');
  return [...liveLinks([bare, title]), ...(bare.match(/[<>[\]`*_~|@&]|^\s*[#>]/gm) ?? [])];
}

testChannel({
  channel: thehive,
  settings: (base) => ({ ...settings, url: base }),
  base: 'https://thehive.example',
  body: alert,
  maxBytes: 1_000_000,
  method: 'POST',
  path: '/api/v1/alert',
  authorization: 'Bearer not-a-real-key',
  accepted: { type: 'answer', status: 201, body: '{"_id":"~1","_type":"Alert"}' },
  unauthorised: {
    type: 'answer',
    status: 401,
    body: '{"type":"AuthenticationError","message":"Authentication failure"}',
  },
  live,
});

describe('TheHive', () => {
  const read = (status: number, type: string, message: string) =>
    thehive.read({
      status,
      body: JSON.stringify({ type, message }),
      headers: new Headers(),
      retryAfterMs: undefined,
    });

  it.each([
    ['accepted', 400, 'CreateError', 'Alert tocsin:tocsin:x already exists'],
    ['accepted', 400, 'CreateError', 'Alert already exist'],
    ['refused', 400, 'CreateError', 'something else'],
    ['refused', 400, 'BadRequest', 'already exists'],
    ['closed', 404, 'NotFoundError', 'CustomField team not found'],
    ['closed', 403, 'AuthorizationError', 'no'],
  ])('means %s with %i %s: %s', (type, status, error, message) => {
    expect(read(status, error, message).type).toBe(type);
  });

  it('gets what one may look for elsewhere as observables', () => {
    const context = { idempotencyKey: 'd', link: undefined, now: 0 };
    const observables = (from: typeof normalAlert) =>
      alert
        .parse(JSON.parse(thehive.render(from, thehiveSettings.parse(settings), context).body))
        .observables.map(({ dataType, data }) => `${dataType} ${data}`);
    expect(observables(normalAlert)).toEqual([
      'ip 203.0.113.7',
      'user-agent aws-cli/2.31.0',
      'other arn:aws:sts::111122223333:assumed-role/deploy-role/ci-run-17',
      'other ASIAIOSFODNN7EXAMPLE',
      'other arn:aws:s3:::invoices',
    ]);
    expect(observables(correlatedAlert).filter((one) => one.startsWith('ip'))).toEqual(['ip 198.51.100.7']);
  });

  it('is told of the organisation and the case template where they are set', () => {
    const more = thehiveSettings.parse({ ...settings, organisation: 'SOC', caseTemplate: 'aws' });
    const request = thehive.render(normalAlert, more, { idempotencyKey: 'd', link: undefined, now: 0 });
    expect(request.headers['x-organisation']).toBe('SOC');
    expect(JSON.parse(request.body).caseTemplate).toBe('aws');
  });

  it.each([
    ['plain http to another machine', { url: 'http://thehive.example' }, 'use https:'],
    ['a key with a line break', { apiKey: 'a\r\nb' }, 'cannot carry'],
    ['an unknown TLP', { tlp: 5 }, 'tlp'],
  ])('is not configured with %s', (_name, more, reason) => {
    expect(thehiveSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });
});
