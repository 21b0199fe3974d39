import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { elasticsearch, elasticsearchSettings } from './elasticsearch.ts';
import { deliver, followUp } from './send.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { boundTo, context, resolvedContext, transport } from './testing/aws-contract.ts';
import { testChannel } from './testing/channel-contract.ts';
import { startFakeServer } from './testing/fake-server.ts';

const settings = { type: 'elasticsearch', url: 'https://elastic.example:9200', apiKey: 'bm90OnJlYWw=' };

const keyword = z.string().max(8000);
const keywords = z.array(keyword).max(100);
const named = z.strictObject({ id: keywords, name: keywords });

/** The fields of https://www.elastic.co/docs/reference/ecs/ecs-field-reference that are used, with their types; anything else would widen the mapping. */
const document = z.strictObject({
  '@timestamp': z.iso.datetime(),
  ecs: z.strictObject({ version: keyword }),
  message: keyword,
  event: z.strictObject({
    kind: z.literal('alert'),
    module: keyword,
    dataset: keyword,
    id: keyword,
    created: z.iso.datetime(),
    ingested: z.iso.datetime(),
    provider: keyword,
    action: keyword,
    outcome: z.enum(['success', 'failure', 'unknown']),
    reason: keyword.optional(),
    severity: z.int(),
    url: z.url().optional(),
    original: z.string().optional(),
  }),
  rule: z.strictObject({ id: keyword, name: keyword, description: keyword.optional() }),
  threat: z.strictObject({ framework: keyword, tactic: named, technique: named }),
  cloud: z.strictObject({
    provider: z.literal('aws'),
    account: z.strictObject({ id: keyword, name: keyword.optional() }).optional(),
    region: keyword.optional(),
    service: z.strictObject({ name: keyword }),
  }),
  user: z.strictObject({ name: keyword, id: keyword.optional(), full_name: keyword.optional() }),
  source: z.strictObject({
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    domain: keyword.optional(),
    geo: z
      .strictObject({
        country_iso_code: keyword.optional(),
        country_name: keyword.optional(),
        city_name: keyword.optional(),
        name: keyword.optional(),
      })
      .optional(),
    as: z
      .strictObject({
        number: z.int().optional(),
        organization: z.strictObject({ name: keyword }).optional(),
      })
      .optional(),
  }),
  user_agent: z.strictObject({ original: keyword.optional() }),
  related: z.strictObject({ ip: z.array(z.union([z.ipv4(), z.ipv6()])), user: keywords }),
  log: z.strictObject({ file: z.strictObject({ path: keyword }), offset: z.int() }),
  tocsin: z.strictObject({
    severity: keyword,
    severity_changes: keywords.optional(),
    event_id: keyword,
    event_ids: keywords.optional(),
    access_key: keyword.optional(),
    targets: keywords.optional(),
    facts: keywords.optional(),
    unknowns: keywords.optional(),
    response: keyword.optional(),
    correlation: keyword.optional(),
    news: keyword.optional(),
    original_left_out: z.literal(true).optional(),
  }),
});

testChannel({
  channel: elasticsearch,
  settings: (base) => ({ ...settings, url: base }),
  base: 'https://elastic.example:9200',
  body: document,
  maxBytes: 10 * 1024 * 1024,
  method: 'PUT',
  path: /^\/tocsin-alerts\/_create\/[0-9a-f]{32}(?:-\d+)?$/,
  authorization: 'ApiKey bm90OnJlYWw=',
  accepted: {
    type: 'answer',
    status: 201,
    body: '{"_index":"tocsin-alerts","_id":"x","_version":1,"result":"created"}',
  },
  unauthorised: {
    type: 'answer',
    status: 401,
    body: '{"error":{"type":"security_exception","reason":"x"},"status":401}',
  },
});

