import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChannelRequest } from './channel.ts';
import { hostileAlert, hostileCorrelatedAlert, normalAlert } from './testing/alerts.ts';
import { sign, webhook, webhookSettings } from './webhook.ts';
import { wellFormedJson } from './well-formed.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const settings = (more: object = {}) =>
  webhookSettings.parse({ type: 'webhook', url: 'https://hook.example/in', secret, ...more });
const context = {
  idempotencyKey: 'delivery-1',
  link: 'https://tocsin.example/alerts/1',
  now: 1_795_262_591_999,
};

/** A receiver, written from the recipe alone. */
function verifies(request: ChannelRequest, key: Uint8Array, now: number): boolean {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures = '',
  } = request.headers;
  if (Math.abs(now / 1000 - Number(timestamp)) > 300) return false;
  const expected = Buffer.from(
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${request.body}`).digest('base64')}`,
  );
  return signatures
    .split(' ')
    .map((one) => Buffer.from(one))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

describe('the webhook', () => {
  it('makes the signature of the worked example of Standard Webhooks', () => {
    expect(
      sign(
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
      ),
    ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is verified by its recipe, and not after a change', () => {
    const request = webhook.render(normalAlert, settings(), context);
    const key = Buffer.alloc(32, 7);
    expect(verifies(request, key, context.now)).toBe(true);
    expect(verifies({ ...request, body: `${request.body} ` }, key, context.now)).toBe(false);
    expect(
      verifies({ ...request, headers: { ...request.headers, 'webhook-id': 'other' } }, key, context.now),
    ).toBe(false);
    expect(verifies(request, key, context.now + 301_000)).toBe(false);
  });

  it('signs with both secrets while one replaces the other', () => {
    const request = webhook.render(
      normalAlert,
      settings({ previousSecret: 'the old secret of 24 bytes or more' }),
      context,
    );
    expect(verifies(request, Buffer.alloc(32, 7), context.now)).toBe(true);
    expect(verifies(request, Buffer.from('the old secret of 24 bytes or more'), context.now)).toBe(true);
  });

  it('carries the whole alert, hostile or not, without halves of surrogate pairs', () => {
    for (const alert of [normalAlert, hostileAlert]) {
      const { body } = webhook.render(alert, settings({ maxBytes: 1e12 }), context);
      expect(JSON.parse(body)).toEqual({
        type: 'alert.created',
        timestamp: new Date(alert.decidedAt).toISOString(),
        data: { alert: JSON.parse(wellFormedJson(alert)), link: context.link, shortened: 'no' },
      });
      expect(body.isWellFormed()).toBe(true);
      expect(body.replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/);
    }
  });

  it('has the same body and id for every attempt', () => {
    const [first, second] = [context, { ...context, now: context.now + 60_000 }].map((at) =>
      webhook.render(normalAlert, settings(), at),
    );
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
  });

  it('leaves out the raw event where it makes the body too large, and says so', () => {
    const alert = {
      ...normalAlert,
      evidence: { ...normalAlert.evidence, fields: { padding: 'x'.repeat(300_000) } },
    };
    const { data } = JSON.parse(webhook.render(alert, settings(), context).body);
    expect(data.shortened).toBe('raw event left out');
    expect(data.alert).toEqual({
      ...JSON.parse(JSON.stringify(normalAlert)),
      evidence: { ...normalAlert.evidence, fields: {} },
    });
  });

  it('cuts texts and lists where even that is too large, so that no attacker can make an alert undeliverable', () => {
    const { body } = webhook.render(hostileAlert, settings({ maxBytes: 65_536 }), context);
    expect(Buffer.byteLength(body)).toBeLessThan(65_536);
    expect(JSON.parse(body).data).toMatchObject({
      shortened: 'texts and lists cut',
      alert: { id: hostileAlert.id, severity: 'critical' },
    });
  });

  it('cuts further where an alert of many events is still too large', () => {
    const { body } = webhook.render(hostileCorrelatedAlert, settings({ maxBytes: 65_536 }), context);
    expect(Buffer.byteLength(body)).toBeLessThan(65_536);
    expect(JSON.parse(body).data.alert.correlation.total).toBe(hostileCorrelatedAlert.correlation?.total);
  });

  it('lets no configured header stand in for one of its own', () => {
    const request = webhook.render(
      normalAlert,
      settings({ headers: { Authorization: 'Bearer x' } }),
      context,
    );
    expect(request.headers).toMatchObject({ Authorization: 'Bearer x', 'content-type': 'application/json' });
  });
});

describe('the settings of a webhook', () => {
  it.each([
    ['plain http to another machine', { url: 'http://hook.example/' }, 'use https:'],
    ['a password in the address', { url: 'https://a:b@hook.example/' }, 'user name or password'],
    ['another protocol', { url: 'file:///etc/passwd' }, 'expected https:'],
    ['a short secret', { secret: 'short' }, 'at least 24'],
    ['a secret that is not base64', { secret: 'whsec_!' }, 'not base64'],
    ['a header of its own', { headers: { 'Webhook-Id': 'x' } }, 'sets itself'],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }, 'cannot carry'],
    ['a misspelt key', { urll: 'x' }, 'urll'],
  ])('refuse %s', (_name, more, reason) => {
    const result = webhookSettings.safeParse({
      type: 'webhook',
      url: 'https://hook.example/',
      secret,
      ...more,
    });
    expect(result.error?.message).toContain(reason);
  });

  it('take plain http to this machine, and to others where that is said', () => {
    expect(settings({ url: 'http://localhost:8080/' }).url).toBe('http://localhost:8080/');
    expect(settings({ url: 'http://siem.internal/', allowHttp: true }).allowHttp).toBe(true);
  });
});
