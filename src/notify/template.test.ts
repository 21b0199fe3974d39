import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertEmail } from './email-message.ts';
import { channelSettings, bindSettings } from './table.ts';
import { fillTemplate, templateProblem } from './template.ts';
import { templateValues } from './template-values.ts';
import { hostileAlert, minimalAlert, normalAlert } from './testing/alerts.ts';
import { jsonEscape } from './json-template.ts';

const asItIs = (shown: string): string => shown;
const link = `https://tocsin.example/alerts/${normalAlert.id}`;

describe('a template', () => {
  it.each<[name: string, template: string, problem: string]>([
    ['three braces', 'a\n{{{title}}}', 'line 2, column 1: values are always escaped'],
    ['an ampersand', '{{&title}}', 'line 1, column 1: values are always escaped'],
    ['a partial', 'x {{> other}}', 'line 1, column 3: there are no partials'],
    [
      'a value that is none',
      '{{titel}}',
      "line 1, column 1: there is no value 'titel'; there are title, severity",
    ],
    ['a name of every object', '{{constructor}}', "there is no value 'constructor'"],
    ['a path into a value', '{{title.length}}', "there is no value 'title.length'"],
    ['a list as a text', '{{facts}}', "'facts' is a list; write {{#facts}}{{.}}{{/facts}}"],
    ['an element of no list', '{{.}}', '{{.}} stands for each text of a list'],
    ['an element of a text', '{{#title}}{{.}}{{/title}}', '{{.}} stands for each text of a list'],
    ['a section that does not end', '{{#facts}}x', 'Unclosed section'],
    ['a section that ends another', '{{#facts}}x{{/steps}}', 'Unclosed section'],
    ['a tag that does not end', 'x {{title', 'Unclosed tag'],
    ['a list in itself', '{{#facts}}{{#facts}}{{/facts}}{{/facts}}', "'facts' stands in itself"],
    [
      'lists three deep',
      '{{#facts}}{{#steps}}{{#targets}}x{{/targets}}{{/steps}}{{/facts}}',
      'more than 2 deep',
    ],
  ])('is refused with %s', (_name, template, problem) =>
    expect(templateProblem(template)).toContain(problem),
  );

  it.each(['{{=<% %>=}}<%& title %>', '{{=<% %>=}}<%{title}%>'])(
    'is refused where it changes its signs to get at a value: %s',
    (template) => expect(templateProblem(template)).toContain('only {{name}}, {{#name}}'),
  );

  it('writes texts, lists, and what stands in their place where there are none', () => {
    const template = `{{severityWord}}: {{title}}
{{#facts}}
- {{.}}
{{/facts}}
{{^changes}}
the rule's own severity
{{/changes}}
{{#person}}behind it {{person}}{{/person}}{{! a remark }}
{{link}}`;
    expect(templateProblem(template)).toBeUndefined();
    expect(fillTemplate(template, normalAlert, link, asItIs, 5_000))
      .toBe(`CRITICAL: deploy-role/ci-run-17 made the bucket invoices public
- anyone on the internet can now read every object in \`invoices\`
- the policy of bucket \`invoices\` changed: 1 added, 1 removed
the rule's own severity
behind it Alice Doe, Payments (alice@example.com)
${link}`);
  });

  it('has every value that it names, also of an alert that says nothing', () => {
    for (const { name, kind } of templateValues) {
      const template = kind === 'list' ? `{{#${name}}}{{.}}{{/${name}}}` : `{{${name}}}`;
      expect(templateProblem(template)).toBeUndefined();
      for (const alert of [normalAlert, minimalAlert, hostileAlert])
        expect(typeof fillTemplate(template, alert, undefined, asItIs, 100_000)).toBe('string');
    }
  });

  it('takes a value that looks like a template for a text', () => {
    const title = '{{#facts}}{{{description}}}{{/facts}} {{=<% %>=}} {{link}}';
    expect(fillTemplate('{{title}}', { ...normalAlert, title }, link, asItIs, 1_000)).toBe(title);
  });

  it('shortens values until the whole fits, and says so where it cannot', () => {
    const filled = fillTemplate('{{title}} {{description}}', hostileAlert, undefined, asItIs, 150);
    expect(filled?.length).toBeLessThanOrEqual(150);
    expect(fillTemplate('x'.repeat(200), hostileAlert, undefined, asItIs, 150)).toBeUndefined();
  });

  it('escapes every value, whatever it holds, and nothing of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const escape = (shown: string) => shown.replaceAll(/[<>]/g, '?');
        const filled =
          fillTemplate('<b>{{title}}</b>', { ...normalAlert, title }, undefined, escape, 10_000) ?? '';
        expect(filled.slice(3, -4)).not.toMatch(/[<>]/);
        expect([filled.slice(0, 3), filled.slice(-4)]).toEqual(['<b>', '</b>']);
      }),
    );
  });

  it('stays JSON where it is JSON', () => {
    const template = '{"text":"{{title}}","facts":[{{#facts}}"{{.}}",{{/facts}}null]}';
    const filled = fillTemplate(template, hostileAlert, link, jsonEscape, 100_000) ?? '';
    expect(JSON.parse(filled)).toMatchObject({ facts: expect.any(Array) });
  });
});