describe('Elasticsearch', () => {
  const read = (status: number, type: string) =>
    elasticsearch.read({
      status,
      body: JSON.stringify({ error: { type, reason: 'x' }, status }),
      headers: new Headers(),
      retryAfterMs: undefined,
    });
  const render = (alert: typeof normalAlert, more: object = {}) =>
    elasticsearch.render(alert, elasticsearchSettings.parse({ ...settings, ...more }), {
      idempotencyKey: 'd',
      link: undefined,
      now: 0,
    });

  it.each([
    ['accepted', 409, 'version_conflict_engine_exception'],
    ['closed', 400, 'strict_dynamic_mapping_exception'],
    ['closed', 400, 'document_parsing_exception'],
    ['closed', 403, 'cluster_block_exception'],
    ['closed', 404, 'index_not_found_exception'],
    ['later', 429, 'es_rejected_execution_exception'],
    ['refused', 400, 'x_content_parse_exception'],
    ['later', 200, 'a page of a proxy'],
  ])('means %s with %i %s', (type, status, error) => expect(read(status, error).type).toBe(type));

  it('keeps what is new about an alert, and takes a repeat of it for one', async () => {
    const kept = new Map<string, string>();
    const server = await startFakeServer(({ path, body }) => {
      const isThere = kept.has(path);
      if (!isThere) kept.set(path, body);
      return isThere
        ? { type: 'answer', status: 409, body: '{"error":{"type":"version_conflict_engine_exception"}}' }
        : { type: 'answer', status: 201, body: '{"result":"created"}' };
    });
    onTestFinished(() => server.close());
    const channel = boundTo({ ...settings, url: server.url });
    const again = { ...normalAlert, news: { type: 'again', sentence: 'again: 5 more', number: 1 } } as const;
    const before = { status: 'open', severity: 'critical', count: 1 } as const;
    const how = {
      ...resolvedContext(),
      standing: { ...before, news: 1 },
      told: { standing: before, receipt: {} },
    };
    await deliver(channel, normalAlert, context, transport);
    for (const _attempt of [1, 2])
      expect((await followUp(channel, { alert: again, context: how }, transport)).type).toBe('accepted');
    expect([...kept.values()].map((text) => document.parse(JSON.parse(text)).tocsin.news)).toEqual([
      undefined,
      'again: 5 more',
    ]);
    expect([...kept.keys()]).toEqual([
      `/tocsin-alerts/_create/${normalAlert.id}`,
      `/tocsin-alerts/_create/${normalAlert.id}-1`,
    ]);
  });

  it('keeps the raw event as text, and says where it is too large for that', () => {
    const whole = document.parse(JSON.parse(render(normalAlert).body));
    expect(JSON.parse(whole.event.original ?? '')).toEqual(normalAlert.evidence.fields);
    const fields = { padding: 'x'.repeat(70_000) };
    const large = { ...normalAlert, evidence: { ...normalAlert.evidence, fields } };
    const bare = document.parse(JSON.parse(render(large, { maxBytes: 65_536 }).body));
    expect(bare.event.original).toBeUndefined();
    expect(bare.tocsin.original_left_out).toBe(true);
  });

  it('keeps hostile names as they are, but for their length', () => {
    const { user } = document.parse(JSON.parse(render(hostileAlert).body));
    expect(user.name).toBe(hostileAlert.who.name.toWellFormed());
  });

  it('can sign in as a user, or not at all', () => {
    const { authorization } = render(normalAlert, {
      apiKey: undefined,
      username: 'a',
      password: 'ü',
    }).headers;
    expect(authorization).toBe(`Basic ${Buffer.from('a:ü').toString('base64')}`);
    expect(render(normalAlert, { apiKey: undefined }).headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['two ways in', { username: 'a', password: 'b' }, 'keep one'],
    ['a user without a password', { apiKey: undefined, username: 'a' }, 'needs one'],
    ['a password without a user', { apiKey: undefined, password: 'a' }, 'needs one'],
    ['an index that is a path', { index: 'a/b' }, 'no name of an index'],
    ['plain http to another machine', { url: 'http://elastic.example' }, 'use https:'],
  ])('is not configured with %s', (_name, more, reason) => {
    expect(elasticsearchSettings.safeParse({ ...settings, ...more }).error?.message).toContain(reason);
  });
});