const template = {
  title: '{{severityWord}} in {{account}}: {{title}}',
  body: '*{{rule}}* by {{who}} from {{from}}\n{{#facts}}\n- {{.}}\n{{/facts}}\nuser agent {{userAgent}}\n{{link}}',
};
const url = 'https://chat.example/hook/x';
const kinds: readonly object[] = [
  { type: 'slack', webhookUrl: url, template },
  { type: 'telegram', token: '123:abc', chatId: '-1', template },
  { type: 'discord', webhookUrl: url, template },
  {
    type: 'googlechat',
    webhookUrl: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t',
    template,
  },
  { type: 'teams', webhookUrl: url, template },
  { type: 'jira', url: 'https://jira.example', token: 'x', project: 'SEC', template },
  { type: 'thehive', url: 'https://hive.example', apiKey: 'x', template },
  { type: 'opsgenie', apiKey: 'x', template },
  { type: 'pagerduty', routingKey: '0'.repeat(32), template },
  {
    type: 'webhook',
    url,
    secret: 'x'.repeat(24),
    template: { body: '{"text": "{{title}}", "by": "{{who}}", "facts": [{{#facts}}"{{.}}", {{/facts}}""]}' },
  },
];

describe('messages in own words', () => {
  it('are one text in both forms of an e-mail', () => {
    const wording = (escape: (shown: string) => string) =>
      `<b> ${escape('<i> & www.evil.example')}\nsecond line`;
    const { text, html } = alertEmail(normalAlert, 'a@example.com', {
      idempotencyKey: 'k',
      link,
      now: 0,
      wording,
    });
    expect(text).toContain('<b> <i> & www.\u2060evil.example\nsecond line');
    expect(html).toContain('&lt;b&gt; &lt;i&gt; &amp; www.\u2060evil.example<br>\nsecond line');
    expect(html).not.toContain('What it means');
  });

  it.each(kinds.map((settings) => ({ settings: channelSettings.parse(settings) })))(
    'with hostile values: $settings.type',
    async ({ settings }) => {
      const bodies: string[] = [];
      const context = { idempotencyKey: 'k', link, now: 0 };
      await bindSettings(settings).send([{ alert: hostileAlert, context }], {
        exchange: ({ body }) => {
          bodies.push(body);
          return Promise.resolve({ type: 'later', reason: 'nothing is sent' });
        },
        refusal: () => undefined,
        signal: new AbortController().signal,
        timeoutMs: 1,
      });
      expect(bodies).toHaveLength(1);
      const shown = `${JSON.stringify(JSON.parse(bodies[0] ?? ''), null, 2)}\n`;
      await expect(shown).toMatchFileSnapshot(`golden/template-${settings.type}.json`);
    },
  );

  it.each([
    '{"text": "{{severityWord}}: {{title}}"}',
    '{"a": [{{#facts}}"{{.}}", {{/facts}}""], "n": 1, "who": "{{#person}}{{person}}{{/person}}{{^person}}{{who}}{{/person}}"}',
    '{ {{#account}}"{{account}}": "{{region}}", {{/account}}"because": "{{because}}", "link": "{{link}}", "news": "{{news}}" }',
    '"{{#steps}}{{.}} / {{/steps}}"',
  ])('are JSON with all that a log can hold: %s', (body) => {
    const settings = { type: 'webhook', url, secret: 'x'.repeat(24), template: { body } };
    expect(channelSettings.safeParse(settings).error).toBeUndefined();
    for (const alert of [normalAlert, minimalAlert, hostileAlert])
      expect(() => JSON.parse(fillTemplate(body, alert, link, jsonEscape, 100_000) ?? '')).not.toThrow();
  });

  it.each<[name: string, settings: object, problem: string]>([
    [
      'a template with a problem',
      { type: 'slack', webhookUrl: url, template: { body: '{{x}}' } },
      'there is no value',
    ],
    [
      'a body of JSON that is none',
      { type: 'webhook', url, secret: 'x'.repeat(24), template: { body: '{"a": {{title}}}' } },
      'is no JSON when it is filled in',
    ],
    [
      'a body that is JSON only while a list has something in it',
      { type: 'webhook', url, secret: 'x'.repeat(24), template: { body: '{"a": {{#facts}}1{{/facts}}}' } },
      'is no JSON when it is filled in',
    ],
    [
      'a value without quotes that was a number in the sample',
      { type: 'webhook', url, secret: 'x'.repeat(24), template: { body: '{"n": 1{{account}}}' } },
      'put quotes around it:',
    ],
    [
      'the same in a section that is not always there',
      {
        type: 'webhook',
        url,
        secret: 'x'.repeat(24),
        template: { body: '{{#region}}{"n": {{account}}}{{/region}}{{^region}}{}{{/region}}' },
      },
      "every value that 'account' can have",
    ],
    [
      'the same in a list',
      {
        type: 'webhook',
        url,
        secret: 'x'.repeat(24),
        template: { body: '[{{#targets}}{{#techniques}}{{account}},{{/techniques}}{{/targets}}0]' },
      },
      'put quotes around it:',
    ],
    [
      'a list without commas',
      {
        type: 'webhook',
        url,
        secret: 'x'.repeat(24),
        template: { body: '["", {{#unknowns}}"{{.}}"{{/unknowns}}{{^unknowns}}""{{/unknowns}}]' },
      },
      "'unknowns' has several texts; put commas",
    ],
    [
      'a comma for what may not be there',
      {
        type: 'webhook',
        url,
        secret: 'x'.repeat(24),
        template: {
          body: '{ {{#region}}"region": "{{region}}"{{/region}}{{#account}}, "account": "{{account}}"{{/account}}}',
        },
      },
      "is no JSON where there is 'account' and nothing else",
    ],
    [
      'a template of what has none',
      { type: 'splunk', url, token: 'x', template: { title: 'x' } },
      'template',
    ],
  ])('are refused with %s', (_name, settings, problem) => {
    expect(channelSettings.safeParse(settings).error?.message).toContain(problem);
  });
});
